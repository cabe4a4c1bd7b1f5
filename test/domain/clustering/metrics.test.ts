import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { adjustedRandIndex, silhouette } from '../../../shared/domain/clustering/metrics.ts';
import { seededRandom } from '../../../shared/domain/clustering/random.ts';
import { normalise } from '../../../shared/domain/clustering/vectors.ts';

const labels = fc.array(fc.nat(4), { minLength: 2, maxLength: 30 });

describe('adjustedRandIndex', () => {
  test.each([
    { expected: [0, 0, 1, 1], actual: ['b', 'b', 'a', 'a'], ari: 1 },
    { expected: [0, 0, 1, 1], actual: [0, 0, 1, 2], ari: 0.5714 },
    { expected: [0, 0, 1, 2], actual: [0, 0, 1, 1], ari: 0.5714 },
    { expected: [0, 0, 1, 1], actual: [0, 1, 0, 1], ari: -0.5 },
    { expected: [0, 0, 0, 0], actual: [0, 1, 2, 3], ari: 0 },
    { expected: [0, 0, 0], actual: [7, 7, 7], ari: 1 },
    { expected: [0, 1, 2], actual: [5, 6, 7], ari: 1 },
    // Hubert & Arabie 1985 via the contingency table [[1,1,0],[1,2,1],[0,0,4]] of Yeung & Ruzzo 2001.
    { expected: [0, 0, 1, 1, 1, 1, 2, 2, 2, 2], actual: [0, 1, 0, 1, 1, 2, 2, 2, 2, 2], ari: 0.3126 },
  ])('of $expected and $actual is $ari', ({ expected, actual, ari }) => {
    expect(adjustedRandIndex<unknown, unknown>(expected, actual)).toBeCloseTo(ari, 4);
  });

  test('is symmetric, and blind to names and order', () => {
    fc.assert(
      fc.property(labels, fc.infiniteStream(fc.nat(4)), (a, stream) => {
        const b = a.map(() => stream.next().value as number);
        const ari = adjustedRandIndex(a, b);
        expect(adjustedRandIndex(b, a)).toBeCloseTo(ari, 10);
        expect(adjustedRandIndex(a.map((label) => `cluster ${9 - label}`).reverse(), b.toReversed())).toBeCloseTo(
          ari,
          10,
        );
      }),
    );
  });

  test('refuses labellings of different lengths', () => {
    expect(() => adjustedRandIndex([1], [1, 2])).toThrow(/got 1 and 2/);
  });
});

describe('silhouette', () => {
  const [east, east2, north, north2] = [
    [1, 0],
    [0.99, 0.1],
    [0, 1],
    [0.1, 0.99],
  ].map((v) => normalise(v)) as [Float32Array, Float32Array, Float32Array, Float32Array];
  const measure = (groups: (string | null)[]) => silhouette([east, east2, north, north2], groups, seededRandom(1));

  test('is near 1 for tight, distant clusters, negative when they are mixed', () => {
    expect(measure(['a', 'a', 'b', 'b'])).toBeGreaterThan(0.98);
    expect(measure(['a', 'b', 'a', 'b'])).toBeLessThan(-0.4);
  });

  test('is 0 for a single cluster, and leaves unassigned items out', () => {
    expect(measure(['a', 'a', 'a', 'a'])).toBe(0);
    expect(measure(['a', 'a', null, null])).toBe(0);
    expect(measure(['a', 'a', 'b', null])).toBeGreaterThan(0.6);
  });
});
