import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../shared/domain/clustering/random.ts';
import { hamming, PHASH_SIDE, phashBands, phashOf } from '../../shared/domain/phash.ts';

const square = (at: (x: number, y: number) => number) =>
  Float64Array.from({ length: PHASH_SIDE ** 2 }, (_, i) => at(i % PHASH_SIDE, Math.floor(i / PHASH_SIDE)));

const hash = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => value.toString(16).padStart(16, '0'));
const flipped = (from: string, bits: readonly number[]) =>
  bits
    .reduce((value, bit) => value ^ (1n << BigInt(bit)), BigInt(`0x${from}`))
    .toString(16)
    .padStart(16, '0');
const someBits = (maxLength: number) => fc.uniqueArray(fc.nat(63), { maxLength });

/** Blobs of light on grey: a picture with structure at many frequencies. */
const blobs = fc
  .array(fc.tuple(fc.nat(31), fc.nat(31), fc.integer({ min: 2, max: 9 }), fc.integer({ min: -60, max: 60 })), {
    minLength: 4,
    maxLength: 12,
  })
  .map((all) =>
    square((x, y) =>
      all.reduce(
        (sum, [cx, cy, size, light]) => sum + light * Math.exp(-((x - cx) ** 2 + (y - cy) ** 2) / size ** 2),
        120,
      ),
    ),
  );

describe('phashOf', () => {
  test('is 16 hex digits, half of the bits of a picture with structure set', () => {
    const values = phashOf(
      square((x, y) => 128 + 60 * Math.sin(x * 0.9 + y * y * 0.05) + 40 * Math.cos(x * x * 0.03 - y)),
    );
    expect(values).toMatch(/^[0-9a-f]{16}$/);
    expect(hamming(values, '0')).toBeGreaterThan(20);
    expect(hamming(values, '0')).toBeLessThan(44);
  });

  test('is 0 for any even picture, with a little noise or without', () => {
    for (const grey of [0, 17, 128, 255]) expect(phashOf(square(() => grey))).toBe('0000000000000000');
    expect(phashOf(square((x, y) => 128 + ((x * 7 + y * 13) % 3) - 1))).toBe('0000000000000000');
  });

  test('gradients in eight directions have different hashes, each of a few bits', () => {
    const hashes = [...Array(8).keys()].map((eighth) => {
      const [dx, dy] = [Math.cos((eighth * Math.PI) / 4), Math.sin((eighth * Math.PI) / 4)];
      return phashOf(square((x, y) => 128 + 3 * (dx * (x - 15.5) + dy * (y - 15.5))));
    });
    expect(new Set(hashes).size).toBe(8);
    for (const one of hashes) expect(hamming(one, '0')).toBeLessThan(12);
  });

  test('brightness and contrast change few bits', () => {
    fc.assert(
      fc.property(
        blobs,
        fc.double({ min: 0.85, max: 1.15, noNaN: true }),
        fc.integer({ min: -20, max: 20 }),
        (light, gain, more) => {
          const changed = light.map((value) => value * gain + more);
          expect(hamming(phashOf(light), phashOf(changed))).toBeLessThanOrEqual(12);
        },
      ),
    );
  });

  test('the negative of a picture shares no bit that is set', () => {
    fc.assert(
      fc.property(blobs, (light) => {
        const [positive, negative] = [phashOf(light), phashOf(light.map((value) => 255 - value))];
        expect(hamming(positive, negative)).toBe(hamming(positive, '0') + hamming(negative, '0'));
      }),
    );
  });

  test('refuses a picture of another size, saying what was expected', () => {
    expect(() => phashOf(new Float64Array(64))).toThrow('Expected 1024 luminances, received 64.');
  });
});

describe('hamming', () => {
  test('counts the bits that differ', () => {
    fc.assert(
      fc.property(hash, someBits(64), (one, bits) => {
        expect(hamming(one, flipped(one, bits))).toBe(bits.length);
      }),
    );
  });

  test('is symmetric, 0 only between equals, and never longer than a detour', () => {
    fc.assert(
      fc.property(hash, hash, hash, (a, b, c) => {
        expect(hamming(a, b)).toBe(hamming(b, a));
        expect(hamming(a, b) === 0).toBe(a === b);
        expect(hamming(a, c)).toBeLessThanOrEqual(hamming(a, b) + hamming(b, c));
      }),
    );
  });
});

describe('phashBands', () => {
  test('names six different lists, the same for the same hash, fit for a key', () => {
    fc.assert(
      fc.property(hash, (one) => {
        const bands = phashBands(one);
        expect(new Set(bands).size).toBe(6);
        expect(phashBands(one)).toEqual(bands);
        for (const band of bands) expect(band).toMatch(/^[0-5][0-3][0-9a-f]{2}$/);
      }),
    );
  });

  test('hashes that differ in up to five bits share a list', () => {
    fc.assert(
      fc.property(hash, someBits(5), (one, bits) => {
        expect(shared(one, flipped(one, bits))).toBeGreaterThan(0);
      }),
    );
  });

  test('a list holds about a thousandth of unrelated hashes', () => {
    const random = seededRandom(7);
    const digit = () => Math.floor(random() * 16).toString(16);
    const hashes = Array.from({ length: 300 }, () => Array.from({ length: 16 }, digit).join(''));
    const pairs = hashes.flatMap((one, index) => hashes.slice(index + 1).map((other) => shared(one, other)));
    const perList = pairs.reduce((sum, count) => sum + count, 0) / pairs.length / 6;
    expect(perList).toBeGreaterThan(0.0007);
    expect(perList).toBeLessThan(0.0013);
  });

  function shared(one: string, other: string): number {
    const bands = new Set(phashBands(one));
    return phashBands(other).filter((band) => bands.has(band)).length;
  }
});
