import { expect, test } from 'vitest';
import { srgbToOklab } from '../../shared/domain/oklab.ts';
import { DESCRIPTOR_LENGTH, DESCRIPTOR_SIDE, visualDescriptor } from '../../shared/domain/visual-descriptor.ts';

// Reference values from Björn Ottosson's publication of OKLab.
test.each([
  [
    [255, 255, 255],
    [1, 0, 0],
  ],
  [
    [0, 0, 0],
    [0, 0, 0],
  ],
  [
    [255, 0, 0],
    [0.628, 0.225, 0.126],
  ],
  [
    [0, 0, 255],
    [0.452, -0.032, -0.312],
  ],
] as const)('sRGB %j is OKLab %j', ([red, green, blue], [l, a, b]) => {
  const colour = srgbToOklab(red, green, blue);
  expect(colour.l).toBeCloseTo(l, 3);
  expect(colour.a).toBeCloseTo(a, 3);
  expect(colour.b).toBeCloseTo(b, 3);
});

test('the descriptor has the length the vector index is made for', () => {
  expect(DESCRIPTOR_LENGTH).toBe(512);
  expect(visualDescriptor(new Uint8Array(DESCRIPTOR_SIDE ** 2 * 3).fill(90))).toHaveLength(512);
});

test('a raster of another size is refused, saying what was expected', () => {
  expect(() => visualDescriptor(new Uint8Array(12))).toThrow(/Expected 12288 bytes of RGB, received 12/);
});
