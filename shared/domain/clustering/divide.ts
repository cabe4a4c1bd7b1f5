import type { Background } from './background.ts';
import { cohesion, similarityBetween, statsOf } from './stats.ts';
import type { Waiting } from './waiting.ts';
import { cutTree, squaredDistances, wardMerges } from './ward.ts';

/**
 * Two parts of a group are strangers when their similarity to each other is less than this share of the way from the
 * background to their similarity within.
 */
const STRANGERS = 0.5;

/**
 * Takes apart a group of images (unit vectors; up to a few dozen) that turns out to hold several: cuts it in two where
 * Ward's tree does, if the halves are strangers to each other, and goes on with the halves.
 * @returns the parts, the largest first; the group itself, as the only part, when it belongs together.
 */
export function divide(images: readonly Waiting[], background: Background): Waiting[][] {
  if (images.length < 3) return images.length === 0 ? [] : [[...images]];
  const merges = wardMerges(squaredDistances(images.map((image) => image.vector)), images.length);
  const sides = cutTree(merges, images.length, 2);
  const halves = [0, 1].map((side) => images.filter((_, i) => sides[i] === side));
  const [a, b] = halves.map((half) =>
    statsOf(
      'half',
      half.map((image) => image.vector),
    ),
  );
  const paired = [a!, b!].filter((half) => half.count > 1);
  const pairs = paired.reduce((sum, half) => sum + half.count * (half.count - 1), 0);
  const within = paired.reduce((sum, half) => sum + half.count * (half.count - 1) * cohesion(half), 0) / pairs;
  const near = background.mean + STRANGERS * Math.max(0, within - background.mean);
  if (similarityBetween(a!, b!) >= near) return [[...images]];
  return halves.flatMap((half) => divide(half, background)).sort((x, y) => y.length - x.length);
}
