import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  binsNear,
  COLOR_FLOOR,
  COLOR_RADIUS,
  colorBins,
  colorLikeness,
  colorScore,
  colorShare,
} from '../../shared/domain/color-bins.ts';
import { colorDistance, type Oklab, srgbToOklab } from '../../shared/domain/oklab.ts';

const color = fc
  .tuple(fc.nat(255), fc.nat(255), fc.nat(255))
  .map(([red, green, blue]) => srgbToOklab(red, green, blue));
const even = (pixel: Oklab, count = 100) => Array<Oklab>(count).fill(pixel);
const grey = (value: number) => srgbToOklab(value, value, value);

describe('colorBins', () => {
  test('keeps at most 16 bins of at least 2 % each, largest first, with the mean of their pixels', () => {
    fc.assert(
      fc.property(fc.array(color, { minLength: 1, maxLength: 200 }), (pixels) => {
        const bins = colorBins(pixels);
        expect(bins.length).toBeLessThanOrEqual(16);
        expect(new Set(bins.map(({ bin }) => bin)).size).toBe(bins.length);
        const shares = bins.map(({ share }) => share);
        expect(shares).toEqual(shares.toSorted((x, y) => y - x));
        expect(shares.reduce((sum, share) => sum + share, 0)).toBeLessThan(1.001);
        for (const bin of bins) {
          expect(bin.share).toBeGreaterThanOrEqual(0.02);
          expect(bin.bin).toMatch(/^\d{3}$/);
          expect(binsNear(bin, 0.001)).toContain(bin.bin);
        }
      }),
    );
  });

  test('does not depend on the order of the pixels', () => {
    fc.assert(
      fc.property(fc.array(color, { minLength: 1, maxLength: 100 }), (pixels) => {
        expect(colorBins(pixels.toReversed())).toEqual(colorBins(pixels));
      }),
    );
  });

  test('an even picture has one bin, its colour; one without pixels has none', () => {
    expect(colorBins(even(grey(128)))).toEqual([{ bin: '544', l: 0.5999, a: 0, b: 0, share: 1 }]);
    expect(colorBins([])).toEqual([]);
  });

  test('greys a little off lie in one bin', () => {
    const pixels = [srgbToOklab(125, 120, 118), srgbToOklab(118, 121, 126), srgbToOklab(120, 120, 120)];
    expect(colorBins(pixels)).toHaveLength(1);
  });
});

describe('binsNear', () => {
  test('names the bin of every colour within the radius, and 27 at most', () => {
    const offset = fc.double({ min: -COLOR_RADIUS, max: COLOR_RADIUS, noNaN: true });
    fc.assert(
      fc.property(color, offset, offset, offset, (asked, dl, da, db) => {
        const near = { l: asked.l + dl, a: asked.a + da, b: asked.b + db };
        fc.pre(colorDistance(asked, near) <= COLOR_RADIUS && near.l >= 0 && near.l <= 1);
        const bins = binsNear(asked, COLOR_RADIUS);
        expect(bins).toContain(colorBins([near])[0]!.bin);
        expect(new Set(bins).size).toBe(bins.length);
        expect(bins.length).toBeLessThanOrEqual(27);
      }),
    );
  });
});

test('of two pictures with as much of about a colour, the one that is nearer to it ranks higher', () => {
  const asked = { l: 0.7, a: 0.02, b: 0.08 };
  const near = colorBins(Array.from({ length: 100 }, () => ({ l: 0.71, a: 0.02, b: 0.09 })));
  const far = colorBins(Array.from({ length: 100 }, () => ({ l: 0.7, a: 0.01, b: 0.02 })));
  expect(colorShare(far, asked, COLOR_RADIUS)).toBeGreaterThan(0.8);
  expect(colorScore(near, asked)).toBeGreaterThan(2 * colorScore(far, asked));
});

describe('colorShare', () => {
  test('an even picture is all of its colour and nothing of one far away', () => {
    const bins = colorBins(even(srgbToOklab(111, 180, 238)));
    expect(colorShare(bins, srgbToOklab(111, 180, 238), COLOR_RADIUS)).toBeGreaterThan(0.98);
    expect(colorShare(bins, srgbToOklab(178, 34, 34), COLOR_RADIUS)).toBe(0);
  });

  test('an even picture just outside of the radius is mostly not counted', () => {
    const asked = { l: 0.6, a: 0, b: 0 };
    expect(colorShare(colorBins(even({ l: 0.708, a: 0, b: 0 })), asked, COLOR_RADIUS)).toBeLessThan(0.25);
    expect(colorShare(colorBins(even({ l: 0.68, a: 0, b: 0 })), asked, COLOR_RADIUS)).toBeGreaterThan(0.6);
  });

  test('needs no other bins than those near the colour', () => {
    fc.assert(
      fc.property(fc.array(color, { minLength: 1, maxLength: 100 }), color, (pixels, asked) => {
        const bins = colorBins(pixels);
        const near = new Set(binsNear(asked, COLOR_RADIUS));
        const share = colorShare(bins, asked, COLOR_RADIUS);
        expect(
          colorShare(
            bins.filter(({ bin }) => near.has(bin)),
            asked,
            COLOR_RADIUS,
          ),
        ).toBe(share);
        expect(share).toBeGreaterThanOrEqual(0);
        expect(share).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('of a colour that is a tenth of the picture, a picture is no hit for its lack of others', () => {
    const pixels = [...even(srgbToOklab(178, 34, 34), 30), ...even(grey(200), 70)];
    expect(colorShare(colorBins(pixels), srgbToOklab(178, 34, 34), COLOR_RADIUS)).toBeGreaterThan(COLOR_FLOOR);
  });
});

describe('colorLikeness', () => {
  test('is 1 with itself, symmetric, and falls with distance', () => {
    const bins = [100, 110, 140, 250].map((value) => colorBins(even(grey(value))));
    const [own, close, further, far] = bins.map((other) => colorLikeness(bins[0]!, other));
    expect(own).toBeCloseTo(1, 10);
    expect([own, close, further, far]).toEqual([own, close, further, far].toSorted((x, y) => y! - x!));
    expect(far).toBeLessThan(0.01);
    expect(colorLikeness(bins[2]!, bins[0]!)).toBeCloseTo(further!, 10);
  });

  test('sees past a change of lightness when told of it', () => {
    const [dark, light] = [colorBins(even(grey(100))), colorBins(even(grey(160)))];
    expect(colorLikeness(light, dark, { lighter: grey(160).l - grey(100).l })).toBeCloseTo(1, 4);
  });

  test('is 0 with nothing', () => {
    expect(colorLikeness([], colorBins(even(grey(9))))).toBe(0);
  });
});
