import type { DetectedFaces } from '../../shared/adapters/faces.ts';
import { uuidFrom } from '../../shared/adapters/ids.ts';
import type { IndexEntry } from '../../shared/adapters/image-index.ts';
import type { FaceAssignment, ImageRecord } from '../../shared/domain/image.ts';
import { faceKeysFrom } from '../../shared/domain/object-keys.ts';
import { isCountedBy } from '../../shared/domain/people/counted.ts';
import { type Face, faceId, handMade, isSameFace, isWaiting } from '../../shared/domain/people/faces.ts';
import { join, type PeopleState, type PlacedFace, placeFaces } from '../../shared/domain/people/place.ts';
import type { Batch, OrganizeDeps } from './deps.ts';
import { openPeople } from './open-people.ts';

type FacesOf = Map<string, FaceAssignment[]>;

/**
 * The faces of photos that are about to be done find their people. Decided is what their records are to say; faces of other photos
 * that find their person with them are written at once, and brought in line with the batch's other work; those a crash leaves behind
 * are on the list of what is under way, for sweep. What centroids contain follows the records (see index-photos.ts), so that deciding
 * anew harms nothing.
 */
export function createPlaceFaces(deps: OrganizeDeps) {
  const { faces, index, faceAssignments, profiles, people, objects } = deps;

  /** @returns whose the faces of each photo are; nothing for photos in which nobody has looked for any. */
  return async function place(batch: Batch, photos: readonly ImageRecord[]): Promise<FacesOf> {
    const { userId, work } = batch;
    const ids = photos.map(({ image_id }) => image_id);
    const detected = await faces.getMany(userId, ids);
    const assigned: FacesOf = new Map();
    // Cut out by runs that died before they could say so.
    for (const { image_id, stages } of photos) {
      const { state, attempts } = stages.faces;
      const known = detected.get(image_id)?.faces.length ?? 0;
      if (state !== 'done' && attempts > 0) await objects.remove(faceKeysFrom(userId, image_id, known));
    }
    if (detected.size === 0) return assigned;
    if (!(await profiles.faceDetection(userId))) {
      // Found by a run that had begun before its owner erased all faces.
      for (const imageId of detected.keys()) {
        await objects.remove(faceKeysFrom(userId, imageId, 0));
        await faces.erase(userId, imageId);
        assigned.set(imageId, []);
      }
      return assigned;
    }
    await index.recover(userId);
    const entries = await index.entries(userId, [...detected.keys()]);
    const others = new Map<string, PlacedFace[]>();
    for (const record of photos) {
      const found = detected.get(record.image_id);
      if (!found) continue;
      const entry = entries.get(record.image_id);
      const known = recall(record, found, entry);
      assigned.set(record.image_id, known);
      const open = openFaces(record.image_id, known, found);
      if (open.length === 0) continue;
      work.people ??= await openPeople(deps, batch);
      const back = await comeBack(userId, record, { open, found, entry }, work.people);
      const rest = open.filter((face) => !back.some((placed) => placed.face === face));
      const founded = (face: Face) => personFoundedBy(face, record);
      for (const placed of [...back, ...settleFaces(rest, work.people, founded)]) {
        const own = assigned.get(placed.face.image_id) ?? work.finishing.get(placed.face.image_id)?.faces;
        if (own) assign(own, placed);
        else others.set(placed.face.image_id, [...(others.get(placed.face.image_id) ?? []), placed]);
      }
    }
    for (const [imageId, placed] of others) {
      await faceAssignments.change({ userId, imageId }, (record) => follow(record, placed));
      work.settling.add(imageId);
    }
    return assigned;
  };

  /**
   * Faces that their photo's record knows and no centroid does: the photo lay in the trash. They are again whose they were, be it that all of
   * a person's photos lay there and what was said of that person is all there is; those of somebody who is gone are placed like new ones.
   */
  async function comeBack(
    userId: string,
    { faces: said = [] }: ImageRecord,
    { open, found, entry }: { open: readonly Face[]; found: DetectedFaces; entry: IndexEntry | undefined },
    state: PeopleState,
  ): Promise<PlacedFace[]> {
    const counted = new Set(entry?.faces?.map(({ n }) => n));
    const boxes = new Map(found.faces.map(({ n, box }) => [n, box]));
    const back: PlacedFace[] = [];
    for (const face of open) {
      const box = boxes.get(face.n);
      const before = said.find(({ n }) => n === face.n);
      if (!box || !before || !isSameFace(box, before.box) || counted.has(face.n)) continue;
      const { person_id, similarity } = before;
      if (person_id === null || face.beside.has(person_id)) continue;
      if (!state.people.has(person_id) && !(await people.get(userId, person_id))) continue;
      back.push({ ...join(face, person_id, state), ...(similarity !== null && { similarity }) });
    }
    return back;
  }
}

