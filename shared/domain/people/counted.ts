import { addMember, type ClusterStats, emptyStats, removeMember } from '../clustering/stats.ts';
import { decodeVector, encodeVector } from '../clustering/vectors.ts';
import { type ImageRecord, isShown } from '../image.ts';

/** A face that its person's centroid contains. */
export interface CountedFace {
  n: number;
  person_id: string;
  /** 128 floats, base64: what has to be taken out again when the face is described anew or goes. */
  descriptor: string;
}

const base64 = (vector: Float32Array) => Buffer.from(encodeVector(vector)).toString('base64');

export function vectorOf({ descriptor }: CountedFace): Float32Array {
  const bytes = Buffer.from(descriptor, 'base64');
  return decodeVector(bytes, bytes.byteLength / 4);
}

/** Whether a counted face was counted by this very descriptor. */
export const isCountedBy = ({ descriptor }: CountedFace, vector: Float32Array) => descriptor === base64(vector);

/** The faces of a photo that centroids are to contain: those that are somebody's, where its owner sees it in the gallery. */
export function countedFaces(
  record: ImageRecord,
  detected: readonly { n: number; descriptor: Float32Array }[],
): CountedFace[] {
  if (!isShown(record)) return [];
  const descriptors = new Map(detected.map(({ n, descriptor }) => [n, descriptor]));
  return (record.faces ?? []).flatMap(({ n, person_id }) => {
    const descriptor = descriptors.get(n);
    return person_id !== null && descriptor ? [{ n, person_id, descriptor: base64(descriptor) }] : [];
  });
}

/**
 * The centroids that differ when photos' counted faces change, as they are then; those left empty count 0.
 * @param stored the centroids there are of the people concerned.
 */
export function centroidsAfter(
  changes: readonly { before: readonly CountedFace[]; after: readonly CountedFace[] }[],
  stored: ReadonlyMap<string, ClusterStats>,
): ClusterStats[] {
  const changed = new Map<string, ClusterStats>();
  const change = (face: CountedFace, apply: typeof addMember) => {
    const vector = vectorOf(face);
    const { person_id } = face;
    const stats = changed.get(person_id) ?? stored.get(person_id) ?? emptyStats(person_id, vector.length);
    changed.set(person_id, apply(stats, vector));
  };
  const differing = changes.map(({ before, after }) => differenceOf(before, after));
  // Joining first: a person none of whose faces stays is not empty in between.
  for (const { joining } of differing) for (const face of joining) change(face, addMember);
  for (const { leaving } of differing) for (const face of leaving) change(face, removeMember);
  return [...changed.values()];
}

/** Who is concerned by a change of a photo's counted faces. */
export const peopleConcerned = (before: readonly CountedFace[], after: readonly CountedFace[]): string[] => {
  const { joining, leaving } = differenceOf(before, after);
  return [...joining, ...leaving].map(({ person_id }) => person_id);
};

function differenceOf(before: readonly CountedFace[], after: readonly CountedFace[]) {
  const key = ({ n, person_id, descriptor }: CountedFace) => `${n} ${person_id} ${descriptor}`;
  const [had, has] = [new Set(before.map(key)), new Set(after.map(key))];
  return {
    joining: after.filter((face) => !had.has(key(face))),
    leaving: before.filter((face) => !has.has(key(face))),
  };
}
