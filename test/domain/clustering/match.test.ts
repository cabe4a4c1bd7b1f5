import { describe, expect, test } from 'vitest';
import { matchClusters } from '../../../shared/domain/clustering/match.ts';

const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `i${from + i}`);

describe('matchClusters', () => {
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
