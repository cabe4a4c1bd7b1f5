import { expect, test } from 'vitest';
import { derivePrior } from '../../../shared/domain/clustering/assign.ts';
import { explain } from '../../../shared/domain/clustering/explain.ts';
import { removeMember, similarityTo, statsOf } from '../../../shared/domain/clustering/stats.ts';
import { alike, vectorsOf } from './helpers.ts';

const dogs = alike('dog', 5, 0.6, 1);
const cats = alike('cat', 5, 0.6, 2);
const stranger = alike('stranger', 1, 0.6, 3)[0]!;
const [one, other] = [statsOf('dogs', [...vectorsOf(dogs), stranger.vector]), statsOf('cats', vectorsOf(cats))];
const prior = derivePrior({ mean: 0.1, deviation: 0.06 }, [one, other]);

test('one that was put into a cluster is compared with its other members, and with the next best cluster', () => {
  const said = explain(stranger.vector, 'dogs', [one, other], prior);
  expect(said.similarity).toBeCloseTo(similarityTo(removeMember(one, stranger.vector), stranger.vector), 6);
  expect(said.similarity).toBeLessThan(said.threshold ?? 0);
  expect(said.runner_up).toEqual({ cluster_id: 'cats', similarity: similarityTo(other, stranger.vector) });
  expect(said.margin).toBeGreaterThan(0);
});

test('one outside of any is compared with the best, one alone with nothing but others', () => {
  const outside = explain(dogs[0]!.vector, null, [one, other], prior);
  expect(outside.similarity).toBe(similarityTo(one, dogs[0]!.vector));
  expect(outside.runner_up?.cluster_id).toBe('cats');
  const alone = statsOf('alone', [stranger.vector]);
  expect(explain(stranger.vector, 'alone', [alone, other], prior)).toMatchObject({
    similarity: null,
    threshold: null,
    runner_up: { cluster_id: 'cats' },
    margin: null,
  });
  expect(explain(stranger.vector, null, [], prior)).toEqual({
    similarity: null,
    threshold: null,
    runner_up: null,
    margin: null,
  });
});
