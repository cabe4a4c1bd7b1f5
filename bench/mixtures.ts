import { gaussian, type Random, seededRandom, shuffled } from '../shared/domain/clustering/random.ts';
import { DIMENSIONS, normalise } from '../shared/domain/clustering/vectors.ts';

/** What a labelled mixture on the unit sphere is made of. */
export interface MixtureRecipe {
  name: string;
  /** Sizes of the groups: their number is the true k. */
  sizes: number[];
  /** Cosine of a member with its group's centre, spread evenly over the groups between these two. */
  within: [number, number];
  /** Points of no group, uniform on the sphere; each is a class of its own. */
  outliers?: number;
  /** Cosine of every point with one common direction, which raises all similarities by about its square. */
  offset?: number;
  /** Groups come in families of so many, whose centres share a direction with this cosine. */
  families?: { size: number; within: number };
  /** Noise is not alike in all directions: the standard deviation along the i-th falls like i to the power of minus this. */
  decay?: number;
  /** Groups are long: in each, this share of the scatter's variance lies in so many directions of its own. */
  long?: { dimensions: number; share: number };
  seed: number;
}

export interface Mixture {
  name: string;
  k: number;
  vectors: Float32Array[];
  labels: number[];
}

/** Draws a mixture, in random order: centre + gaussian noise across it, normalised (von Mises–Fisher-like). */
export function drawMixture(recipe: MixtureRecipe): Mixture {
  const random = seededRandom(recipe.seed);
  const scales = Float32Array.from({ length: DIMENSIONS }, (_, i) => (i + 1) ** -(recipe.decay ?? 0));
  const anyDirection = () => randomDirection(random, scales);
  const common = anyDirection();
  const { sizes, families, long } = recipe;
  const points: { vector: Float32Array; label: number }[] = [];
  const add = (vector: Float32Array, label: number) =>
    points.push({ vector: recipe.offset ? near(common, recipe.offset, vector) : vector, label });
  let family = anyDirection();
  const order = shuffled(
    sizes.map((_, i) => i),
    random,
  );
  sizes.forEach((size, label) => {
    if (families && label % families.size === 0) family = anyDirection();
    const centre = families ? near(family, families.within, anyDirection()) : anyDirection();
    const axes = Array.from({ length: long?.dimensions ?? 0 }, anyDirection);
    const noise = () => (long ? near(combine(axes, random), Math.sqrt(long.share), anyDirection()) : anyDirection());
    const [low, high] = recipe.within;
    const cosine = sizes.length === 1 ? low : low + ((high - low) * order[label]!) / (sizes.length - 1);
    for (let i = 0; i < size; i += 1) add(near(centre, cosine, noise()), label);
  });
  for (let i = 0; i < (recipe.outliers ?? 0); i += 1) add(anyDirection(), sizes.length + i);
  const mixed = shuffled(points, random);
  return {
    name: recipe.name,
    k: sizes.length,
    vectors: mixed.map((p) => p.vector),
    labels: mixed.map((p) => p.label),
  };
}

function randomDirection(random: Random, scales: Float32Array): Float32Array {
  return normalise(scales.map((scale) => scale * gaussian(random)));
}

/** A random direction in the span of `axes`. */
function combine(axes: readonly Float32Array[], random: Random): Float32Array {
  const sum = new Float32Array(DIMENSIONS);
  for (const axis of axes) {
    const weight = gaussian(random);
    for (let d = 0; d < DIMENSIONS; d += 1) sum[d]! += weight * axis[d]!;
  }
  return normalise(sum);
}

/** `cosine` of the way along `axis`, the rest along `direction` (nearly at right angles to it in 512 dimensions). */
function near(axis: Float32Array, cosine: number, direction: Float32Array): Float32Array {
  const rest = Math.sqrt(1 - cosine * cosine);
  return normalise(axis.map((value, i) => cosine * value + rest * direction[i]!));
}

/** Group sizes that fall like 1/rank and sum to about `total`, none below `least`. */
function unequal(groups: number, total: number, least = 8): number[] {
  const harmonic = Array.from({ length: groups }, (_, i) => 1 / (i + 1));
  const sum = harmonic.reduce((a, b) => a + b, 0);
  return harmonic.map((share) => Math.max(least, Math.round((total * share) / sum)));
}

