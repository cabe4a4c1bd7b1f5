import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { acceptedFormat, type PictureFormat } from '../../shared/imaging/format.ts';
import { tiffWithProfile } from '../../shared/imaging/icc.ts';
import { decode, MAX_PIXELS, measure, type Raster } from '../../shared/imaging/raster.ts';
import { sharp } from '../../shared/imaging/sharp.ts';
import { drawPicture, emptyPng, PICTURE_FORMATS, truncated } from '../fixtures/pictures.ts';
import { photos, photosThere } from '../fixtures/real-photos.ts';
import { difference } from './difference.ts';

async function open(bytes: Buffer): Promise<Raster> {
  const format = acceptedFormat(bytes);
  return (await decode(bytes, format, await measure(bytes, format))).raster;
}

describe('measure', () => {
  test.each(PICTURE_FORMATS)('reads the size of %s', async (format) => {
    const bytes = await drawPicture({ format, width: 90, height: 40 });
    expect(await measure(bytes, format)).toEqual({ width: 90, height: 40, orientation: 1, frames: 1 });
  });

  test.each([5, 6, 7, 8])('answers the size as seen for orientation %i', async (orientation) => {
    const bytes = await drawPicture({ width: 90, height: 40, orientation });
    expect(await measure(bytes, 'jpeg')).toEqual({ width: 90, height: 40, orientation, frames: 1 });
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

  test.each(PICTURE_FORMATS.filter((format) => format !== 'gif'))(
    'turns %s upright from all orientations',
    async (format) => {
      const plain = await open(await drawPicture({ format, width: 300, height: 100 }));
      for (const orientation of [2, 3, 4, 5, 6, 7, 8]) {
        const turned = await open(await drawPicture({ format, width: 300, height: 100, orientation }));
        expect(turned, `${orientation}`).toMatchObject({ width: plain.width, height: plain.height });
        expect(difference(turned, plain), `${orientation}`).toBeLessThan(3);
      }
    },
  );

  test('keeps transparency', async () => {
    const bytes = await sharp(await drawPicture({ format: 'png' }))
      .ensureAlpha(0.5)
      .png()
      .toBuffer();
    const raster = await open(bytes);
    expect(raster.channels).toBe(4);
    expect(raster.data[3]).toBe(127);
  });

  test.each(['gif', 'webp', 'tiff'] as const)('takes the first frame of a %s, and counts them', async (format) => {
    const frames = await Promise.all([1, 2, 3].map((seed) => drawPicture({ format: 'png', seed })));
    const bytes = await sharp(frames, { join: { animated: true } })
      .toFormat(format)
      .toBuffer();
    expect(await measure(bytes, format)).toMatchObject({ width: 64, height: 48, frames: 3 });
    const raster = await open(bytes);
    expect(raster).toMatchObject({ width: 64, height: 48 });
    expect(difference(raster, await open(frames[0] as Buffer))).toBeLessThan(8);
  });

  test('refuses an animation that no one could look at', async () => {
    const gif = await drawPicture({ format: 'gif' });
    // The canvas that its frames are laid on.
    gif.writeUInt16LE(1_900, 6);
    gif.writeUInt16LE(1_900, 8);
    // The same frame over and over: from behind the colour table to before the trailer.
    const start = gif.indexOf(Buffer.from([0x21, 0xf9, 0x04]));
    const again = gif.subarray(start, -1);
    const long = Buffer.concat([gif.subarray(0, start), ...Array<Buffer>(1_400).fill(again), gif.subarray(-1)]);
    await expect(measure(long, 'gif')).rejects.toMatchObject({
      code: 'too_many_pixels',
      message:
        'The picture has 1,400 frames or pages of 1,900 × 1,900 pixels; at most 5,000 megapixels in all are accepted.',
    });
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

  test('refuses pixels of more channels than colours and transparency have, as unusual', async () => {
    const pixels = { data: Buffer.alloc(8 * 8 * 5, 200), width: 8, height: 8, channels: 5 as 3 };
    await expect(open(tiffWithProfile(pixels, Buffer.from('none')))).rejects.toMatchObject({
      code: 'unsupported_format',
    });
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
    'pillow_crash-0c7e0e8e11ce787078f00b5b0ca409a167f070e0.tif': 'corrupt',
    'pillow_crash-0da013a13571cc8eb457a39fee8db18f8a3c7127.tif': 'corrupt',
    'pillow_crash-1185209cf7655b5aed8ae5e77784dfdd18ab59e9.tif': 'corrupt',
    'pillow_crash-63b1dffefc8c075ddc606c0a2f5fdc15ece78863.tif': 'corrupt',
    'pillow_crash-74d2a78403a5a59db1fb0a2b8735ac068a75f6e3.tif': 'corrupt',
    'pillow_crash-86214e58da443d2b80820cff9677a38a33dcbbca.tif': 'corrupt',
    // Compressed with LZMA, and in planes of tiles, which the decoder was not built for.
    'pillow_hopper_lzma.tif': 'unsupported_format',
    'pillow_tiff_tiled_planar_16bit_RGB.tiff': 'unsupported_format',
    'pillow_oom-225817ca0f8c663be7ab4b9e717b02c661e66834.tif': 'corrupt',
    'pillow_tiff_overflow_rows_per_strip.tif': 'corrupt',
    'pillow_decompression_bomb.gif': 'corrupt',
    'pillow_syntax_num_frames_zero.png': 'corrupt',
    'pillow_truncated_image.png': 'corrupt',
    'truncated.jpg': 'corrupt',
    'truncated.png': 'corrupt',
    'vfile.v': 'unknown_format',
  };
  const UNSUPPORTED = /\.(bmp|jp2|svg)$/i;
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
