import { matchClusters } from '../clustering/match.ts';
import { addMember, type ClusterStats, removeMember, similarityBetween, statsOf } from '../clustering/stats.ts';
import type { Face } from './faces.ts';
import { fitOf, type PeopleState, placeFaces, priorOf, SAME_PERSON } from './place.ts';

/** A face as it is assigned now. */
export interface KnownFace {
  face_id: string;
  image_id: string;
  n: number;
  /** Unit length. */
  vector: Float32Array;
  person_id: string | null;
  /** A person said so. */
  fixed: boolean;
  /** Surest first: how well it can be seen. */
  quality: number;
}

/** Rounds of holding every face against all people again. */
const ROUNDS = 2;

/**
 * Groups all faces anew (a job): placed surest first, then held against all people again, then people who are one made one. What a
 * person assigned stays; those of whom something is `said` keep at least the faces they had, if none of the new people continues them.
 * @returns whose each face is.
 */
export function regroupFaces(
  known: readonly KnownFace[],
  said: ReadonlySet<string>,
  newId: () => string,
): Map<string, string | null> {
  const faces = openFaces(known);
  const free = known
    .filter(({ fixed }) => !fixed)
    .sort((a, b) => b.quality - a.quality || (a.face_id < b.face_id ? -1 : 1));
  const state: PeopleState = { people: anchorsOf(known), waiting: [] };
  const anchors = new Set(state.people.keys());
  const whose = new Map<string, string>();
  for (const own of Map.groupBy(free, ({ image_id }) => image_id).values()) {
    const open = own.map(({ face_id }) => faces.get(face_id) as Face);
    for (const { face, person_id } of placeFaces(open, state, newId)) whose.set(face.face_id, person_id);
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { face_id } of free) settle(faces.get(face_id) as Face, state, whose);
    unite(state, whose, faces, anchors);
  }
  const ids = idsOf(known, whose, { anchors, said });
  const result = new Map(known.map(({ face_id, fixed, person_id }) => [face_id, fixed ? person_id : null]));
  for (const [faceId, group] of whose) result.set(faceId, ids.get(group) ?? group);
  keepSaid(known, said, result);
  return withoutTwins(known, result);
}

function openFaces(known: readonly KnownFace[]): Map<string, Face> {
  const besides = new Map<string, Set<string>>();
  return new Map(
    known.map(({ face_id, image_id, n, vector, person_id, fixed }) => {
      const beside = besides.get(image_id) ?? new Set<string>();
      besides.set(image_id, beside);
      if (fixed && person_id !== null) beside.add(person_id);
      return [face_id, { face_id, image_id, n, vector, beside }];
    }),
  );
}

/** People as far as a person has said who they are. */
function anchorsOf(known: readonly KnownFace[]): Map<string, ClusterStats> {
  const fixed = known.filter(({ fixed, person_id }) => fixed && person_id !== null);
  return new Map(
    [...Map.groupBy(fixed, ({ person_id }) => person_id as string)].map(([id, own]) => [
      id,
      statsOf(
        id,
        own.map(({ vector }) => vector),
      ),
    ]),
  );
}

/** Holds a face against everybody but itself. */
function settle(face: Face, state: PeopleState, whose: Map<string, string>): void {
  const before = whose.get(face.face_id);
  const own = before === undefined ? undefined : state.people.get(before);
  if (before !== undefined && own) {
    face.beside.delete(before);
    if (own.count === 1) state.people.delete(before);
    else state.people.set(before, removeMember(own, face.vector));
  }
  const fit = fitOf(face, state, priorOf(state.people.values()));
  whose.delete(face.face_id);
  if (!fit) return;
  const person = state.people.get(fit.person_id) as ClusterStats;
  state.people.set(fit.person_id, addMember(person, face.vector));
  face.beside.add(fit.person_id);
  whose.set(face.face_id, fit.person_id);
}

