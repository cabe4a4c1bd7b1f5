import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addMember,
  cohesion,
  deviation,
  emptyStats,
  removeMember,
  restoreStats,
  similarityBetween,
  similarityTo,
  statsOf,
  storeStats,
} from '../../../shared/domain/clustering/stats.ts';
import { dot, normalise } from '../../../shared/domain/clustering/vectors.ts';

const unit = fc
  .array(fc.integer({ min: -100, max: 100 }), { minLength: 6, maxLength: 6 })
  .filter((values) => values.some((value) => value !== 0))
  .map((values) => normalise(values));
const members = fc.array(unit, { minLength: 1, maxLength: 12 });

function closeTo(actual: number, expected: number) {
  expect(actual).toBeCloseTo(expected, 4);
}

describe('cluster statistics', () => {
  test('removing the last member restores the state before it', () => {
    fc.assert(
      fc.property(members, unit, (vectors, vector) => {
        const before = statsOf('c', vectors);
        const after = removeMember(addMember(before, vector), vector);
        expect(after.count).toBe(before.count);
        closeTo(after.mean, before.mean);
        closeTo(after.m2, before.m2);
        for (const [i, value] of after.sum.entries()) closeTo(value, before.sum[i]!);
      }),
    );
  });

  test('removing all members, in any order, leaves nothing', () => {
    fc.assert(
      fc.property(
        members.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
        ([list, order]) => {
          expect(order.reduce(removeMember, statsOf('c', list))).toEqual(emptyStats('c', 6));
        },
      ),
    );
  });

  test('mean and deviation are those of each member against the ones before it', () => {
    const vectors = [
      [1, 0],
      [0.8, 0.6],
      [0.6, 0.8],
      [0, 1],
    ].map((v) => normalise(v));
    const similarities = vectors.slice(1).map((v, i) => similarityTo(statsOf('c', vectors.slice(0, i + 1)), v));
    const mean = similarities.reduce((a, b) => a + b) / similarities.length;
    const variance = similarities.reduce((sum, s) => sum + (s - mean) ** 2, 0) / (similarities.length - 1);
    const stats = statsOf('c', vectors);
    closeTo(stats.mean, mean);
    closeTo(deviation(stats), Math.sqrt(variance));
  });

  test('cohesion and similarity between clusters are averages over pairs, whatever the order', () => {
    fc.assert(
      fc.property(members, members, (a, b) => {
        const within = a.flatMap((x, i) => a.slice(0, i).map((y) => dot(x, y)));
        const across = a.flatMap((x) => b.map((y) => dot(x, y)));
        const average = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
        if (within.length > 0) closeTo(cohesion(statsOf('a', a.toReversed())), average(within));
        closeTo(similarityBetween(statsOf('a', a), statsOf('b', b)), average(across));
      }),
    );
  });

  test('survive storage exactly', () => {
    fc.assert(
      fc.property(members, (vectors) => {
        const stats = statsOf('c', vectors);
        expect(restoreStats(structuredClone(storeStats(stats)))).toEqual(stats);
      }),
    );
  });

  test('do not change their argument', () => {
    const before = statsOf('c', [normalise([1, 2])]);
    const copy = structuredClone(before);
    addMember(before, normalise([2, 1]));
    removeMember(before, normalise([1, 2]));
    expect(before).toEqual(copy);
  });

  test('refuse to lose a member they do not have', () => {
    expect(() => removeMember(emptyStats('c', 2), normalise([1, 2]))).toThrow(/c has no member/);
    expect(() => statsOf('c', [])).toThrow(/at least one member/);
  });
});
