import type { Box, FaceAssignment } from '../image.ts';

/** A face by the numbers that tell it from others. */
export interface Face {
  /** `image_id:n` */
  face_id: string;
  image_id: string;
  n: number;
  /** Unit length. */
  vector: Float32Array;
  /** Who has a face in its photo; one set for all of a photo's faces. */
  beside: Set<string>;
}

export const faceId = (imageId: string, n: number) => `${imageId}:${n}`;

/** The parts of a face's id. */
export function parseFaceId(id: string): { image_id: string; n: number } {
  const colon = id.lastIndexOf(':');
  return { image_id: id.slice(0, colon), n: Number(id.slice(colon + 1)) };
}

/** How a face that a person assigned came to be whose it is, in plans. */
export const BY_PERSON = 'by_person';

/** Boxes that overlap more than this hold the same face: intersection over union, 0–1. */
const SAME_FACE = 0.5;

/** A photo's faces by whose they are; those that are nobody's are left out. */
export function facesByPerson(faces: readonly FaceAssignment[]): Map<string, FaceAssignment[]> {
  const people = new Map<string, FaceAssignment[]>();
  for (const face of faces) {
    if (face.person_id !== null) people.set(face.person_id, [...(people.get(face.person_id) ?? []), face]);
  }
  return people;
}

/** Whether a face may still find its person by itself: nobody's, and no person said so. */
export const isWaiting = ({ person_id, by_person }: FaceAssignment) => person_id === null && !by_person;

/** How much two boxes have in common: intersection over union, 0–1. */
export function overlapOf(one: Box, other: Box): number {
  const side = (from: number, length: number, otherFrom: number, otherLength: number) =>
    Math.max(0, Math.min(from + length, otherFrom + otherLength) - Math.max(from, otherFrom));
  const both = side(one.x, one.width, other.x, other.width) * side(one.y, one.height, other.y, other.height);
  const all = one.width * one.height + other.width * other.height - both;
  return all > 0 ? both / all : 0;
}

/** Whether two boxes in one picture hold the same face. */
export const isSameFace = (one: Box, other: Box): boolean => overlapOf(one, other) > SAME_FACE;

/**
 * What a person said of a photo's faces, for the faces found in it anew: each goes to the face that its box overlaps most, if by more
 * than half.
 * @returns by the new faces' numbers.
 */
export function handMade(
  before: readonly FaceAssignment[],
  found: readonly { n: number; box: Box }[],
): Map<number, FaceAssignment> {
  const kept = new Map<number, FaceAssignment>();
  const pairs = before
    .filter(({ by_person }) => by_person)
    .flatMap((face) => found.map(({ n, box }) => ({ face, n, overlap: overlapOf(face.box, box) })))
    .filter(({ overlap }) => overlap > SAME_FACE)
    .sort((a, b) => b.overlap - a.overlap);
  const used = new Set<FaceAssignment>();
  for (const { face, n } of pairs) {
    if (kept.has(n) || used.has(face)) continue;
    kept.set(n, face);
    used.add(face);
  }
  return kept;
}