/** Makes one of people who are as similar as one person's faces, most similar first, unless they are seen together. */
function unite(
  state: PeopleState,
  whose: Map<string, string>,
  faces: ReadonlyMap<string, Face>,
  anchors: ReadonlySet<string>,
): void {
  const photos = new Map<string, Set<string>>();
  for (const { image_id, beside } of faces.values())
    for (const id of beside) photos.set(id, (photos.get(id) ?? new Set()).add(image_id));
  const people = [...state.people.values()];
  const pairs = people
    .flatMap((a, i) => people.slice(0, i).map((b) => ({ a, b, similarity: similarityBetween(a, b) })))
    .filter(({ similarity }) => similarity >= SAME_PERSON)
    .sort((x, y) => y.similarity - x.similarity);
  const gone = new Set<string>();
  for (const { a, b } of pairs) {
    const [from, into] = (anchors.has(a.cluster_id) ? [b, a] : [a, b]).map(({ cluster_id }) => cluster_id) as [
      string,
      string,
    ];
    const [fromPhotos = new Set<string>(), intoPhotos = new Set<string>()] = [photos.get(from), photos.get(into)];
    if (gone.has(from) || gone.has(into) || anchors.has(from) || !fromPhotos.isDisjointFrom(intoPhotos)) continue;
    gone.add(from);
    let stats = state.people.get(into) as ClusterStats;
    for (const [faceId, person] of whose) {
      if (person !== from) continue;
      const { vector, beside } = faces.get(faceId) as Face;
      stats = addMember(stats, vector);
      beside.delete(from);
      beside.add(into);
      whose.set(faceId, into);
    }
    state.people.set(into, stats);
    state.people.delete(from);
    photos.set(into, intoPhotos.union(fromPhotos));
  }
}

/** Whom the new groups continue: those of whom something is said choose first. */
function idsOf(
  known: readonly KnownFace[],
  whose: ReadonlyMap<string, string>,
  { anchors, said }: { anchors: ReadonlySet<string>; said: ReadonlySet<string> },
): Map<string, string> {
  const groups = [...Map.groupBy(whose.keys(), (faceId) => whose.get(faceId) as string)];
  const before = [...Map.groupBy(known, ({ person_id }) => person_id)].flatMap(([id, own]) =>
    id === null ? [] : [{ cluster_id: id, image_ids: own.filter(({ fixed }) => !fixed).map(({ face_id }) => face_id) }],
  );
  const ids = new Map([...anchors].map((id) => [id, id]));
  // Faces that a person has brought together with others continue the same person as those.
  for (const rank of [true, false]) {
    const taken = new Set(rank ? [] : ids.values());
    const open = groups.filter(([group]) => !ids.has(group));
    const matched = matchClusters(
      before.filter(({ cluster_id }) => said.has(cluster_id) === rank && !taken.has(cluster_id)),
      open.map(([, members]) => members),
    );
    open.forEach(([group], index) => {
      const id = matched[index];
      if (id) ids.set(group, id);
    });
  }
  return ids;
}

/** Those of whom something is said, and whom nobody continues, stay as they were. */
function keepSaid(known: readonly KnownFace[], said: ReadonlySet<string>, result: Map<string, string | null>): void {
  const there = new Set(result.values());
  for (const { face_id, person_id, fixed } of known)
    if (!fixed && person_id !== null && said.has(person_id) && !there.has(person_id)) result.set(face_id, person_id);
}

/** Where two of a photo's faces became one person, only the first stays; what a person assigned stays in any case. */
function withoutTwins(known: readonly KnownFace[], result: Map<string, string | null>): Map<string, string | null> {
  const seen = new Set<string>();
  const fixedFirst = known.toSorted((a, b) => Number(b.fixed) - Number(a.fixed) || b.quality - a.quality);
  for (const { face_id, image_id, fixed } of fixedFirst) {
    const key = `${image_id} ${result.get(face_id)}`;
    if (result.get(face_id) !== null && seen.has(key) && !fixed) result.set(face_id, null);
    seen.add(key);
  }
  return result;
}