/** A face founds the same person however often its event comes. */
const personFoundedBy = ({ n }: Face, { image_id, generation }: ImageRecord) =>
  uuidFrom(`person:${image_id}:${generation}:${n}`);

/** Places faces; one that has founded a person in an earlier life of this batch belongs to that. */
function settleFaces(open: readonly Face[], state: PeopleState, founded: (face: Face) => string): PlacedFace[] {
  const again = open.filter((face) => state.people.has(founded(face)));
  const recalled = again.map((face): PlacedFace => {
    face.beside.add(founded(face));
    return { face, person_id: founded(face), similarity: 1 };
  });
  const rest = open.filter((face) => !again.includes(face));
  return [...recalled, ...placeFaces(rest, state, founded)];
}

/** What is known of a photo's faces before any is placed: what a person said, and what an earlier life of this batch has counted. */
function recall(record: ImageRecord, { faces }: DetectedFaces, entry: IndexEntry | undefined): FaceAssignment[] {
  const said = handMade(record.faces ?? [], faces);
  const people = new Set([...said.values()].map(({ person_id }) => person_id));
  const before = new Map((record.faces ?? []).map((face) => [face.n, face]));
  return faces.map(({ n, box, descriptor }) => {
    const byHand = said.get(n);
    if (byHand) return { ...byHand, n, box };
    const counted = entry?.faces?.find((face) => face.n === n && isCountedBy(face, descriptor));
    if (!counted || people.has(counted.person_id)) return { n, box, person_id: null, similarity: null };
    const { person_id } = counted;
    const earlier = before.get(n);
    const similarity = earlier?.person_id === person_id ? earlier.similarity : null;
    return { n, box, person_id, similarity };
  });
}

function openFaces(image_id: string, known: readonly FaceAssignment[], { faces }: DetectedFaces): Face[] {
  const vectors = new Map(faces.map(({ n, descriptor }) => [n, descriptor]));
  const beside = new Set(known.flatMap(({ person_id }) => person_id ?? []));
  return known.filter(isWaiting).flatMap(({ n }) => {
    const vector = vectors.get(n);
    return vector ? [{ face_id: faceId(image_id, n), image_id, n, vector, beside }] : [];
  });
}

function assign(own: FaceAssignment[], { face, person_id, similarity }: PlacedFace): void {
  const assignment = own.find(({ n }) => n === face.n);
  if (assignment) Object.assign(assignment, { person_id, similarity });
}

/** Faces that waited, with their people; those that are somebody's by now stay so. */
function follow({ faces = [] }: ImageRecord, placed: readonly PlacedFace[]): FaceAssignment[] | null {
  const after = faces.map((face) => {
    const found = isWaiting(face) && placed.find(({ face: { n } }) => n === face.n);
    return found ? { ...face, person_id: found.person_id, similarity: found.similarity } : face;
  });
  return after.some((face, index) => face !== faces[index]) ? after : null;
}
