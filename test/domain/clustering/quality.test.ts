import { kmeans } from 'ml-kmeans';
import { describe, expect, test } from 'vitest';
import { runIncremental, runRecluster, score } from '../../../bench/clustering-run.ts';
import { drawMixture, MIXTURES } from '../../../bench/mixtures.ts';

/** One of each kind of difficulty; the bench has all, the large ones too. */
const KINDS = ['outliers 15 %', 'small gallery, 20 %', 'few, small', 'overlapping, small'];
const recipes = MIXTURES.filter(({ name }) => KINDS.includes(name));

/** Outliers count in both ways: as a class each, and not at all. */
const worse = (a: { ari: number; inner: number }, b: { ari: number; inner: number }) =>
  Math.min(a.ari - b.ari, a.inner - b.inner);

describe('quality on labelled mixtures', () => {
  test.each(recipes)('$name', (recipe) => {
    const mixture = drawMixture(recipe);
    const plain = mixture.vectors.map((vector) => Array.from(vector));
    const told = score(mixture, kmeans(plain, mixture.k, { seed: 1, maxIterations: 50 }).clusters);
    const whole = runRecluster(mixture);
    expect(worse(whole, told), 're-clustering beside ml-kmeans with the true k').toBeGreaterThan(-0.02);
    expect(whole.ari).toBeGreaterThan(0.95);
    expect(whole.clusters).toBe(mixture.k);
    for (const doubling of [false, true]) {
      const one = runIncremental(mixture, 1, { doubling });
      expect(worse(one, whole), `one by one, re-clustered when doubled: ${doubling}`).toBeGreaterThan(-0.05);
    }
  });
});
