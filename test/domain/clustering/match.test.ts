import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { matchClusters } from '../../../shared/domain/clustering/match.ts';

const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `i${from + i}`);

describe('matchClusters', () => {
  test('whatever else happens, a cluster nine tenths of which persist keeps its id, and no id is given twice', () => {
    const partition = fc.array(fc.tuple(fc.nat(7), fc.nat(9)), { minLength: 1, maxLength: 120 });
    fc.assert(
      fc.property(partition, (images) => {
        // Most images stay where they were; one in ten goes anywhere.
        const before = Map.groupBy(images.keys(), (i) => images[i]![0]);
        const after = Map.groupBy(images.keys(), (i) => (images[i]![1] === 0 ? (i * 7) % 8 : images[i]![0]));
        const previous = [...before].map(([id, members]) => ({ cluster_id: `c${id}`, image_ids: members.map(String) }));
        const groups = [...after.values()].map((members) => members.map(String));
        const given = matchClusters(previous, groups);
        const known = given.filter((id) => id !== null);
        expect(new Set(known).size).toBe(known.length);
        for (const { cluster_id, image_ids } of previous) {
          groups.forEach((group, g) => {
            const both = group.filter((id) => image_ids.includes(id)).length;
            if (both >= 0.9 * Math.max(group.length, image_ids.length)) expect(given[g]).toBe(cluster_id);
          });
        }
      }),
    );
  });

  test('a cluster that keeps most of its members keeps its id', () => {
    const previous = [
      { cluster_id: 'a', image_ids: ids(0, 10) },
      { cluster_id: 'b', image_ids: ids(10, 20) },
    ];
    expect(matchClusters(previous, [ids(11, 22), ids(0, 9)])).toEqual(['b', 'a']);
  });

  test('of two halves the larger keeps the id; of two merged clusters the larger gives it', () => {
    expect(matchClusters([{ cluster_id: 'a', image_ids: ids(0, 10) }], [ids(0, 4), ids(4, 10)])).toEqual([null, 'a']);
    const two = [
      { cluster_id: 'a', image_ids: ids(0, 4) },
      { cluster_id: 'b', image_ids: ids(4, 10) },
    ];
    expect(matchClusters(two, [ids(0, 10)])).toEqual(['b']);
  });

  test('a slight overlap is not enough, and deleted images do no harm', () => {
    expect(matchClusters([{ cluster_id: 'a', image_ids: ids(0, 10) }], [ids(9, 30)])).toEqual([null]);
    expect(matchClusters([{ cluster_id: 'a', image_ids: ['gone', ...ids(0, 5)] }], [ids(0, 5)])).toEqual(['a']);
  });
});
