import fc from 'fast-check';
import { thumbHashToApproximateAspectRatio, thumbHashToAverageRGBA, thumbHashToRGBA } from 'thumbhash';
import { beforeAll, describe, expect, test } from 'vitest';
import { exactShares } from '../../bench/exact-share.ts';
import { COLOR_FLOOR, COLOR_RADIUS, colorScore, colorShare } from '../../shared/domain/color-bins.ts';
import { parseColor } from '../../shared/domain/color-names.ts';
import type { ColorBin } from '../../shared/domain/image.ts';
import { hamming } from '../../shared/domain/phash.ts';
import { describePixels } from '../../shared/imaging/features.ts';
import type { Raster } from '../../shared/imaging/raster.ts';
import { drawPicture } from '../fixtures/pictures.ts';
import { photosThere } from '../fixtures/real-photos.ts';
import { rasterOf, sceneFiles } from './scenes.ts';

type Pixel = readonly number[];

function painted(width: number, height: number, channels: 3 | 4, at: (x: number, y: number) => Pixel): Raster {
  const data = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) data.set(at(x, y).slice(0, channels), (y * width + x) * channels);
  }
  return { data, width, height, channels };
}

const RED = [200, 30, 30, 255];
const BLUE = [30, 80, 200, 255];
const placeholderOf = async (raster: Raster) => Buffer.from((await describePixels(raster)).placeholder, 'base64');

describe('describePixels', () => {
  test('a picture of one colour has that colour, one bin, an even placeholder and an empty hash', async () => {
    const features = await describePixels(painted(800, 600, 3, () => RED));
    expect(features.colors).toEqual([{ hex: '#c81e1e', share: 1, name: 'red' }]);
    expect(features.color_bins).toHaveLength(1);
    expect(features.phash).toBe('0000000000000000');
    const average = thumbHashToAverageRGBA(Buffer.from(features.placeholder, 'base64'));
    expect(average.r).toBeCloseTo(200 / 255, 1);
    expect(average.g).toBeCloseTo(30 / 255, 1);
    expect(average.a).toBe(1);
  });

  test('areas have their shares, in the palette and in the bins', async () => {
    const { colors, color_bins } = await describePixels(painted(800, 600, 3, (x) => (x < 600 ? RED : BLUE)));
    expect(colors.map(({ name, share }) => [name, share])).toEqual([
      ['red', 0.75],
      ['blue', 0.25],
    ]);
    expect(color_bins.map(({ share }) => share)).toEqual([0.75, 0.25]);
  });

  test('of a tiny picture every pixel counts', async () => {
    const { colors } = await describePixels(painted(2, 2, 3, (x) => (x === 0 ? RED : BLUE)));
    expect(colors.map(({ name, share }) => [name, share])).toEqual([
      ['red', 0.5],
      ['blue', 0.5],
    ]);
  });

  test('transparent pixels do not count, and what they hide does not show', async () => {
    const raster = painted(400, 300, 4, (x) => (x < 100 ? RED : [0, 255, 0, 0]));
    const { colors, color_bins } = await describePixels(raster);
    expect(colors).toEqual([{ hex: '#c81e1e', share: 1, name: 'red' }]);
    expect(color_bins).toHaveLength(1);
    const { r, g, a } = thumbHashToAverageRGBA(await placeholderOf(raster));
    expect(r).toBeGreaterThan(0.6);
    expect(g).toBeLessThan(0.3);
    expect(a).toBeCloseTo(0.25, 1);
  });

  test('a picture of which nothing is seen has no colours', async () => {
    const features = await describePixels(painted(40, 30, 4, () => [255, 0, 0, 0]));
    expect(features).toMatchObject({ colors: [], color_bins: [], phash: '0000000000000000' });
    expect(thumbHashToAverageRGBA(Buffer.from(features.placeholder, 'base64')).a).toBe(0);
  });

  test('the placeholder shows the picture upright in its proportions', async () => {
    const hash = await placeholderOf(painted(800, 400, 3, (x) => (x < 400 ? RED : BLUE)));
    expect(thumbHashToApproximateAspectRatio(hash)).toBeCloseTo(2, 0);
    const { w, h, rgba } = thumbHashToRGBA(hash);
    const [left, right] = [Math.floor(h / 2) * w * 4, (Math.floor(h / 2) * w + w - 1) * 4];
    expect(rgba[left]!).toBeGreaterThan(rgba[left + 2]! + 80);
    expect(rgba[right + 2]!).toBeGreaterThan(rgba[right]! + 80);
  });

  test('fine stripes are their mean to hash and placeholder, and both colours to the palette', async () => {
    for (const stripes of [(x: number) => x % 2, (_: number, y: number) => y % 2]) {
      const raster = painted(797, 601, 3, (x, y) => (stripes(x, y) ? [255, 255, 255] : [0, 0, 0]));
      const { colors, phash, placeholder } = await describePixels(raster);
      expect(colors.map(({ name }) => name).sort()).toEqual(['black', 'white']);
      expect(hamming(phash, '0')).toBeLessThanOrEqual(4);
      expect(thumbHashToAverageRGBA(Buffer.from(placeholder, 'base64')).r).toBeCloseTo(0.5, 1);
    }
  });

  test('never fails, whatever the size and the pixels, and answers the same again', async () => {
    const sizes = fc.oneof(
      fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 })),
      fc.constantFrom([800, 1], [1, 800], [800, 7]),
    );
    await fc.assert(
      fc.asyncProperty(sizes, fc.constantFrom(3, 4), fc.nat(), async ([width, height], channels, seed) => {
        const raster = painted(width!, height!, channels as 3 | 4, (x, y) =>
          [0, 1, 2, 3].map((channel) => Math.imul(seed + channel * 77 + x * 31 + y * 1009, 2_654_435_761) >>> 24),
        );
        const features = await describePixels(raster);
        expect(features.colors.length).toBeLessThanOrEqual(5);
        expect(features.color_bins.length).toBeLessThanOrEqual(16);
        expect(features.phash).toMatch(/^[0-9a-f]{16}$/);
        expect(features.placeholder).toMatch(/^[A-Za-z0-9+/]+=*$/);
        expect(features.placeholder.length).toBeLessThan(44);
        expect(await describePixels(raster)).toEqual(features);
      }),
      { numRuns: 50 },
    );
  });

  test('a drawn picture has the colours it was drawn in', async () => {
    const raster = await rasterOf(await drawPicture({ seed: 3, width: 800, height: 600 }));
    const names = (await describePixels(raster)).colors.map(({ name }) => name);
    expect(names.join()).toMatch(/green/);
    expect(names.join()).toMatch(/blue/);
  });
});

