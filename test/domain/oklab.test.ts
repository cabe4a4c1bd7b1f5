import fc from 'fast-check';
import { expect, test } from 'vitest';
import { colorDistance, oklabToSrgb, srgbToOklab } from '../../shared/domain/oklab.ts';

test('every sRGB colour survives the way to OKLab and back', () => {
  const component = fc.nat(255);
  fc.assert(
    fc.property(component, component, component, (red, green, blue) => {
      expect(oklabToSrgb(srgbToOklab(red, green, blue))).toEqual([red, green, blue]);
    }),
  );
});

test('what lies outside of sRGB is cut off at its border', () => {
  expect(oklabToSrgb({ l: 1.2, a: 0, b: 0 })).toEqual([255, 255, 255]);
  expect(oklabToSrgb({ l: -0.1, a: 0, b: 0 })).toEqual([0, 0, 0]);
  const [red, green] = oklabToSrgb({ l: 0.63, a: 0.4, b: 0.1 });
  expect([red, green]).toEqual([255, 0]);
});

test('black and white are 1 apart', () => {
  expect(colorDistance(srgbToOklab(0, 0, 0), srgbToOklab(255, 255, 255))).toBeCloseTo(1, 5);
});
