import { seededRandom } from './clustering/random.ts';
import type { Oklab } from './oklab.ts';

/** A colour and how many pixels it stands for. */
export interface ColorCluster {
  color: Oklab;
  count: number;
}

/** Divides pixels into at most `k` clusters, or answers `null` where it cannot. */
export type ClusterColors = (pixels: readonly Oklab[], k: number) => ColorCluster[] | null;

const MOST_ROUNDS = 50;
/** Centres that move less than this, squared, have settled: a tenth of a just noticeable difference. */
const SETTLED = 0.002 ** 2;

/**
 * k-means in OKLab (Lloyd 1982, started by k-means++, Arthur & Vassilvitskii 2007), seeded: the same pixels give the same clusters.
 * `null` where the centres have not settled after 50 rounds, or a cluster lost all its pixels.
 */
export const kMeans: ClusterColors = (pixels, k) => {
  let centres = startingCentres(pixels, k);
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const clusters = nearestCentre(pixels, centres);
    if (clusters.some(({ count }) => count === 0)) return null;
    const moved = Math.max(...clusters.map(({ color }, index) => distanceSquared(color, centres[index]!)));
    centres = clusters.map(({ color }) => color);
    if (moved < SETTLED) return clusters;
  }
  return null;
};

/** Fewer than `k` where there are fewer different colours. */
function startingCentres(pixels: readonly Oklab[], k: number): Oklab[] {
  const random = seededRandom(1);
  const centres = [pixels[Math.floor(random() * pixels.length)]!];
  const distances = new Float64Array(pixels.length).fill(Number.POSITIVE_INFINITY);
  while (centres.length < k) {
    const latest = centres.at(-1)!;
    let total = 0;
    for (let i = 0; i < pixels.length; i += 1) {
      distances[i] = Math.min(distances[i]!, distanceSquared(pixels[i]!, latest));
      total += distances[i]!;
    }
    if (total === 0) break;
    let rest = random() * total;
    const chosen = distances.findIndex((distance) => {
      rest -= distance;
      return rest < 0;
    });
    centres.push(pixels[chosen < 0 ? distances.indexOf(Math.max(...distances)) : chosen]!);
  }
  return centres;
}

function nearestCentre(pixels: readonly Oklab[], centres: readonly Oklab[]): ColorCluster[] {
  const sums = new Float64Array(centres.length * 4);
  for (const pixel of pixels) {
    let nearest = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let index = 0; index < centres.length; index += 1) {
      const distance = distanceSquared(pixel, centres[index]!);
      if (distance < least) {
        least = distance;
        nearest = index;
      }
    }
    sums[nearest * 4]! += pixel.l;
    sums[nearest * 4 + 1]! += pixel.a;
    sums[nearest * 4 + 2]! += pixel.b;
    sums[nearest * 4 + 3]! += 1;
  }
  return centres.map((_, index) => {
    const [l = 0, a = 0, b = 0, count = 0] = sums.subarray(index * 4, index * 4 + 4);
    return { color: { l: l / count, a: a / count, b: b / count }, count };
  });
}

/**
 * Median cut in OKLab (Heckbert 1982): halves the box of pixels with the longest side at the median along that side, until there
 * are `k`. `null` where all pixels have one colour.
 */
export const medianCut: ClusterColors = (pixels, k) => {
  const boxes = [{ pixels, ...longestSide(pixels) }];
  while (boxes.length < k) {
    boxes.sort((x, y) => y.length - x.length);
    const widest = boxes[0]!;
    if (widest.length === 0) break;
    const sorted = widest.pixels.toSorted((x, y) => x[widest.axis] - y[widest.axis]);
    const value = (index: number) => sorted[index]![widest.axis];
    // Equal values stay together, on either side of the cut.
    let cut = sorted.length >> 1;
    while (cut < sorted.length && value(cut) === value(cut - 1)) cut += 1;
    if (cut === sorted.length) cut = sorted.findIndex((_, index) => value(index) === value(sorted.length - 1));
    const halves = [sorted.slice(0, cut), sorted.slice(cut)];
    boxes.splice(0, 1, ...halves.map((half) => ({ pixels: half, ...longestSide(half) })));
  }
  return boxes.length > 1 ? boxes.map((box) => meanColor(box.pixels)) : null;
};

/** All pixels as one cluster; there is at least one. */
export function meanColor(pixels: readonly Oklab[]): ColorCluster {
  const mean = (axis: keyof Oklab) => pixels.reduce((sum, pixel) => sum + pixel[axis], 0) / pixels.length;
  return { color: { l: mean('l'), a: mean('a'), b: mean('b') }, count: pixels.length };
}

function longestSide(pixels: readonly Oklab[]): { axis: keyof Oklab; length: number } {
  const sides = (['l', 'a', 'b'] as const).map((axis) => {
    let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const pixel of pixels) {
      least = Math.min(least, pixel[axis]);
      most = Math.max(most, pixel[axis]);
    }
    return { axis, length: most - least };
  });
  return sides.reduce((longest, side) => (side.length > longest.length ? side : longest));
}

function distanceSquared(first: Oklab, second: Oklab): number {
  return (first.l - second.l) ** 2 + (first.a - second.a) ** 2 + (first.b - second.b) ** 2;
}