describe.skipIf(!photosThere('scenes'))('searching the scenes by colour', () => {
  // Sky blue, leaf green, sand, the brown of earth and wood, near-white; brick red, which few scenes have. How many hits at least.
  const ASKED = [
    ['#6fb4ee', 10],
    ['#5f7f3f', 10],
    ['#c8a878', 10],
    ['#8a5a33', 10],
    ['#f2f2f2', 10],
    ['#b22222', 3],
  ] as const;
  const colors = ASKED.map(([hex]) => parseColor(hex)!);
  const scenes: { bins: ColorBin[]; exact: number[] }[] = [];

  beforeAll(async () => {
    for (const file of sceneFiles()) {
      const { color_bins } = await describePixels(await rasterOf(file));
      scenes.push({ bins: color_bins, exact: await exactShares(file, colors, COLOR_RADIUS) });
    }
  });

  test.each(ASKED)('%s: of each of the first ten hits at least 10 % of all pixels are within 0.1', (hex, least) => {
    const index = ASKED.findIndex(([asked]) => asked === hex);
    const hits = scenes
      .map(({ bins, exact }) => ({
        estimated: colorShare(bins, colors[index]!, COLOR_RADIUS),
        score: colorScore(bins, colors[index]!),
        exact: exact[index]!,
      }))
      .filter(({ estimated }) => estimated >= COLOR_FLOOR)
      .sort((x, y) => y.score - x.score)
      .slice(0, 10);
    expect(hits.length).toBeGreaterThanOrEqual(least);
    expect(Math.min(...hits.map(({ exact }) => exact))).toBeGreaterThanOrEqual(0.1);
  });

  test('photos that are a quarter of a colour are found', () => {
    for (const [index, color] of colors.entries()) {
      const missed = scenes.filter(
        ({ bins, exact }) => exact[index]! >= 0.25 && colorShare(bins, color, COLOR_RADIUS) < COLOR_FLOOR,
      );
      expect(missed).toEqual([]);
    }
  });
});
