import type { Box } from './image.ts';
import { MOST_FACES } from './object-keys.ts';

/** Which of the faces that a detector reports are kept, and what is cut out for each. Boxes are in pixels of one picture here. */

export interface Size {
  width: number;
  height: number;
}

export interface ScoredBox extends Box {
  /** How sure the detector is, 0–1. */
  score: number;
}

/** A face that is kept. */
export interface ChosenFace {
  score: number;
  /** What of it lies in the picture. */
  box: Box;
  /** The detector's own box, which may reach over the edge. */
  whole: Box;
}

/** Measured in docs/decisions/0021: below, most of what is reported is no face. */
export const LEAST_SCORE = 0.5;
/** Pixels, of a picture of 1,280. Descriptors are made from 150; of much smaller faces they would mostly describe the enlargement. */
export const LEAST_SIDE = 32;

/** Two boxes of which the smaller lies in the other by so much, or that share so much of both, are of one face. */
const MOST_WITHIN = 0.7;
const MOST_SHARED = 0.4;
/** A face of which less is in the picture is its mirror image in the frame around it. */
const LEAST_INSIDE = 0.4;

/**
 * One for each face among boxes from several looks at one picture: at most {@link MOST_FACES}, largest first.
 * The surest of those of one face is kept (greedy non-maximum suppression).
 */
export function chooseFaces(found: readonly ScoredBox[], size: Size): ChosenFace[] {
  const chosen: ChosenFace[] = [];
  for (const face of found.toSorted((one, other) => other.score - one.score)) {
    const { score, ...whole } = face;
    const box = clip(whole, size);
    if (!(area(box) >= LEAST_INSIDE * area(whole)) || score < LEAST_SCORE) continue;
    if (Math.min(box.width, box.height) < LEAST_SIDE) continue;
    if (!chosen.some((other) => areOfOneFace(other.box, box))) chosen.push({ score, box, whole });
  }
  return chosen.sort((one, other) => area(other.box) - area(one.box)).slice(0, MOST_FACES);
}

const area = ({ width, height }: Size) => width * height;

function clip(box: Box, { width, height }: Size): Box {
  const x = Math.max(0, box.x);
  const y = Math.max(0, box.y);
  return {
    x,
    y,
    width: Math.max(0, Math.min(width, box.x + box.width) - x),
    height: Math.max(0, Math.min(height, box.y + box.height) - y),
  };
}

function areOfOneFace(one: Box, other: Box): boolean {
  const width = Math.min(one.x + one.width, other.x + other.width) - Math.max(one.x, other.x);
  const height = Math.min(one.y + one.height, other.y + other.height) - Math.max(one.y, other.y);
  if (width <= 0 || height <= 0) return false;
  const common = width * height;
  const within = common / Math.min(area(one), area(other));
  return within > MOST_WITHIN || common / (area(one) + area(other) - common) > MOST_SHARED;
}

/** How much of a face's longer side lies around it in its crop, on each side. */
const MARGIN = 0.3;

/** The square around a face, in whole pixels, moved and if need be shrunk to lie in the picture. */
export function squareAround(face: Box, { width, height }: Size): { left: number; top: number; side: number } {
  const wanted = Math.round(Math.max(face.width, face.height) * (1 + 2 * MARGIN));
  const side = Math.max(1, Math.min(wanted, width, height));
  const place = (middle: number, length: number) => Math.min(Math.max(Math.round(middle - side / 2), 0), length - side);
  return { left: place(face.x + face.width / 2, width), top: place(face.y + face.height / 2, height), side };
}

/** A box in pixels as parts of its picture, 0–1. */
export function relativeTo({ width, height }: Size, box: Box): Box {
  return { x: box.x / width, y: box.y / height, width: box.width / width, height: box.height / height };
}
