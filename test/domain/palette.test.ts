import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom, shuffled } from '../../shared/domain/clustering/random.ts';
import { colorDistance, type Oklab, srgbToOklab } from '../../shared/domain/oklab.ts';
import { paletteOf } from '../../shared/domain/palette.ts';
import { kMeans, meanColor, medianCut } from '../../shared/domain/palette-clusters.ts';

const fromHex = (hex: string): Oklab => {
  const rgb = Number.parseInt(hex.slice(1), 16);
  return srgbToOklab(rgb >> 16, rgb >> 8, rgb);
};
const areas = (counts: Record<string, number>) =>
  Object.entries(counts).flatMap(([hex, count]) => Array<Oklab>(count).fill(fromHex(hex)));
const pixel = fc
  .tuple(fc.nat(255), fc.nat(255), fc.nat(255))
  .map(([red, green, blue]) => srgbToOklab(red, green, blue));
const pixels = fc.array(pixel, { minLength: 1, maxLength: 300 });

const FLAG = { '#ffffff': 500, '#b22222': 300, '#1c52c8': 150, '#f5d93b': 50 };

describe('paletteOf', () => {
  test('finds the colours of a picture that has few, with their shares and names', () => {
    expect(paletteOf(areas(FLAG))).toEqual([
      { hex: '#ffffff', share: 0.5, name: 'white' },
      { hex: '#b22222', share: 0.3, name: 'red' },
      { hex: '#1c52c8', share: 0.15, name: 'blue' },
      { hex: '#f5d93b', share: 0.05, name: 'yellow' },
    ]);
  });

  test('does not depend on where in the picture the colours are', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        expect(paletteOf(shuffled(areas(FLAG), seededRandom(seed)))).toEqual(paletteOf(areas(FLAG)));
      }),
      { numRuns: 20 },
    );
  });

  test('colours that look alike are one', () => {
    const palette = paletteOf(areas({ '#808080': 400, '#828282': 300, '#7d7f80': 200, '#2e9e33': 100 }));
    expect(palette.map(({ share, name }) => [name, share])).toEqual([
      ['grey', 0.9],
      ['green', 0.1],
    ]);
  });

  test('five at most, largest first, shares adding up to 1, all visibly different, whatever the pixels', () => {
    fc.assert(
      fc.property(pixels, (some) => {
        const palette = paletteOf(some);
        const shares = palette.map(({ share }) => share);
        expect(palette.length).toBeLessThanOrEqual(5);
        expect(shares).toEqual(shares.toSorted((x, y) => y - x));
        expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 3);
        for (const { hex } of palette) expect(hex).toMatch(/^#[0-9a-f]{6}$/);
        for (const [index, { hex }] of palette.entries()) {
          for (const other of palette.slice(index + 1)) {
            // A hex digit is a step of about 0.003.
            expect(colorDistance(fromHex(hex), fromHex(other.hex))).toBeGreaterThan(0.04);
          }
        }
      }),
    );
  });

  test('is the same each time', () => {
    fc.assert(
      fc.property(pixels, (some) => {
        expect(paletteOf([...some])).toEqual(paletteOf(some));
      }),
    );
  });

  test('falls back to median cut, then to the mean colour', () => {
    const cannot = () => null;
    const cut = paletteOf(areas(FLAG), [cannot, medianCut]);
    expect(cut.map(({ name }) => name)).toEqual(['white', 'red', 'blue', 'yellow']);
    const mean = paletteOf(areas({ '#000000': 10, '#ffffff': 10 }), [cannot, cannot]);
    expect(mean).toEqual([{ hex: '#636363', share: 1, name: 'grey' }]);
  });

  test('a picture without visible pixels has no colours', () => {
    expect(paletteOf([])).toEqual([]);
  });
});

describe.each([
  ['kMeans', kMeans],
  ['medianCut', medianCut],
])('%s', (_, divide) => {
  test('divides all pixels among at most k colours, none of them empty', () => {
    fc.assert(
      fc.property(pixels, fc.integer({ min: 2, max: 5 }), (some, k) => {
        const clusters = divide(some, k) ?? [meanColor(some)];
        expect(clusters.length).toBeLessThanOrEqual(k);
        expect(clusters.reduce((sum, { count }) => sum + count, 0)).toBe(some.length);
        for (const { color, count } of clusters) {
          expect(count).toBeGreaterThan(0);
          expect(Object.values(color).every(Number.isFinite)).toBe(true);
        }
      }),
    );
  });

  test('is nearer to the pixels than their mean is', () => {
    const error = (some: readonly Oklab[], centres: readonly Oklab[]) =>
      some.reduce((sum, one) => sum + Math.min(...centres.map((centre) => colorDistance(one, centre) ** 2)), 0);
    fc.assert(
      fc.property(fc.array(pixel, { minLength: 20, maxLength: 200 }), (some) => {
        const clusters = divide(some, 5);
        // Now and then it cannot; then another way is gone.
        fc.pre(clusters !== null);
        expect(
          error(
            some,
            clusters.map(({ color }) => color),
          ),
        ).toBeLessThan(0.7 * error(some, [meanColor(some).color]));
      }),
    );
  });
});

test('median cut cannot divide one colour', () => {
  expect(medianCut(areas({ '#808080': 9 }), 5)).toBeNull();
});

test('k-means succeeds on fewer colours than it may find', () => {
  expect(kMeans(areas(FLAG), 5)).toHaveLength(4);
  expect(kMeans(areas({ '#808080': 9 }), 5)).toHaveLength(1);
});
