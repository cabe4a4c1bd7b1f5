import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DIMENSIONS, decodeVector, dot, encodeVector, normalise } from '../../../shared/domain/clustering/vectors.ts';

const finite = fc.float({ noNaN: true, min: -1000, max: 1000 });

describe('dot', () => {
  test('is the sum of products, at any length', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 }))), (pairs) => {
        const a = Float32Array.from(pairs, ([x]) => x);
        const b = Float32Array.from(pairs, ([, y]) => y);
        expect(dot(a, b)).toBe(pairs.reduce((sum, [x, y]) => sum + x * y, 0));
      }),
    );
  });

  test('refuses vectors of different lengths', () => {
    expect(() => dot(new Float32Array(2), new Float32Array(3))).toThrow(/equal length, got 2 and 3/);
  });
});

describe('normalise', () => {
  test('gives length 1 in the same direction', () => {
    const unit = normalise([3, 0, 4]);
    expect([...unit].map((value) => value.toFixed(4))).toEqual(['0.6000', '0.0000', '0.8000']);
  });

  test.each([[[0, 0]], [[Number.NaN, 1]], [[Number.POSITIVE_INFINITY]]])(
    'refuses %j, which has no direction',
    (values) => {
      expect(() => normalise(values)).toThrow(RangeError);
    },
  );
});

describe('codec', () => {
  test('round trips, from any offset of a buffer', () => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 8, maxLength: 8 }), fc.nat(5), (values, offset) => {
        const vector = Float32Array.from(values);
        const padded = new Uint8Array(offset + 32);
        padded.set(encodeVector(vector), offset);
        expect(decodeVector(padded.subarray(offset), 8)).toEqual(vector);
      }),
    );
  });

  test('is little-endian, 4 bytes a dimension', () => {
    expect([...encodeVector(Float32Array.of(1))]).toEqual([0, 0, 0x80, 0x3f]);
    expect(encodeVector(new Float32Array(DIMENSIONS)).byteLength).toBe(2048);
  });

  test('refuses bytes of another length', () => {
    expect(() => decodeVector(new Uint8Array(2047))).toThrow(/expected 2048 bytes .* got 2047/);
  });
});
