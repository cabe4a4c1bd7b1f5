import { expect, test } from 'vitest';
import { acceptedFormat } from '../../shared/imaging/format.ts';
import { type Decoded, decode, measure, type Raster } from '../../shared/imaging/raster.ts';
import { sharp } from '../../shared/imaging/sharp.ts';
import { makeThumbnails } from '../../shared/imaging/thumbnails.ts';
import { drawPicture } from '../fixtures/pictures.ts';
import { difference } from './difference.ts';

async function open(bytes: Buffer): Promise<Decoded> {
  const format = acceptedFormat(bytes);
  return decode(bytes, format, await measure(bytes, format));
}

test('makes both sizes as WebP, without metadata', async () => {
  const decoded = await open(await drawPicture({ width: 1600, height: 1200, orientation: 6 }));
  const { medium, small } = await makeThumbnails(decoded);
  expect(medium).toMatchObject({ width: 800, height: 600 });
  expect(small).toMatchObject({ width: 200, height: 150 });
  for (const thumbnail of [medium, small]) {
    const header = await sharp(thumbnail.bytes).metadata();
    expect(header).toMatchObject({ format: 'webp', width: thumbnail.width, height: thumbnail.height, space: 'srgb' });
    expect([header.orientation, header.exif, header.icc, header.xmp, header.iptc]).toEqual(Array(5).fill(undefined));
  }
});

test('shows the picture', async () => {
  const decoded = await open(await drawPicture({ width: 800, height: 600 }));
  const { medium } = await makeThumbnails(decoded);
  const { data, info } = await sharp(medium.bytes).raw().toBuffer({ resolveWithObject: true });
  const seen: Raster = { data, width: info.width, height: info.height, channels: info.channels as 3 | 4 };
  expect(difference(seen, decoded.raster)).toBeLessThan(3);
});

test.each(['heic', 'tiff'] as const)('makes a preview of %s, from the same decoding', async (format) => {
  const decoded = await open(await drawPicture({ format, width: 2100, height: 1050, orientation: 6 }));
  expect(decoded.preview).toMatchObject({ width: 2048, height: 1024 });
  const { preview, medium, small } = await makeThumbnails(decoded);
  expect(medium).toMatchObject({ width: 800, height: 400 });
  expect(small).toMatchObject({ width: 200, height: 100 });
  const header = await sharp(preview?.bytes).metadata();
  expect(header).toMatchObject({ format: 'webp', width: 2048, height: 1024, space: 'srgb' });
  expect([header.orientation, header.exif, header.icc]).toEqual([undefined, undefined, undefined]);
  expect(difference(await shrunk(preview?.bytes, 400), await shrunk(medium.bytes, 400))).toBeLessThan(3);
});

async function shrunk(bytes: Uint8Array | undefined, width: number): Promise<Raster> {
  const { data, info } = await sharp(bytes).resize(width).raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels as 3 | 4 };
}

test.each(['jpeg', 'png', 'webp', 'gif', 'avif'] as const)(
  'makes no preview of %s, which browsers show',
  async (format) => {
    const { preview } = await makeThumbnails(await open(await drawPicture({ format })));
    expect(preview).toBeUndefined();
  },
);

test('keeps transparency in every size', async () => {
  const opaque = await drawPicture({ format: 'png', width: 900, height: 600 });
  const bytes = await sharp(await sharp(opaque).ensureAlpha(0.5).png().toBuffer())
    .tiff({ compression: 'lzw' })
    .toBuffer();
  const { small, medium, preview } = await makeThumbnails(await open(bytes));
  for (const thumbnail of [small, medium, preview]) {
    const { channels } = await sharp(thumbnail?.bytes).stats();
    expect(channels[3]).toMatchObject({ min: 127, max: 127 });
  }
});

test('never enlarges', async () => {
  const { medium, small } = await makeThumbnails(await open(await drawPicture({ width: 120, height: 90 })));
  expect(medium).toMatchObject({ width: 120, height: 90 });
  expect(small).toMatchObject({ width: 120, height: 90 });
});

test('answers the same bytes for the same picture', async () => {
  const bytes = await drawPicture({ width: 900, height: 600 });
  const [first, second] = [await makeThumbnails(await open(bytes)), await makeThumbnails(await open(bytes))];
  expect(Buffer.compare(first.medium.bytes, second.medium.bytes)).toBe(0);
  expect(Buffer.compare(first.small.bytes, second.small.bytes)).toBe(0);
});
