import { type Random, seededRandom, shuffled } from './random.ts';
import { learnReduction, reduceVector } from './reduce.ts';
import { refineAll } from './spherical.ts';
import { dot } from './vectors.ts';
import type { Waiting } from './waiting.ts';
import { cutTree, squaredDistances, wardMerges } from './ward.ts';

/** So many members show the shape of a group; time grows with the square. */
const SAMPLE = 400;
/** With fewer members for each half of the sample, nothing can be said of their distribution. */
const LEAST_HALF = 10;
/** Directions in which a group may fall apart. */
const DIRECTIONS = 8;
/** A part has at least this share of the group. */
const LEAST_SHARE = 0.08;

/**
 * Takes a group of images apart as long as it has two modes. Equal groups, in equal order, give equal parts.
 *
 * The silhouette does not see groups that lie close together: noise over hundreds of dimensions drowns the distance of their
 * centres, although along the line between these nearly no member lies in the middle. So each half of a sample proposes a line
 * (through the centres of two parts), and the other half, which knows nothing of how the line was chosen and so cannot be
 * fitted by it, must fall into two separate heaps along it: both ways. (Of the family of G-means, Hamerly & Elkan, "Learning
 * the k in k-means", 2003, and dip-means, Kalogeratos & Likas, 2012; held-out halves as in Tibshirani & Walther, "Cluster
 * validation by prediction strength", 2005.)
 * @returns the group itself, as the only part, when it has one mode.
 */
export function splitGroup(group: readonly Waiting[]): Waiting[][] {
  const sides = twoModes(
    group.map((image) => image.vector),
    seededRandom(group.length),
  );
  return sides ? [0, 1].flatMap((side) => splitGroup(group.filter((_, i) => sides[i] === side))) : [[...group]];
}

/** Which of two modes each vector belongs to, 0 or 1; null when there is one. */
function twoModes(vectors: readonly Float32Array[], random: Random): Int32Array | null {
  if (vectors.length < 2 * LEAST_HALF) return null;
  const sample = shuffled([...vectors.keys()], random).slice(0, SAMPLE);
  const middle = sample.length >> 1;
  const halves = [sample.slice(0, middle), sample.slice(middle)];
  const sides = halves.map((half) =>
    cutInTwo(
      half.map((i) => vectors[i]!),
      random,
    ),
  );
  for (const [h, half] of halves.entries()) {
    const line = lineBetween(
      half.map((i) => vectors[i]!),
      sides[h]!,
    );
    const heaps = separation(halves[1 - h]!.map((i) => dot(vectors[i]!, line)));
    if (heaps < leastSeparation(halves[1 - h]!.length)) return null;
  }
  const labels = new Int32Array(vectors.length).fill(-1);
  halves[0]!.forEach((i, at) => {
    labels[i] = sides[0]![at]!;
  });
  const refined = refineAll(vectors, labels, 2);
  const first = refined.reduce((count, side) => count + side, 0);
  return Math.min(first, refined.length - first) < LEAST_SHARE * vectors.length ? null : refined;
}

/** Ward's two parts in the leading directions. */
function cutInTwo(vectors: readonly Float32Array[], random: Random): Int32Array {
  const reduction = learnReduction(vectors, DIRECTIONS, random);
  const rows = vectors.map((vector) => reduceVector(vector, reduction));
  const sides = cutTree(wardMerges(squaredDistances(rows), rows.length), rows.length, 2);
  return refineAll(vectors, sides, 2);
}

/** From the centre of part 0 to the centre of part 1. */
function lineBetween(vectors: readonly Float32Array[], sides: Int32Array): Float32Array {
  const ones = sides.reduce((count, side) => count + side, 0);
  const line = new Float32Array(vectors[0]!.length);
  vectors.forEach((vector, i) => {
    const weight = sides[i] === 1 ? 1 / ones : -1 / (sides.length - ones);
    for (let d = 0; d < line.length; d += 1) line[d]! += weight * vector[d]!;
  });
  return line;
}

/**
 * How far apart the two heaps are that numbers fall into, cut where the squared deviations within are least: the distance of the
 * means in standard deviations within (Ashman's D, 1994). About 2.65 for one normal heap cut in half, 3.5 for a uniform one.
 */
export function separation(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  const total = sorted.reduce((sum, value) => sum + value, 0);
  const squares = sorted.reduce((sum, value) => sum + value * value, 0);
  const least = Math.max(3, Math.ceil(LEAST_SHARE * n));
  let left = 0;
  let leftSquares = 0;
  let best = Number.POSITIVE_INFINITY;
  let result = 0;
  for (let size = 1; size <= n - least; size += 1) {
    const value = sorted[size - 1]!;
    left += value;
    leftSquares += value * value;
    if (size < least) continue;
    const within = Math.max(0, squares - left ** 2 / size - (total - left) ** 2 / (n - size));
    if (within >= best) continue;
    best = within;
    const variances =
      Math.max(0, leftSquares - left ** 2 / size) / (size - 1) +
      Math.max(0, squares - leftSquares - (total - left) ** 2 / (n - size)) / (n - size - 1);
    const distance = (total - left) / (n - size) - left / size;
    result = distance / Math.sqrt(variances / 2 || Number.MIN_VALUE);
  }
  return result;
}

/** What {@link separation} hardly ever reaches by chance in numbers of one heap. */
function leastSeparation(count: number): number {
  return 4.2 + 20 / count;
}
