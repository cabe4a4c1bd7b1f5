import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { visualEmbedding } from '../../shared/imaging/visual-embedding.ts';

const svg = (body: string) =>
  sharp(Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="400" height="400">${body}</svg>`))
    .png()
    .toBuffer();
const halves = (top: string, bottom: string) =>
  svg(`<rect width="400" height="200" fill="${top}"/><rect y="200" width="400" height="200" fill="${bottom}"/>`);
const stripes = (angle: number) =>
  svg(
    `<rect width="400" height="400" fill="#555"/><g transform="rotate(${angle} 200 200)">${Array.from({ length: 20 }, (_, i) => `<rect x="-200" y="${i * 40 - 200}" width="800" height="20" fill="#bbb"/>`).join('')}</g>`,
  );

const closeness = async (a: Buffer, b: Buffer) => {
  const [first, second] = await Promise.all([visualEmbedding(a), visualEmbedding(b)]);
  return first.reduce((sum, value, index) => sum + value * (second[index] ?? 0), 0);
};

describe('visualEmbedding', () => {
  test('is a unit vector of 512 finite numbers, whatever the picture', async () => {
    const pictures = [
      await halves('#4080ff', '#30a030'),
      await svg('<rect width="400" height="400" fill="#000"/>'),
      await svg(''), // transparent
      await sharp({ create: { width: 1, height: 1, channels: 3, background: '#777' } })
        .png()
        .toBuffer(),
      await sharp(await halves('#fff', '#000'))
        .greyscale()
        .jpeg()
        .toBuffer(),
    ];
    for (const picture of pictures) {
      const vector = await visualEmbedding(picture);
      expect(vector).toHaveLength(512);
      expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
    }
  });

  test('barely changes with size and compression', async () => {
    const picture = await halves('#4080ff', '#30a030');
    const small = await sharp(picture).resize(150, 150).jpeg({ quality: 60 }).toBuffer();
    expect(await closeness(picture, small)).toBeGreaterThan(0.97);
  });

  test('colour counts: another green is closer than red', async () => {
    const green = await halves('#20a020', '#30b030');
    expect(await closeness(green, await halves('#28b028', '#20a828'))).toBeGreaterThan(
      (await closeness(green, await halves('#c02020', '#d03030'))) + 0.3,
    );
  });

  test('layout counts: the same colours upside down are less alike', async () => {
    const picture = await halves('#f0f0f0', '#202020');
    expect(await closeness(picture, await halves('#202020', '#f0f0f0'))).toBeLessThan(
      (await closeness(picture, picture)) - 0.4,
    );
  });

  test('texture counts: stripes of the same direction are closer than of another', async () => {
    const level = await stripes(0);
    expect(await closeness(level, await stripes(3))).toBeGreaterThan(
      (await closeness(level, await stripes(90))) + 0.08,
    );
  });

  test('honours the orientation flag', async () => {
    const upright = await halves('#4080ff', '#30a030');
    const turned = await sharp(upright).rotate(180).withMetadata({ orientation: 3 }).jpeg({ quality: 95 }).toBuffer();
    expect(await closeness(upright, turned)).toBeGreaterThan(0.97);
  });

  test('rejects what is no picture', async () => {
    await expect(visualEmbedding(Buffer.from('no picture'))).rejects.toThrow();
  });
});