/** The mixtures every measurement in this project uses. */
export const MIXTURES: MixtureRecipe[] = [
  { name: 'even, clear', sizes: Array(8).fill(25), within: [0.7, 0.7], seed: 1 },
  { name: 'unequal, mixed', sizes: unequal(12, 600), within: [0.5, 0.9], seed: 2 },
  { name: 'unequal, mixed, offset', sizes: unequal(12, 600), within: [0.5, 0.9], offset: 0.6, seed: 3 },
  { name: 'loose', sizes: unequal(8, 600, 25), within: [0.35, 0.6], seed: 4 },
  { name: 'loose, offset', sizes: unequal(8, 600, 25), within: [0.4, 0.6], offset: 0.5, seed: 5 },
  { name: 'outliers 15 %', sizes: unequal(10, 500), within: [0.5, 0.8], outliers: 90, seed: 6 },
  { name: 'outliers, offset', sizes: unequal(10, 500), within: [0.5, 0.8], outliers: 90, offset: 0.7, seed: 7 },
  { name: 'one group of 70 %', sizes: [280, 50, 40, 30], within: [0.5, 0.8], seed: 8 },
  { name: 'many groups', sizes: unequal(30, 2000, 15), within: [0.5, 0.9], seed: 9 },
  { name: 'families', sizes: unequal(12, 600, 15), within: [0.65, 0.8], families: { size: 3, within: 0.6 }, seed: 10 },
  { name: 'few, small', sizes: [4, 5, 6, 12, 20], within: [0.6, 0.85], outliers: 5, seed: 11 },
  { name: 'few large', sizes: [900, 700, 300, 100], within: [0.45, 0.7], outliers: 100, seed: 12 },
  { name: 'many small', sizes: Array(60).fill(10), within: [0.55, 0.8], outliers: 60, seed: 13 },
  { name: 'Zipf, 60 groups', sizes: unequal(60, 2400, 10), within: [0.5, 0.85], outliers: 400, offset: 0.4, seed: 14 },
  {
    name: 'overlapping pairs',
    sizes: unequal(8, 800, 40),
    within: [0.45, 0.6],
    families: { size: 2, within: 0.85 },
    seed: 15,
  },
  {
    name: 'overlapping, small',
    sizes: [60, 60, 40, 40],
    within: [0.5, 0.6],
    families: { size: 2, within: 0.8 },
    outliers: 20,
    seed: 25,
  },
  {
    name: 'overlapping families, 20 %',
    sizes: unequal(12, 960, 30),
    within: [0.5, 0.7],
    families: { size: 3, within: 0.75 },
    outliers: 240,
    seed: 16,
  },
  { name: 'coloured noise', sizes: unequal(10, 600, 15), within: [0.6, 0.8], decay: 0.35, outliers: 60, seed: 17 },
  {
    name: 'coloured noise, many',
    sizes: unequal(30, 1500, 12),
    within: [0.65, 0.85],
    decay: 0.35,
    outliers: 150,
    seed: 18,
  },
  {
    name: 'long groups',
    sizes: unequal(10, 700, 15),
    within: [0.5, 0.7],
    long: { dimensions: 4, share: 0.4 },
    outliers: 70,
    seed: 19,
  },
  { name: 'small gallery, 20 %', sizes: [60, 40, 35, 25], within: [0.5, 0.75], outliers: 40, seed: 20 },
  { name: '3,000, even, 5 %', sizes: Array(20).fill(140), within: [0.4, 0.6], outliers: 150, offset: 0.4, seed: 21 },
];

/** As many photos as a large gallery holds. */
export const LARGE_MIXTURES: MixtureRecipe[] = [
  { name: '10,000, Zipf, 5 %', sizes: unequal(40, 9500, 30), within: [0.5, 0.9], outliers: 500, offset: 0.4, seed: 22 },
  {
    name: '10,000, Zipf, 60 groups, 20 %',
    sizes: unequal(60, 8000, 20),
    within: [0.45, 0.8],
    outliers: 2000,
    decay: 0.2,
    seed: 23,
  },
  { name: '10,000, few', sizes: [5000, 2500, 1200, 800], within: [0.4, 0.6], outliers: 500, seed: 24 },
];
