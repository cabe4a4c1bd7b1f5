import { crc32, deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { acceptedFormat } from '../../shared/imaging/format.ts';
import { readMetadata } from '../../shared/imaging/metadata.ts';
import { MAX_FRAMES, MAX_PARTS } from '../../shared/imaging/parts.ts';
import { decode, measure } from '../../shared/imaging/raster.ts';
import { sharp } from '../../shared/imaging/sharp.ts';
import { drawPicture } from '../fixtures/pictures.ts';

const times = (number: number, bytes: Buffer) => Buffer.concat(Array<Buffer>(number).fill(bytes));

function pngChunk(type: string, data: Buffer): Buffer {
  const chunk = Buffer.alloc(data.length + 12);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, 'latin1');
  data.copy(chunk, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, -4)), data.length + 8);
  return chunk;
}

/** A PNG with these chunks behind its header. */
async function png(...chunks: Buffer[]): Promise<Buffer> {
  const whole = await drawPicture({ format: 'png' });
  return Buffer.concat([whole.subarray(0, 33), ...chunks, whole.subarray(33)]);
}

function riffChunk(type: string, data: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(type, 'latin1');
  head.writeUInt32LE(data.length, 4);
  return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
}

/** An animated WebP of one pixel with these chunks before its frames. */
async function webp(frames: number, ...chunks: Buffer[]): Promise<Buffer> {
  const pixel = await sharp(Buffer.alloc(3), { raw: { width: 1, height: 1, channels: 3 } })
    .webp({ lossless: true })
    .toBuffer();
  const place = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
  const frame = riffChunk('ANMF', Buffer.concat([place, pixel.subarray(12)]));
  const canvas = riffChunk('VP8X', Buffer.from([2, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
  const body = [Buffer.from('WEBP'), canvas, riffChunk('ANIM', Buffer.alloc(6)), ...chunks, times(frames, frame)];
  return riffChunk('RIFF', Buffer.concat(body));
}

/** A GIF of one pixel. */
function gif(frames: number, extensions = 0): Buffer {
  const head = Buffer.from('GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff', 'latin1');
  const comment = Buffer.from('!\xfe\x01.\0', 'latin1');
  const frame = Buffer.from([0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0]);
  return Buffer.concat([head, times(extensions, comment), times(frames, frame), Buffer.from(';')]);
}

/** A TIFF whose one page is there again and again. */
async function tiff(pages: number): Promise<Buffer> {
  const raw = { width: 4, height: 4, channels: 3 } as const;
  const one = await sharp(Buffer.alloc(48), { raw }).tiff({ compression: 'none' }).toBuffer();
  const at = one.readUInt32LE(4);
  const directory = one.subarray(at, at + 2 + one.readUInt16LE(at) * 12 + 4);
  const file = Buffer.concat([one, times(pages - 1, directory)]);
  const link = directory.length - 4;
  for (let page = 0; page < pages; page += 1) {
    const start = page === 0 ? at : one.length + (page - 1) * directory.length;
    file.writeUInt32LE(page + 1 < pages ? one.length + page * directory.length : 0, start + link);
  }
  return file;
}

async function jpeg(...segments: Buffer[]): Promise<Buffer> {
  const whole = await drawPicture();
  return Buffer.concat([whole.subarray(0, 2), ...segments, whole.subarray(2)]);
}

const box = Buffer.from('\0\0\0\x08free', 'latin1');
const measured = (bytes: Buffer) => measure(bytes, acceptedFormat(bytes));
const EMPTY = Buffer.alloc(0);

describe('a file of more frames than anybody looks at', () => {
  // libwebp takes hours for the million that fit into 48 MB, in a call that nothing interrupts.
  test.each<[string, (frames: number) => Buffer | Promise<Buffer>]>([
    ['WebP', webp],
    ['GIF', gif],
    ['TIFF', tiff],
  ])('%s is refused before a decoder sees it; one of exactly so many is not', async (_, make) => {
    expect(await measured(await make(MAX_FRAMES))).toMatchObject({ frames: MAX_FRAMES });
    await expect(measured(await make(MAX_FRAMES + 1))).rejects.toMatchObject({
      code: 'too_complex',
      message: 'The picture has more than 10,000 frames or pages; no more are accepted.',
    });
  });
});

describe('a file of more parts than any picture needs', () => {
  test.each<[string, (parts: number) => Buffer | Promise<Buffer>]>([
    ['PNG chunks', (parts) => png(times(parts, pngChunk('tEXt', Buffer.from('k\0'))))],
    ['empty PNG chunks', (parts) => png(times(parts, pngChunk('IDAT', EMPTY)))],
    ['JPEG segments', (parts) => jpeg(times(parts, Buffer.from([0xff, 0xe5, 0, 2])))],
    ['WebP chunks', (parts) => webp(1, times(parts, riffChunk('abcd', EMPTY)))],
    ['GIF extensions', (parts) => gif(1, parts)],
    ['AVIF boxes', async (parts) => Buffer.concat([await drawPicture({ format: 'avif' }), times(parts, box)])],
    ['HEIC boxes', async (parts) => Buffer.concat([await drawPicture({ format: 'heic' }), times(parts, box)])],
  ])('%s: is refused; one of a good many is not', async (_, make) => {
    expect((await measured(await make(1_000))).width).toBeGreaterThan(0);
    await expect(measured(await make(MAX_PARTS + 1))).rejects.toMatchObject({
      code: 'too_complex',
      message: 'The picture has more than 100,000 parts; no more are accepted.',
    });
  });

  test('directories that go round are counted once', async () => {
    const file = await tiff(2);
    // The second names the first.
    file.writeUInt32LE(file.readUInt32LE(4), file.length - 4);
    await expect(measured(file)).resolves.toMatchObject({ width: 4 });
  });
});

describe('what inflates to much more than it is', () => {
  const inflated = deflateSync(Buffer.alloc(128 * 1024 * 1024));

  test.each([
    ['a profile', pngChunk('iCCP', Buffer.concat([Buffer.from('icc\0\0'), inflated]))],
    ['text', pngChunk('zTXt', Buffer.concat([Buffer.from('Comment\0\0'), inflated]))],
    ['XMP', pngChunk('iTXt', Buffer.concat([Buffer.from('XML:com.adobe.xmp\0\x01\0\0\0'), inflated]))],
    ['XMP in old text', pngChunk('zTXt', Buffer.concat([Buffer.from('XML:com.adobe.xmp\0\0'), inflated]))],
    ['pixels that no row takes', pngChunk('IDAT', inflated)],
  ])('%s of 128 MB takes neither its memory nor its time', async (_, chunk) => {
    const bytes = await png(chunk);
    const [started, before] = [performance.now(), process.memoryUsage.rss()];
    expect(readMetadata(bytes).raw).not.toHaveProperty('xmp');
    const header = await measured(bytes);
    await decode(bytes, 'png', header).catch((error) => expect(error).toMatchObject({ code: 'corrupt' }));
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(process.memoryUsage.rss() - before).toBeLessThan(100 * 1024 * 1024);
  });
});

describe('files of two formats', () => {
  const SCRIPT = '*/=1;alert(document.domain)//';

  test('are what their first bytes say: a picture that is a script, a page or an archive as well is a picture', async () => {
    const script = Buffer.concat([gif(1), Buffer.from(SCRIPT)]);
    // The bytes that say how wide it is begin a comment: `GIF89a/*`.
    script.write('/*', 6, 'latin1');
    const archive = Buffer.concat([await drawPicture(), Buffer.from('PK\x03\x04 and the rest of an archive')]);
    const page = await png(pngChunk('tEXt', Buffer.from('Comment\0<html><script>alert(1)</script>')));
    expect([script, archive, page].map(acceptedFormat)).toEqual(['gif', 'jpeg', 'png']);
    for (const bytes of [archive, page]) await expect(measured(bytes)).resolves.toMatchObject({ frames: 1 });
  });

  test.each([
    ['a document with a picture in it', '%PDF-1.7\n', 'unsupported_format'],
    ['an archive with a picture in it', 'PK\x03\x04', 'unsupported_format'],
    ['a drawing with a picture in it', '<svg xmlns="http://www.w3.org/2000/svg"><image href="', 'unsupported_format'],
    ['a drawing behind a long comment', `<!--${' '.repeat(2_000)}--><svg/>`, 'unknown_format'],
    ['a page with a picture in it', '<!doctype html>', 'unknown_format'],
  ])('%s is none', async (_, head, code) => {
    const bytes = Buffer.concat([Buffer.from(head, 'latin1'), await drawPicture()]);
    expect(() => acceptedFormat(bytes)).toThrow(expect.objectContaining({ code }));
  });

  test.each([
    ['jpeg', 'png'],
    ['png', 'jpeg'],
    ['webp', 'gif'],
    ['gif', 'tiff'],
    ['tiff', 'webp'],
    ['avif', 'jpeg'],
  ] as const)('the first bytes of a %s before a whole %s are damage, not another format', async (claimed, real) => {
    const head = (await drawPicture({ format: claimed })).subarray(0, claimed === 'avif' ? 32 : 12);
    const bytes = Buffer.concat([head, await drawPicture({ format: real })]);
    const read = measured(bytes).then((header) => decode(bytes, acceptedFormat(bytes), header));
    await expect(read).rejects.toMatchObject({ code: 'corrupt' });
  });
});
