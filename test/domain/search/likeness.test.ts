import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { normalise } from '../../../shared/domain/clustering/vectors.ts';
import { likeness, type Portrait } from '../../../shared/domain/search/likeness.ts';

const EVEN = { embedding: 1, palette: 1, tags: 1, phash: 1 };
const bin = (l: number, share: number) => ({ bin: `${Math.floor(l * 10)}44`, l, a: 0, b: 0, share });
const vector = (x: number, y: number) => normalise([x, y, ...Array<number>(510).fill(0)]);

const PHOTO: Portrait = {
  embedding: vector(1, 0),
  color_bins: [bin(0.3, 0.6), bin(0.8, 0.4)],
  tags: ['dog', 'grass'],
  phash: 'ffff0000ffff0000',
};

describe('likeness', () => {
  test('of a photo with itself is 1 in every part', () => {
    const { similarity, parts } = likeness(PHOTO, PHOTO, EVEN);
    expect(similarity).toBeCloseTo(1, 6);
    for (const value of Object.values(parts)) expect(value).toBeCloseTo(1, 6);
  });

  test('each part by its own measure', () => {
    const other: Portrait = {
      embedding: vector(1, 1),
      color_bins: [bin(0.3, 1)],
      tags: ['Dogs', 'sea', 'beach'],
      phash: 'ffff0000ffff00ff',
    };
    const { similarity, parts } = likeness(PHOTO, other, { embedding: 2, palette: 0, tags: 1, phash: 1 });
    expect(parts.embedding).toBeCloseTo(Math.SQRT1_2, 6);
    expect(parts.palette).toBeGreaterThan(0.7);
    expect(parts.palette).toBeLessThan(0.95);
    expect(parts.tags).toBe(1 / 4);
    expect(parts.phash).toBe(1 - 8 / 32);
    expect(similarity).toBeCloseTo((2 * Math.SQRT1_2 + 0.25 + 0.75) / 4, 6);
  });

  test('what only one of the two has counts as 0, what none has not at all', () => {
    const { similarity, parts } = likeness(PHOTO, { tags: ['dog', 'grass'] }, EVEN);
    expect(parts).toEqual({ embedding: null, palette: null, tags: 1, phash: null });
    expect(similarity).toBe(0.25);
    expect(likeness({ tags: ['dog'] }, { tags: ['dog'] }, EVEN).similarity).toBe(1);
    expect(likeness(PHOTO, {}, EVEN).similarity).toBe(0);
    expect(likeness(PHOTO, { tags: ['dog'] }, { ...EVEN, tags: 0 }).similarity).toBe(0);
  });

  test('is the same both ways, and lies between 0 and 1', () => {
    const portrait: fc.Arbitrary<Portrait> = fc.record({
      tags: fc.subarray(['dog', 'cat', 'sea']),
      phash: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((bits) => bits.toString(16).padStart(16, '0')),
      color_bins: fc.array(
        fc
          .record({
            l: fc.double({ min: 0, max: 1, noNaN: true }),
            share: fc.double({ min: 0.02, max: 1, noNaN: true }),
          })
          .map(({ l, share }) => bin(l, share)),
        { maxLength: 5 },
      ),
    });
    fc.assert(
      fc.property(portrait, portrait, (one, other) => {
        const there = likeness(one, other, EVEN);
        expect(likeness(other, one, EVEN).similarity).toBeCloseTo(there.similarity, 9);
        for (const value of [there.similarity, ...Object.values(there.parts)]) {
          expect(value ?? 0).toBeGreaterThanOrEqual(0);
          expect(value ?? 0).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});
