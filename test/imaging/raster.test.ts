import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { acceptedFormat, type PictureFormat } from '../../shared/imaging/format.ts';
import { decode, MAX_PIXELS, measure, type Raster } from '../../shared/imaging/raster.ts';
import { sharp } from '../../shared/imaging/sharp.ts';
import { drawPicture, emptyPng, PICTURE_FORMATS, truncated } from '../fixtures/pictures.ts';
import { photos, photosThere } from '../fixtures/real-photos.ts';
import { difference } from './difference.ts';

async function open(bytes: Buffer): Promise<Raster> {
  const format = acceptedFormat(bytes);
  return decode(bytes, format, await measure(bytes, format));
}

describe('measure', () => {
  test.each(PICTURE_FORMATS)('reads the size of %s', async (format) => {
    const bytes = await drawPicture({ format, width: 90, height: 40 });
    expect(await measure(bytes, format)).toEqual({ width: 90, height: 40, orientation: 1 });
  });

  test.each([5, 6, 7, 8])('answers the size as seen for orientation %i', async (orientation) => {
    const bytes = await drawPicture({ width: 90, height: 40, orientation });
    expect(await measure(bytes, 'jpeg')).toEqual({ width: 90, height: 40, orientation });
  });

  test('refuses a bomb by its header, at once', async () => {
    const started = performance.now();
    await expect(measure(emptyPng(60_000, 60_000), 'png')).rejects.toMatchObject({
      code: 'too_many_pixels',
      message: 'The picture is 60,000 × 60,000 pixels large (3,600 megapixels); at most 100 megapixels are accepted.',
    });
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  test('accepts exactly the bound, and not one row more', async () => {
    expect(await measure(emptyPng(10_000, MAX_PIXELS / 10_000), 'png')).toMatchObject({ width: 10_000 });
    await expect(measure(emptyPng(10_000, MAX_PIXELS / 10_000 + 1), 'png')).rejects.toMatchObject({
      code: 'too_many_pixels',
    });
  });

  test('refuses a header that cannot be read, and one of another format than was recognised', async () => {
    const png = await drawPicture({ format: 'png' });
    await expect(measure(png.subarray(0, 20), 'png')).rejects.toMatchObject({
      code: 'corrupt',
      message: 'The PNG picture is damaged or incomplete and cannot be opened.',
    });
    await expect(measure(png, 'webp')).rejects.toMatchObject({ code: 'corrupt' });
  });
});

describe('decode', () => {
  test.each(PICTURE_FORMATS)('keeps a small %s as large as it is', async (format) => {
    const raster = await open(await drawPicture({ format, width: 90, height: 40 }));
    expect(raster).toMatchObject({ width: 90, height: 40 });
    expect(raster.data.length).toBe(90 * 40 * raster.channels);
    expect(difference(raster, await open(await drawPicture({ format: 'png', width: 90, height: 40 })))).toBeLessThan(6);
  });

  test('fits a large picture into 800 pixels', async () => {
    expect(await open(await drawPicture({ width: 2000, height: 1000 }))).toMatchObject({ width: 800, height: 400 });
    expect(await open(await drawPicture({ width: 500, height: 1000 }))).toMatchObject({ width: 400, height: 800 });
  });

  test('keeps a pixel of the most extreme shapes', async () => {
    expect(await open(await drawPicture({ width: 3000, height: 1 }))).toMatchObject({ width: 800, height: 1 });
  });

  test.each([2, 3, 4, 5, 6, 7, 8])('turns orientation %i upright', async (orientation) => {
    for (const format of ['jpeg', 'webp'] as const) {
      const [plain, turned] = await Promise.all([
        open(await drawPicture({ format, width: 900, height: 300 })),
        open(await drawPicture({ format, width: 900, height: 300, orientation })),
      ]);
      expect(turned).toMatchObject({ width: plain.width, height: plain.height });
      expect(difference(turned, plain)).toBeLessThan(3);
    }
  });

  test('converts other colour spaces and depths to 8-bit sRGB', async () => {
    const plain = sharp(await drawPicture({ format: 'png' }));
    const p3 = await plain.clone().withIccProfile('p3').png().toBuffer();
    const grey16 = await plain.clone().toColourspace('grey16').png().toBuffer();
    const cmyk = await plain.clone().toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer();
    const reference = await open(await drawPicture({ format: 'png' }));
    expect(difference(await open(p3), reference)).toBeLessThan(3);
    expect(difference(await open(cmyk), reference)).toBeLessThan(25);
    const grey = await open(grey16);
    expect(grey.channels).toBe(3);
    expect(grey.data.length).toBe(grey.width * grey.height * 3);
  });

  test('keeps transparency', async () => {
    const bytes = await sharp(await drawPicture({ format: 'png' }))
      .ensureAlpha(0.5)
      .png()
      .toBuffer();
    const raster = await open(bytes);
    expect(raster.channels).toBe(4);
    expect(raster.data[3]).toBe(127);
  });

  test('takes the first frame of an animation', async () => {
    const frames = await Promise.all([1, 2, 3].map((seed) => drawPicture({ format: 'png', seed })));
    for (const format of ['gif', 'webp'] as const) {
      const bytes = await sharp(frames, { join: { animated: true } })
        .toFormat(format)
        .toBuffer();
      const raster = await open(bytes);
      expect(raster).toMatchObject({ width: 64, height: 48 });
      expect(difference(raster, await open(frames[0] as Buffer))).toBeLessThan(8);
    }
  });

  test.each(PICTURE_FORMATS)('refuses a %s that breaks off', async (format) => {
    const whole = await drawPicture({ format, width: 640, height: 480 });
    for (const share of [0.3, 0.6, 0.9]) {
      await expect(open(truncated(whole, share))).rejects.toMatchObject({
        name: 'UnacceptablePicture',
        code: 'corrupt',
      });
    }
  });

  test('refuses a picture whose pixels do not follow its header', async () => {
    await expect(open(emptyPng(9_000, 9_000))).rejects.toMatchObject({ code: 'corrupt' });
  });

  test('takes stray bytes between segments for what they are', async () => {
    const whole = await drawPicture({ width: 200, height: 150 });
    // Behind the quantisation table, before the next marker.
    const table = whole.indexOf(Buffer.from([0xff, 0xdb]));
    const end = table + 2 + whole.readUInt16BE(table + 2);
    const stray = Buffer.concat([whole.subarray(0, end), Buffer.alloc(16), whole.subarray(end)]);
    expect(difference(await open(stray), await open(whole))).toBe(0);
  });
});

describe.skipIf(!photosThere('orientation'))('real pictures in all orientations', () => {
  test.each(['landscape', 'portrait'])('%s comes out upright and alike', async (name) => {
    const [first, ...others] = await Promise.all(
      [1, 2, 3, 4, 5, 6, 7, 8].map((orientation) =>
        open(readFileSync(photos('orientation', `${name}_${orientation}.jpg`))),
      ),
    );
    for (const other of others) {
      expect(other).toMatchObject({ width: first?.width, height: first?.height });
      expect(difference(other, first as Raster)).toBeLessThan(25);
    }
  });
});

describe.skipIf(!photosThere('hostile'))('hostile pictures', () => {
  /** Every other file of an accepted format is accepted. */
  const REJECTED: Readonly<Record<string, string>> = {
    '65536-uint32-limit.png': 'too_many_pixels',
    'giant-image.jpg': 'too_many_pixels',
    'corrupt-header.jpg': 'corrupt',
    'corrupted.jpg': 'corrupt',
    'pillow_decompression_bomb.gif': 'corrupt',
    'pillow_syntax_num_frames_zero.png': 'corrupt',
    'pillow_truncated_image.png': 'corrupt',
    'truncated.jpg': 'corrupt',
    'truncated.png': 'corrupt',
    'vfile.v': 'unknown_format',
  };
  const UNSUPPORTED = /\.(tiff?|bmp|jp2|svg)$/i;
  const files = photosThere('hostile') ? readdirSync(photos('hostile')) : [];

  test('every one is accepted, or refused with a reason, quickly', async () => {
    const outcomes: Record<string, string> = {};
    for (const file of files) {
      const started = performance.now();
      outcomes[file] = await open(readFileSync(photos('hostile', file))).then(
        () => 'accepted',
        (error) => error.code ?? error,
      );
      expect(performance.now() - started, file).toBeLessThan(5_000);
    }
    const expected = files.map((file) => [
      file,
      REJECTED[file] ?? (UNSUPPORTED.test(file) ? 'unsupported_format' : 'accepted'),
    ]);
    expect(outcomes).toEqual(Object.fromEntries(expected));
  });

  test('none that sharp opens within bounds is refused for another reason than its format', async () => {
    for (const file of files) {
      const bytes = readFileSync(photos('hostile', file));
      const opens = await sharp(bytes, { limitInputPixels: MAX_PIXELS })
        .raw()
        .toBuffer()
        .then(
          () => true,
          () => false,
        );
      if (!opens) continue;
      let format: PictureFormat;
      try {
        format = acceptedFormat(bytes);
      } catch {
        continue;
      }
      await expect(
        measure(bytes, format).then((size) => decode(bytes, format, size)),
        file,
      ).resolves.toBeDefined();
    }
  });
});
