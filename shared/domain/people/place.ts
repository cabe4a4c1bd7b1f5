import { assign, derivePrior, type Prior, thresholdOf } from '../clustering/assign.ts';
import { type Background, EXPECTED_BACKGROUND } from '../clustering/background.ts';
import { addMember, type ClusterStats, similarityTo, statsOf } from '../clustering/stats.ts';
import { dot } from '../clustering/vectors.ts';
import type { Face } from './faces.ts';

/** All that placing the faces of a photo depends on. People are clusters of faces; `cluster_id` is the person's id. */
export interface PeopleState {
  people: Map<string, ClusterStats>;
  /** Faces that are nobody's, of whatever photos. */
  waiting: Face[];
}

/** A face that has found its person. */
export interface PlacedFace {
  face: Face;
  person_id: string;
  similarity: number;
}

/** Unassigned faces that a new one is compared with: the newest. */
export const MOST_WAITING_FACES = 64;
/** Two faces are of one person when they are so many deviations nearer than those of different people. */
const Z_SAME = 3;

/** Similarity of different people's faces: a property of the model that describes them, so nobody's gallery changes it. */
export const UNRELATED_FACES: Background = EXPECTED_BACKGROUND.faces;
/** What two faces, or a face and a person's faces on average, must reach. */
export const SAME_PERSON = UNRELATED_FACES.mean + Z_SAME * UNRELATED_FACES.deviation;

/**
 * What people have in common. Two people who look alike do so in all of their pictures: averaging over many does not make a stranger
 * less similar, as it does with photos of a theme (`common`).
 */
export function priorOf(people: Iterable<ClusterStats>): Prior {
  return { ...derivePrior(UNRELATED_FACES, [...people]), common: 1 };
}

/**
 * Finds the faces of one photo their people, surest first. Two faces of one photo are never one person. A face that fits nobody founds a person with the most similar one that waits, if they agree; then those that wait are
 * held against whoever has changed. `state` is changed to what it is afterwards.
 * @param newId names the person a face founds.
 * @returns faces that have a person now, those of other photos included; the rest of the photo's waits.
 */
export function placeFaces(faces: readonly Face[], state: PeopleState, newId: (face: Face) => string): PlacedFace[] {
  const placed: PlacedFace[] = [];
  let left = [...faces];
  while (left.length > 0) {
    const prior = priorOf(state.people.values());
    const [best] = left.flatMap((face) => fitOf(face, state, prior) ?? []).sort((a, b) => b.similarity - a.similarity);
    if (!best) break;
    left = left.filter((face) => face !== best.face);
    placed.push(join(best.face, best.person_id, state));
  }
  const changed = new Set(placed.map(({ person_id }) => person_id));
  for (const face of left) {
    const partner = mostSimilar(face, state.waiting);
    if (!partner) continue;
    const id = newId(face);
    changed.add(id);
    placed.push(...found(id, [partner, face], state));
  }
  for (const id of changed) placed.push(...follow(id, state));
  const done = new Set(placed.map(({ face }) => face.face_id));
  state.waiting.push(...left.filter(({ face_id }) => !done.has(face_id)));
  return placed;
}

/** The person a face fits, but those that have another face in its photo. */
export function fitOf(face: Face, state: Pick<PeopleState, 'people'>, prior: Prior): PlacedFace | null {
  const open = [...state.people.values()].filter(({ cluster_id }) => !face.beside.has(cluster_id));
  const { cluster_id, similarity } = assign(face.vector, open, prior);
  return cluster_id === null ? null : { face, person_id: cluster_id, similarity };
}

/** Makes a face that person's, whether or not it fits: `state` says so afterwards. */
export function join(face: Face, person_id: string, state: PeopleState): PlacedFace {
  const person = state.people.get(person_id);
  const similarity = person ? similarityTo(person, face.vector) : 1;
  state.people.set(person_id, person ? addMember(person, face.vector) : statsOf(person_id, [face.vector]));
  state.waiting = state.waiting.filter(({ face_id }) => face_id !== face.face_id);
  face.beside.add(person_id);
  return { face, person_id, similarity };
}

function found(person_id: string, faces: readonly Face[], state: PeopleState): PlacedFace[] {
  const [first, second] = faces as [Face, Face];
  const similarity = dot(first.vector, second.vector);
  return faces.map((face) => ({ ...join(face, person_id, state), similarity }));
}

/** The most similar face of another photo, if the two are one person's. */
function mostSimilar(face: Face, waiting: readonly Face[]): Face | null {
  let best: Face | null = null;
  let most = SAME_PERSON;
  for (const other of waiting) {
    if (other.image_id === face.image_id) continue;
    const similarity = dot(other.vector, face.vector);
    if (similarity < most) continue;
    best = other;
    most = similarity;
  }
  return best;
}

/** Lets faces that wait join a person that has changed. */
function follow(person_id: string, state: PeopleState): PlacedFace[] {
  const joined: PlacedFace[] = [];
  let prior = priorOf(state.people.values());
  for (const face of state.waiting) {
    const person = state.people.get(person_id);
    if (!person || face.beside.has(person_id)) continue;
    // One look at the person that changed spares most faces the comparison with all the others.
    if (similarityTo(person, face.vector) < thresholdOf(person, prior)) continue;
    if (fitOf(face, state, prior)?.person_id !== person_id) continue;
    joined.push(join(face, person_id, state));
    prior = priorOf(state.people.values());
  }
  return joined;
}
