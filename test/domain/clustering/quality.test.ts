import { kmeans } from 'ml-kmeans';
import { describe, expect, test } from 'vitest';
import { runIncremental, runRecluster } from '../../../bench/clustering-run.ts';
import { drawMixture, MIXTURES } from '../../../bench/mixtures.ts';
import { adjustedRandIndex } from '../../../shared/domain/clustering/metrics.ts';

/** One of each kind of difficulty; the bench has all, the large ones too. */
const KINDS = [
  'unequal, mixed, offset',
  'loose',
  'outliers 15 %',
  'one group of 70 %',
  'families',
  'few, small',
  'overlapping pairs',
];
const recipes = MIXTURES.filter(({ name }) => KINDS.includes(name));

describe('quality on labelled mixtures', () => {
  test.each(recipes)('$name', (recipe) => {
    const mixture = drawMixture(recipe);
    const { vectors, labels, k } = mixture;
    const told = kmeans(
      vectors.map((vector) => Array.from(vector)),
      k,
      { seed: 1, maxIterations: 50 },
    ).clusters;
    const whole = runRecluster(mixture).ari;
    expect(whole, 're-clustering beside ml-kmeans with the true k').toBeGreaterThan(
      adjustedRandIndex(labels, told) - 0.02,
    );
    expect(whole).toBeGreaterThan(0.95);
    for (const seed of [1, 2]) {
      expect(runIncremental(mixture, seed, { doubling: true }).ari, `one by one, order ${seed}`).toBeGreaterThan(
        whole - 0.05,
      );
    }
  });
});
