import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { drawMixture, MIXTURES } from '../../../bench/mixtures.ts';
import { seededRandom, shuffled } from '../../../shared/domain/clustering/random.ts';
import { type Reclustering, recluster } from '../../../shared/domain/clustering/recluster.ts';
import { alike, counter } from './helpers.ts';

const recipe = MIXTURES.find(({ name }) => name === 'few, small')!;
const mixture = drawMixture(recipe);
const items = mixture.vectors.map((vector, i) => ({ image_id: `image${i}`, vector }));
const partition = ({ clusters }: Reclustering) => clusters.map((c) => [...c.image_ids].sort()).sort();
const previousOf = ({ clusters }: Reclustering) =>
  clusters.map(({ cluster_id, image_ids }) => ({ cluster_id, image_ids }));

describe('recluster', () => {
  const first = recluster(items, { seed: 1, newId: counter() });

  test('chooses the number of clusters and leaves outliers unassigned', () => {
    expect(first.clusters.map((c) => c.image_ids.length)).toEqual([20, 12, 6, 5, 4]);
    expect(first.unassigned).toHaveLength(5);
    expect(first.clusters.every((c) => !c.continued && c.stats.count === c.image_ids.length)).toBe(true);
  });

  test('is the same for the same seed in any order of the items', () => {
    const again = recluster(shuffled(items, seededRandom(3)), { seed: 1, newId: counter() });
    expect(again).toEqual(first);
  });

  test('ids survive another run, with another seed and more images', () => {
    const more = [...items.slice(3), ...alike('new', 6, 0.6, 77)];
    const next = recluster(more, { seed: 2, newId: counter('n'), previous: previousOf(first) });
    const continued = next.clusters.filter((c) => c.continued).map((c) => c.cluster_id);
    expect(continued.sort()).toEqual(first.clusters.map((c) => c.cluster_id).sort());
    expect(next.clusters.filter((c) => !c.continued).map((c) => c.cluster_id)).toEqual(['n1']);
    expect(
      recluster(items, { seed: 1, newId: counter('n'), previous: previousOf(first) }).clusters.map((c) => c.cluster_id),
    ).toEqual(first.clusters.map((c) => c.cluster_id));
  });

  test('whatever comes and goes, each cluster nine tenths of which persist keeps its id', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1 }), fc.integer({ min: 0, max: 12 }), fc.nat(20), (seed, gone, added) => {
        const left = shuffled(items, seededRandom(seed)).slice(gone);
        const now = [...left, ...alike('dog', added, 0.5, seed), ...alike('boat', added >> 1, 0.6, seed + 1)];
        const next = recluster(now, { seed, newId: counter('n'), previous: previousOf(first) });
        for (const before of first.clusters) {
          const same = next.clusters.find(({ image_ids }) => {
            const both = image_ids.filter((id) => before.image_ids.includes(id)).length;
            return both >= 0.9 * Math.max(image_ids.length, before.image_ids.length);
          });
          if (same) expect(same).toMatchObject({ cluster_id: before.cluster_id, continued: true });
        }
        expect(new Set(next.clusters.map((c) => c.cluster_id)).size).toBe(next.clusters.length);
      }),
      { numRuns: 12 },
    );
  });

  test('does not depend on a rotation of the space', () => {
    const turned = items.map(({ image_id, vector }) => ({ image_id, vector: vector.toReversed() }));
    expect(partition(recluster(turned, { seed: 1, newId: counter() }))).toEqual(partition(first));
  });

  test.each([1, 2, 5, 9])('with k = %d makes that many clusters and leaves nothing out', (k) => {
    const { clusters, unassigned } = recluster(items, { k, seed: 1, newId: counter() });
    expect(clusters).toHaveLength(k);
    expect(unassigned).toEqual([]);
    expect(clusters.reduce((sum, c) => sum + c.image_ids.length, 0)).toBe(items.length);
  });

  test('makes as many clusters as there are images when k is larger', () => {
    expect(recluster(items.slice(0, 3), { k: 8, seed: 1, newId: counter() }).clusters).toHaveLength(3);
  });

  test('identical images do not stop it', () => {
    const same = Array.from({ length: 6 }, (_, i) => ({ image_id: `same${i}`, vector: items[0]!.vector }));
    expect(partition(recluster(same, { seed: 1, newId: counter() }))).toEqual([same.map((s) => s.image_id)]);
    expect(recluster(same, { k: 3, seed: 1, newId: counter() }).clusters).toHaveLength(3);
  });

  test('four pictures of dogs are one cluster, unrelated pictures none, no pictures nothing', () => {
    const newId = counter();
    expect(recluster(alike('dog', 4, 0.55, 1), { seed: 1, newId }).clusters).toHaveLength(1);
    const strangers = Array.from({ length: 12 }, (_, i) => alike(`other${i}-`, 1, 0.5, 100 + i)[0]!);
    expect(recluster(strangers, { seed: 1, newId })).toMatchObject({ clusters: [], unassigned: { length: 12 } });
    expect(recluster([], { seed: 1, newId })).toEqual({ clusters: [], unassigned: [] });
    expect(recluster([], { seed: 1, k: 4, newId })).toEqual({ clusters: [], unassigned: [] });
  });

  test.each([0, -1, 1.5, Number.NaN])('refuses k = %d', (k) => {
    expect(() => recluster(items, { k, seed: 1, newId: counter() })).toThrow(/whole number from 1/);
  });
});
