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
  const common = randomDirection(random);
  const { sizes, families } = recipe;
  const points: { vector: Float32Array; label: number }[] = [];
  const add = (vector: Float32Array, label: number) =>
    points.push({ vector: recipe.offset ? near(common, recipe.offset, vector) : vector, label });
  let family = randomDirection(random);
  const order = shuffled(
    sizes.map((_, i) => i),
    random,
  );
  sizes.forEach((size, label) => {
    if (families && label % families.size === 0) family = randomDirection(random);
    const centre = families ? near(family, families.within, randomDirection(random)) : randomDirection(random);
    const [low, high] = recipe.within;
    const cosine = sizes.length === 1 ? low : low + ((high - low) * order[label]!) / (sizes.length - 1);
    for (let i = 0; i < size; i += 1) add(near(centre, cosine, randomDirection(random)), label);
  });
  for (let i = 0; i < (recipe.outliers ?? 0); i += 1) add(randomDirection(random), sizes.length + i);
  const mixed = shuffled(points, random);
  return {
    name: recipe.name,
    k: sizes.length,
    vectors: mixed.map((p) => p.vector),
    labels: mixed.map((p) => p.label),
  };
}

function randomDirection(random: Random): Float32Array {
  return normalise(Float32Array.from({ length: DIMENSIONS }, () => gaussian(random)));
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
];

/** As many photos as a large gallery holds. */
export const LARGE_MIXTURE: MixtureRecipe = {
  name: 'large, outliers',
  sizes: unequal(40, 9500, 30),
  within: [0.5, 0.9],
  outliers: 500,
  offset: 0.4,
  seed: 12,
};
