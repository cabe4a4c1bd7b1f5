import type { Prior } from './assign.ts';
import type { Background } from './background.ts';
import { divide } from './divide.ts';
import { cohesion, statsOf } from './stats.ts';
import { dot } from './vectors.ts';
import type { Waiting } from './waiting.ts';

export type { Waiting };

/** Images waiting for a cluster are compared with each new one, so their number bounds the work per image. */
export const MOST_WAITING = 64;

/** A cluster has at least three members when it is founded. */
export const LEAST_MEMBERS = 3;

/** By how many deviations founders must be nearer to each other than unrelated images, by their number. */
const AGREEMENT: readonly number[] = [3, 2.4, 2.1, 1.9, 1.7, 1.5];

/** Never more than this share of the way from unrelated to equal: where the background is wide, deviations go beyond. */
const MOST_ASKED = 0.7;

/** Founders were picked from many for their likeness, by a background known from little: they must agree the more. */
const FOUNDING = 1.5;

/**
 * Do the newest image and some of those waiting agree well enough to found a cluster?
 *
 * Grows a group from the newest image, each time by the image with the highest average similarity to the group (average
 * linkage), until the next one would clearly be less similar than the group is to itself. The group founds a cluster
 * when it stands out of the background. The fewer they are, the more it must, because among many waiting images a few
 * resemble each other by chance; and when there is nothing to stand out from, because all images resemble each other,
 * it must by the expected background too.
 * @param others more images, of any cluster or none, that show what is not in the group.
 * @returns the ids of the founders, the newest among them; null when there is no such group.
 */
export function found(
  waiting: readonly Waiting[],
  newest: Waiting,
  prior: Prior,
  others: readonly Waiting[] = [],
): string[] | null {
  const pool = waiting.filter((image) => image.image_id !== newest.image_id).slice(-MOST_WAITING);
  const { background } = prior;
  const sums = pool.map((image) => dot(image.vector, newest.vector));
  const group = [newest];
  const taken = new Set<number>();
  let pairSum = 0;
  while (taken.size < pool.length) {
    let next = -1;
    for (let i = 0; i < pool.length; i += 1) {
      if (!taken.has(i) && (next < 0 || sums[i]! > sums[next]!)) next = i;
    }
    const size = group.length;
    const similarity = sums[next]! / size;
    const itself = size < 2 ? 1 : pairSum / ((size * (size - 1)) / 2);
    const scatter = Math.sqrt(prior.deviation ** 2 + background.deviation ** 2 / size);
    const least = size < 2 ? background.mean + 1.5 * background.deviation : itself - 2.5 * scatter;
    if (similarity < least || similarity < background.mean + 1.5 * background.deviation) break;
    pairSum += sums[next]!;
    taken.add(next);
    group.push(pool[next]!);
    for (let i = 0; i < pool.length; i += 1) {
      if (!taken.has(i)) sums[i]! += dot(pool[i]!.vector, pool[next]!.vector);
    }
  }
  const together = divide(group, background).find((part) => part.includes(newest)) ?? [];
  if (together.length < LEAST_MEMBERS) return null;
  const rest = contrast(together, [...pool, ...others]);
  const base = rest === null ? background.mean : Math.max(background.mean, rest);
  const average = cohesion(
    statsOf(
      newest.image_id,
      together.map((image) => image.vector),
    ),
  );
  const stands = agreesAsCluster(together.length, average, { ...background, mean: base }, FOUNDING);
  return stands ? together.map((image) => image.image_id) : null;
}

/** Average similarity of the group to images outside it; null when there are too few to tell. */
function contrast(group: readonly Waiting[], others: readonly Waiting[]): number | null {
  const ids = new Set(group.map((image) => image.image_id));
  const outside = new Map(others.filter((o) => !ids.has(o.image_id)).map((o) => [o.image_id, o.vector]));
  if (outside.size < 3) return null;
  let sum = 0;
  for (const vector of outside.values()) for (const member of group) sum += dot(member.vector, vector);
  return sum / (outside.size * group.length);
}

/**
 * Does a group of this size and average pairwise similarity stand out of the background? `strictness` multiplies the
 * number of deviations asked for.
 */
export function agreesAsCluster(size: number, average: number, background: Background, strictness = 1): boolean {
  const asked = Math.min(strictness * agreement(size) * background.deviation, MOST_ASKED * (1 - background.mean));
  return size >= LEAST_MEMBERS && average >= background.mean + asked;
}

function agreement(size: number): number {
  return AGREEMENT[Math.min(AGREEMENT.length - 1, Math.max(0, size - LEAST_MEMBERS))]!;
}
