import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { acceptedFormat } from '../../shared/imaging/format.ts';
import { decodeInThread } from '../../shared/imaging/heif-thread.ts';
import { readIsoPicture } from '../../shared/imaging/iso-media.ts';
import { type Decoded, decode, type Measured, measure, type Raster } from '../../shared/imaging/raster.ts';
import { sharp } from '../../shared/imaging/sharp.ts';
import { box, encodeHeic, type HeicPicture } from '../fixtures/heic.ts';
import { drawPicture } from '../fixtures/pictures.ts';
import { difference } from './difference.ts';

const SIZE = { width: 96, height: 64 };

async function open(bytes: Buffer): Promise<Measured & Decoded> {
  const format = acceptedFormat(bytes);
  const measured = await measure(bytes, format);
  return { ...measured, ...(await decode(bytes, format, measured)) };
}

async function drawn(seed = 1): Promise<Raster> {
  const { data } = await sharp(await drawPicture({ format: 'png', ...SIZE, seed }))
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, ...SIZE, channels: 3 };
}

async function heic(changes: Partial<HeicPicture> = {}): Promise<Buffer> {
  return encodeHeic({ rgb: (await drawn()).data, ...SIZE, ...changes });
}

describe('a HEIC picture', () => {
  test('of tiles that reach over its edge is put together', async () => {
    const { raster, width, height } = await open(await heic({ tile: { width: 40, height: 40 } }));
    expect([width, height]).toEqual([96, 64]);
    expect(difference(raster, await drawn())).toBeLessThan(3);
  });

  test('of more tiles than sharp would read is read', async () => {
    const drawing = { width: 400, height: 280 };
    const { data } = await sharp(await drawPicture({ format: 'png', ...drawing }))
      .raw()
      .toBuffer({ resolveWithObject: true });
    const file = encodeHeic({ rgb: data, ...drawing, tile: { width: 16, height: 16 } });
    const { raster } = await open(file);
    expect(difference(raster, { data, ...drawing, channels: 3 })).toBeLessThan(3);
  });

  test('is turned once, though EXIF says so too', async () => {
    const exif = Buffer.from('MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0', 'latin1');
    const plain = await open(await heic({ turns: 3 }));
    const tagged = await open(await heic({ turns: 3, exif }));
    expect(tagged).toMatchObject({ width: 64, height: 96, orientation: 1 });
    expect(difference(tagged.raster, plain.raster)).toBe(0);
  });

  test('keeps its transparency', async () => {
    const alpha = Uint8Array.from({ length: SIZE.width * SIZE.height }, (_, at) => (at % SIZE.width < 48 ? 255 : 64));
    const { raster } = await open(await heic({ alpha }));
    expect(raster.channels).toBe(4);
    expect([raster.data[3], raster.data[95 * 4 + 3]]).toEqual([255, 64]);
    expect(difference(raster, await drawn())).toBeLessThan(3);
  });

  test('whose colours were multiplied by its transparency has them back', async () => {
    const rgb = new Uint8Array(SIZE.width * SIZE.height * 3).fill(60);
    const alpha = new Uint8Array(SIZE.width * SIZE.height).fill(128);
    const { raster } = await open(await heic({ rgb, alpha, premultiplied: true }));
    expect([raster.data[0], raster.data[3]]).toEqual([expect.closeTo(120, -1), 128]);
  });

  test('of a burst is the one that was chosen, and knows of the others', async () => {
    const { frames, raster } = await open(await heic({ burst: 3 }));
    expect(frames).toBe(4);
    expect(difference(raster, await drawn())).toBeLessThan(3);
  });

  test('comes after others that failed as before', async () => {
    const whole = await heic();
    const before = await open(whole);
    for (const broken of [await heic({ claims: { width: 50, height: 50 } }), whole.subarray(0, -2_000)]) {
      await expect(open(broken)).rejects.toMatchObject({ code: 'corrupt' });
    }
    expect(difference((await open(whole)).raster, before.raster)).toBe(0);
  });

  test('is not mixed up with another that is decoded at the same time', async () => {
    const [first, second] = [await drawn(1), await drawn(2)];
    const files = [first, second, first, second].map(({ data }) => encodeHeic({ rgb: data, ...SIZE }));
    const decoded = await Promise.all(files.map(open));
    decoded.forEach(({ raster }, index) => {
      expect(difference(raster, index % 2 ? second : first)).toBeLessThan(3);
    });
  });
});

