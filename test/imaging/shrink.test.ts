import { describe, expect, test } from 'vitest';
import type { Raster } from '../../shared/imaging/raster.ts';
import { luminanceSquare, shrink } from '../../shared/imaging/shrink.ts';

function painted(
  width: number,
  height: number,
  channels: 3 | 4,
  at: (x: number, y: number) => readonly number[],
): Raster {
  const data = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) data.set(at(x, y), (y * width + x) * channels);
  }
  return { data, width, height, channels };
}

const pixel = ({ data, width }: Raster, x: number, y: number) => [
  ...data.subarray((y * width + x) * 4, (y * width + x) * 4 + 4),
];

describe('shrink', () => {
  test('fits the longer side, keeps the proportions, never enlarges', () => {
    const sizes = (
      [
        [800, 600],
        [300, 900],
        [800, 1],
        [40, 30],
      ] as const
    ).map(([width, height]) => {
      const small = shrink(
        painted(width, height, 3, () => [1, 2, 3]),
        64,
      );
      return [small.width, small.height];
    });
    expect(sizes).toEqual([
      [64, 48],
      [21, 64],
      [64, 1],
      [40, 30],
    ]);
  });

  test('each pixel is the mean of those it covers', () => {
    const small = shrink(
      painted(8, 4, 3, (x, y) => [x * 10, y * 10, x < 4 ? 0 : 200]),
      4,
    );
    expect([small.width, small.height]).toEqual([4, 2]);
    expect(pixel(small, 0, 0)).toEqual([5, 5, 0, 255]);
    expect(pixel(small, 3, 1)).toEqual([65, 25, 200, 255]);
  });

  test('stripes and checks of single pixels become grey wherever cells begin', () => {
    for (const light of [(x: number) => x % 2, (_: number, y: number) => y % 2]) {
      const small = shrink(
        painted(800, 600, 3, (x, y) => (light(x, y) ? [240, 240, 240] : [0, 0, 0])),
        64,
      );
      for (let x = 0; x < 64; x += 1) expect(Math.abs(pixel(small, x, 20)[0]! - 120)).toBeLessThan(14);
    }
  });

  test('colours count by their opacity, also in the parts of a cell', () => {
    const small = shrink(
      painted(4, 4, 4, (x) => (x % 2 === 0 ? [200, 100, 0, 255] : [0, 255, 255, 0])),
      2,
    );
    expect(pixel(small, 1, 1)).toEqual([200, 100, 0, 128]);
  });
});

describe('luminanceSquare', () => {
  test('squeezes and stretches by area', () => {
    const halves = painted(6, 2, 4, (x) => (x < 3 ? [0, 0, 0, 255] : [255, 255, 255, 255]));
    expect([...luminanceSquare(halves, 4)].map(Math.round)).toEqual(Array(4).fill([0, 0, 255, 255]).flat());
    const three = painted(3, 1, 4, (x) =>
      Array(3)
        .fill(x * 90)
        .concat(255),
    );
    expect([...luminanceSquare(three, 2)].map(Math.round)).toEqual([30, 150, 30, 150]);
  });

  test('transparent pixels are white', () => {
    const [value] = luminanceSquare(
      painted(1, 1, 4, () => [0, 0, 0, 0]),
      1,
    );
    expect(value).toBe(255);
  });
});
