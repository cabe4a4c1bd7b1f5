import { expect, test } from 'vitest';
import { decode, measure, type Raster } from '../../shared/imaging/raster.ts';
import { sharp } from '../../shared/imaging/sharp.ts';
import { makeThumbnails } from '../../shared/imaging/thumbnails.ts';
import { drawPicture } from '../fixtures/pictures.ts';
import { difference } from './difference.ts';

async function rasterOf(bytes: Buffer): Promise<Raster> {
  return decode(bytes, 'jpeg', await measure(bytes, 'jpeg'));
}

test('makes both sizes as WebP, without metadata', async () => {
  const raster = await rasterOf(await drawPicture({ width: 1600, height: 1200, orientation: 6 }));
  const { medium, small } = await makeThumbnails(raster);
  expect(medium).toMatchObject({ width: 800, height: 600 });
  expect(small).toMatchObject({ width: 200, height: 150 });
  for (const thumbnail of [medium, small]) {
    const header = await sharp(thumbnail.bytes).metadata();
    expect(header).toMatchObject({ format: 'webp', width: thumbnail.width, height: thumbnail.height, space: 'srgb' });
    expect([header.orientation, header.exif, header.icc, header.xmp, header.iptc]).toEqual(Array(5).fill(undefined));
  }
});

test('shows the picture', async () => {
  const raster = await rasterOf(await drawPicture({ width: 800, height: 600 }));
  const { medium } = await makeThumbnails(raster);
  const { data, info } = await sharp(medium.bytes).raw().toBuffer({ resolveWithObject: true });
  const seen: Raster = { data, width: info.width, height: info.height, channels: info.channels as 3 | 4 };
  expect(difference(seen, raster)).toBeLessThan(3);
});

test('never enlarges', async () => {
  const { medium, small } = await makeThumbnails(await rasterOf(await drawPicture({ width: 120, height: 90 })));
  expect(medium).toMatchObject({ width: 120, height: 90 });
  expect(small).toMatchObject({ width: 120, height: 90 });
});

test('answers the same bytes for the same picture', async () => {
  const bytes = await drawPicture({ width: 900, height: 600 });
  const [first, second] = [await makeThumbnails(await rasterOf(bytes)), await makeThumbnails(await rasterOf(bytes))];
  expect(Buffer.compare(first.medium.bytes, second.medium.bytes)).toBe(0);
  expect(Buffer.compare(first.small.bytes, second.small.bytes)).toBe(0);
});