describe('what a HEIC picture may claim', () => {
  test.each<[string, Partial<HeicPicture>, RegExp]>([
    ['a giant', { claims: { width: 20_000, height: 20_000 } }, /20,000 × 20,000 pixels large \(400 megapixels\)/],
    [
      'tiles of giants',
      { tile: { width: 32, height: 32 }, tileClaims: { width: 10_000, height: 10_000 } },
      /made of parts with more pixels/,
    ],
  ])('%s is refused before it is decoded', async (_, changes, message) => {
    const file = await heic(changes);
    const started = performance.now();
    await expect(measure(file, 'heic')).rejects.toMatchObject({
      code: 'too_many_pixels',
      message: expect.stringMatching(message),
    });
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  test('another size than it has is damage', async () => {
    await expect(open(await heic({ claims: { width: 128, height: 128 } }))).rejects.toMatchObject({ code: 'corrupt' });
  });

  test('what takes too long is ended, and holds up nothing else', async () => {
    // Its decoder moves all that follows for each of the bytes by which zeros are kept from looking like a start code.
    const side = { width: 640, height: 640 };
    const file = encodeHeic({ rgb: new Uint8Array(640 * 640 * 3), ...side });
    const started = performance.now();
    const decoding = decodeInThread({ file, mostPixels: 1_000_000 }, 0.5);
    await expect(decoding).rejects.toMatchObject({ name: 'HeifTimeout' });
    expect(performance.now() - started).toBeLessThan(10_000);
    expect((await open(await heic())).raster).toMatchObject(SIZE);
  });

  test('a codec that phones do not use is refused as what it is', async () => {
    const avif = await drawPicture({ format: 'avif' });
    for (let at = avif.indexOf('avif'); at >= 0; at = avif.indexOf('avif')) avif.write('mif1', at);
    await expect(open(avif)).rejects.toMatchObject({
      code: 'unsupported_format',
      message: 'The HEIC picture is stored in an unusual way that cannot be read here; please convert it.',
    });
  });

  test('whatever is changed in a file, it is decoded or refused', async () => {
    const whole = await heic({ tile: { width: 48, height: 32 }, alpha: new Uint8Array(SIZE.width * SIZE.height) });
    const header = whole.indexOf('mdat');
    const change = fc.tuple(fc.oneof(fc.nat(header), fc.nat(whole.length - 1)), fc.nat(255));
    const property = fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
      const file = Buffer.from(whole);
      for (const [at, value] of changes) file[at] = value;
      await open(file).catch((error) => expect(error).toMatchObject({ name: 'UnacceptablePicture' }));
    });
    await fc.assert(property, { numRuns: 20 });
  }, 60_000);
});

test('a sequence without a picture to begin with is refused as what it is', async () => {
  const ftyp = box('ftyp', Buffer.from('msf1\0\0\0\0msf1hevc', 'latin1'));
  const sizes = box('stsz', Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 24]));
  const hdlr = box('hdlr', Buffer.alloc(8), Buffer.from('pict'));
  const track = box('trak', box('mdia', hdlr, box('minf', box('stbl', sizes))));
  const file = Buffer.concat([ftyp, box('moov', track)]);
  await expect(measure(file, 'heic')).rejects.toMatchObject({ code: 'unsupported_format' });
});

describe('how many frames there are', () => {
  const full = (type: string, ...content: Buffer[]) => box(type, Buffer.alloc(4), ...content);
  const samples = Buffer.from([0, 0, 0, 0, 0, 0, 0, 24]);
  const handler = (type: string) => full('hdlr', Buffer.alloc(4), Buffer.from(type));
  const track = (type: string, sizes: Buffer) =>
    box('trak', box('mdia', handler(type), box('minf', box('stbl', sizes))));

  test.each([
    ['a sequence of pictures', [track('pict', full('stsz', samples))], 24],
    ['one with compact sizes', [track('pict', full('stz2', samples))], 24],
    [
      'the longest of several',
      [track('pict', full('stsz', Buffer.alloc(8))), track('pict', full('stsz', samples))],
      24,
    ],
    ['sound', [track('soun', full('stsz', samples))], 1],
    ['a track that breaks off', [track('pict', full('stsz'))], 1],
  ])('%s', async (_, tracks, frames) => {
    expect(readIsoPicture(Buffer.concat([await heic(), box('moov', ...tracks)])).frames).toBe(frames);
  });
});
