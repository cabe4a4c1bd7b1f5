import type { ColorBin } from './image.ts';
import { colorDistance, type Oklab } from './oklab.ts';

/** Edge of the cubes OKLab is divided into. Those of the greys are centred on a = b = 0, so that greys do not lie on a border. */
const EDGE = 0.1;
const LIGHTNESS_BINS = 10;
/** Makes the indices along a (−2…3) and b (−3…2) one digit each. */
const OFFSET = 4;

/** A bin with less than this part of a picture is not kept. */
const LEAST_SHARE = 0.02;
const MOST_BINS = 16;

/** How far around a colour a search by colour looks, unless told otherwise: OKLab distance. */
export const COLOR_RADIUS = 0.1;
/** A photo of which less than this is estimated to lie within {@link COLOR_RADIUS} of a colour is no hit. */
export const COLOR_FLOOR = 0.12;

/**
 * How the pixels of a bin are taken to lie around their mean: with this standard deviation along the line to the colour asked for, and
 * this much further off than they are. Of an area of one colour just outside of the radius half would count otherwise. Chosen on
 * 108 photos and 39 colours, so that of every hit at least 10 % are within the radius (bench/colors.ts).
 */
const SPREAD = 0.02;
const CAUTION = 0.01;

/**
 * The OKLab histogram of a picture's pixels, largest share first: bins with at least 2 % of them, 16 at most. `bin` is three digits:
 * the steps of 0.1 along l, a and b.
 */
export function colorBins(pixels: readonly Oklab[]): ColorBin[] {
  const sums = new Map<number, { l: number; a: number; b: number; count: number }>();
  for (const { l, a, b } of pixels) {
    const bin = binOf(lightnessIndex(l), chromaIndex(a), chromaIndex(b));
    const sum = sums.get(bin);
    if (sum) {
      sum.l += l;
      sum.a += a;
      sum.b += b;
      sum.count += 1;
    } else sums.set(bin, { l, a, b, count: 1 });
  }
  return [...sums]
    .filter(([, { count }]) => count >= LEAST_SHARE * pixels.length)
    .sort(([x, { count: one }], [y, { count: other }]) => other - one || x - y)
    .slice(0, MOST_BINS)
    .map(([bin, { l, a, b, count }]) => ({
      bin: binId(bin),
      l: rounded(l / count),
      a: rounded(a / count),
      b: rounded(b / count),
      share: rounded(count / pixels.length),
    }));
}

/** The bins in which pixels within `radius` of a colour may lie: 27 at most for a radius of {@link COLOR_RADIUS}. */
export function binsNear(color: Oklab, radius: number): string[] {
  const bins: string[] = [];
  for (const [i, l] of reach(color.l, radius, 0, lightnessIndex)) {
    for (const [j, a] of reach(color.a, radius, EDGE / 2, chromaIndex)) {
      for (const [k, b] of reach(color.b, radius, EDGE / 2, chromaIndex)) {
        if (Math.hypot(l, a, b) <= radius) bins.push(binId(binOf(i, j, k)));
      }
    }
  }
  return bins;
}

/**
 * Estimates which part of a picture (0–1) lies within `radius` of a colour, rather too little than too much. `bins`: the picture's,
 * or those of them that {@link binsNear} names; others add nothing.
 */
export function colorShare(bins: readonly ColorBin[], color: Oklab, radius: number): number {
  const near = new Set(binsNear(color, radius));
  const share = bins
    .filter(({ bin }) => near.has(bin))
    .reduce((sum, bin) => sum + bin.share * partBelow((radius - CAUTION - colorDistance(bin, color)) / SPREAD), 0);
  return Math.min(share, 1);
}

/**
 * What a hit is ranked by, 0–1: its share of a colour, of which what is within half of {@link COLOR_RADIUS} counts three times as much
 * as the rest. At the full radius a light grey is still a sand.
 */
export function colorScore(bins: readonly ColorBin[], color: Oklab): number {
  return (2 * colorShare(bins, color, COLOR_RADIUS / 2) + colorShare(bins, color, COLOR_RADIUS)) / 3;
}

/** The normal distribution's share below `deviations` from the mean, by the logistic function (within 0.01). */
function partBelow(deviations: number): number {
  return 1 / (1 + Math.exp(-1.702 * deviations));
}

/**
 * How alike two histograms are, 0–1: the cosine of the two, each bin spread to those around it with a standard deviation of `spread`
 * (OKLab), so that a colour on the border of two bins is in both. `lighter` is added to the lightness of the second. 0 where one is
 * empty.
 */
export function colorLikeness(
  first: readonly ColorBin[],
  second: readonly ColorBin[],
  { spread = 0.08, lighter = 0 } = {},
): number {
  const product = (some: readonly ColorBin[], others: readonly ColorBin[], shift: number) => {
    let sum = 0;
    for (const x of some) {
      for (const y of others) {
        const squared = (x.l - y.l - shift) ** 2 + (x.a - y.a) ** 2 + (x.b - y.b) ** 2;
        sum += x.share * y.share * Math.exp(-squared / (2 * spread ** 2));
      }
    }
    return sum;
  };
  const lengths = Math.sqrt(product(first, first, 0) * product(second, second, 0));
  return lengths > 0 ? Math.min(product(first, second, lighter) / lengths, 1) : 0;
}

/** Indices of the bins along one axis that `value` ± `radius` touches, each with the distance from `value` to the bin. */
function reach(value: number, radius: number, shift: number, indexOf: (value: number) => number): [number, number][] {
  const first = indexOf(value - radius);
  const last = indexOf(value + radius);
  return Array.from({ length: last - first + 1 }, (_, step) => {
    const low = (first + step) * EDGE - shift;
    return [first + step, Math.max(low - value, value - low - EDGE, 0)];
  });
}

function lightnessIndex(l: number): number {
  return Math.min(Math.max(Math.floor(l / EDGE), 0), LIGHTNESS_BINS - 1);
}

function chromaIndex(value: number): number {
  return Math.min(Math.max(Math.floor(value / EDGE + 0.5), -OFFSET), OFFSET);
}

/** The three indices as the digits of a number. */
function binOf(l: number, a: number, b: number): number {
  return l * 100 + (a + OFFSET) * 10 + b + OFFSET;
}

function binId(bin: number): string {
  return String(bin).padStart(3, '0');
}

/** Four decimals: finer than any eye, and short in the table. */
function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000 || 0;
}
