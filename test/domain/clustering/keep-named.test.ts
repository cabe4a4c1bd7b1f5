import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keepNamed, type Previous } from '../../../shared/domain/clustering/keep-named.ts';
import { recluster } from '../../../shared/domain/clustering/recluster.ts';
import type { Waiting } from '../../../shared/domain/clustering/waiting.ts';
import { alike, counter } from './helpers.ts';

const THEMES = 4;
const SIZE = 6;
const items: Waiting[] = Array.from({ length: THEMES }, (_, theme) => alike(`t${theme}-`, SIZE, 0.6, 1 + theme)).flat();
const idsOf = (images: readonly Waiting[]) => images.map(({ image_id }) => image_id);

/** Any division of the images into clusters of before, some named, whatever re-clustering may make of them. */
const previousOf = fc
  .record({
    labels: fc.array(fc.integer({ min: -1, max: 4 }), { minLength: items.length, maxLength: items.length }),
    named: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
  })
  .map(({ labels, named }): Previous[] =>
    named
      .map((isNamed, label) => ({
        cluster_id: `p${label}`,
        image_ids: idsOf(items.filter((_, index) => labels[index] === label)),
        named: isNamed,
      }))
      .filter(({ image_ids }) => image_ids.length > 0),
  );

test('no cluster that a person named is ever lost, and each image is in one place', () => {
  fc.assert(
    fc.property(previousOf, fc.constantFrom<'auto' | number>('auto', 1, 2, 7), (previous, k) => {
      const afresh = recluster(items, { k, seed: 1, previous, newId: counter('n') });
      const { clusters, unassigned } = keepNamed(afresh.clusters, previous, items);
      expect([...clusters.flatMap(({ image_ids }) => image_ids), ...unassigned].sort()).toEqual(idsOf(items).sort());
      const after = new Map(clusters.map((cluster) => [cluster.cluster_id, cluster.image_ids]));
      expect(after.size).toBe(clusters.length);
      for (const { cluster_id, image_ids, named } of previous) {
        if (!named) continue;
        expect(
          after.get(cluster_id)?.some((id) => image_ids.includes(id)),
          cluster_id,
        ).toBe(true);
      }
      for (const { image_ids } of clusters) expect(image_ids.length).toBeGreaterThan(0);
    }),
    { numRuns: 40 },
  );
});

test('a cluster that persists keeps its id beside a named one that ended up in it', () => {
  fc.assert(
    fc.property(previousOf, (previous) => {
      const afresh = recluster(items, { k: THEMES, seed: 1, previous, newId: counter('n') });
      const { clusters } = keepNamed(afresh.clusters, previous, items);
      const after = new Set(clusters.map(({ cluster_id }) => cluster_id));
      for (const { cluster_id } of afresh.clusters.filter(({ continued }) => continued))
        expect(after).toContain(cluster_id);
    }),
    { numRuns: 40 },
  );
});

test('two named clusters in one new group are kept apart, others by the nearer centroid', () => {
  const [ones, twos] = [items.slice(0, SIZE), items.slice(SIZE, 2 * SIZE)];
  const previous: Previous[] = [
    { cluster_id: 'one', image_ids: idsOf(ones.slice(0, 4)), named: true },
    { cluster_id: 'two', image_ids: idsOf(twos.slice(0, 3)), named: true },
  ];
  const both = [...ones, ...twos];
  const group = { cluster_id: 'one', continued: true, image_ids: idsOf(both) };
  const { clusters, unassigned } = keepNamed([group], previous, both);
  expect(Object.fromEntries(clusters.map(({ cluster_id, image_ids }) => [cluster_id, image_ids]))).toEqual({
    one: idsOf(ones),
    two: idsOf(twos),
  });
  expect(unassigned).toEqual([]);
});

test('a named cluster takes over a new group however little they share, and keeps what fits nowhere', () => {
  const previous: Previous[] = [
    { cluster_id: 'few', image_ids: ['t0-0', 'gone'], named: true },
    { cluster_id: 'nowhere', image_ids: ['t3-0', 't3-1'], named: true },
    { cluster_id: 'unnamed', image_ids: ['t3-2'] },
  ];
  const group = { cluster_id: 'new', continued: false, image_ids: idsOf(items.slice(0, SIZE)) };
  const { clusters, unassigned } = keepNamed([group], previous, items);
  expect(clusters.map(({ cluster_id, image_ids }) => [cluster_id, image_ids])).toEqual([
    ['nowhere', ['t3-0', 't3-1']],
    ['few', group.image_ids],
  ]);
  expect(unassigned).toHaveLength(items.length - SIZE - 2);
});
