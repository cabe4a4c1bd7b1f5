import { describe, expect, test } from 'vitest';
import { acceptedFormat } from '../../shared/imaging/format.ts';
import { decode, measure, type Raster } from '../../shared/imaging/raster.ts';
import { sharp } from '../../shared/imaging/sharp.ts';
import { box, encodeHeic } from '../fixtures/heic.ts';

type Colour = readonly [red: number, green: number, blue: number];

/** Side of a patch; a multiple of every format's blocks. */
const PATCH = 32;

async function open(bytes: Buffer): Promise<Raster> {
  const format = acceptedFormat(bytes);
  return (await decode(bytes, format, await measure(bytes, format))).raster;
}

/** Patches side by side. */
function patches(colours: readonly Colour[]): { data: Buffer; width: number; height: number } {
  const width = colours.length * PATCH;
  const data = Buffer.alloc(width * PATCH * 3);
  for (let at = 0; at < width * PATCH; at += 1) {
    data.set(colours[Math.floor((at % width) / PATCH)] as Colour, at * 3);
  }
  return { data, width, height: PATCH };
}

function sharpPatches(colours: readonly Colour[]) {
  const { data, width, height } = patches(colours);
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** The colour in the middle of each patch. */
const seen = ({ data, width, height, channels }: Raster): Colour[] =>
  Array.from({ length: width / PATCH }, (_, index) => {
    const at = ((height / 2) * width + (index + 0.5) * PATCH) * channels;
    return [data[at] ?? -1, data[at + 1] ?? -1, data[at + 2] ?? -1];
  });

function expectColours(raster: Raster, expected: readonly Colour[], tolerance: number): void {
  const colours = seen(raster);
  const worst = Math.max(
    ...colours.flatMap((colour, index) => colour.map((value, at) => Math.abs(value - (expected[index]?.[at] ?? -99)))),
  );
  expect(worst, `${JSON.stringify(colours)} is not ${JSON.stringify(expected)}`).toBeLessThanOrEqual(tolerance);
}

/** Colours of sRGB, and the same in Display P3 (as CSS Color 4 converts them). */
const SRGB: readonly Colour[] = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
  [128, 128, 128],
  [255, 255, 255],
  [100, 150, 200],
];
const P3: readonly Colour[] = [
  [234, 51, 35],
  [117, 251, 76],
  [0, 0, 245],
  [128, 128, 128],
  [255, 255, 255],
  [111, 149, 195],
];

/** As near to that as the format can. */
const LOSSLESS = {
  jpeg: { quality: 100, chromaSubsampling: '4:4:4' },
  png: {},
  webp: { lossless: true },
  avif: { lossless: true },
  tiff: { compression: 'lzw' },
} as const;

/** sharp's own Display P3 profile. */
async function p3Profile(): Promise<Buffer> {
  const tagged = await sharpPatches(SRGB).withIccProfile('p3').png().toBuffer();
  return (await sharp(tagged).metadata()).icc as Buffer;
}

/** An AVIF file with a box of code points in the place of the one that says how many bits its channels have. */
function withCodePoints(file: Buffer, primaries: number, transfer: number): Buffer {
  const at = file.indexOf('pixi') - 4;
  const end = at + file.readUInt32BE(at);
  const points = Buffer.alloc(7);
  points.writeUInt16BE(primaries, 0);
  points.writeUInt16BE(transfer, 2);
  points.set([0, 6, 0x80], 4);
  const colour = box('colr', Buffer.from('nclx'), points);
  const changed = Buffer.concat([file.subarray(0, at), colour, file.subarray(end)]);
  const longer = changed.length - file.length;
  for (const type of ['meta', 'iprp', 'ipco']) {
    const size = changed.indexOf(type) - 4;
    changed.writeUInt32BE(changed.readUInt32BE(size) + longer, size);
  }
  // Where the picture's data begin.
  const before = Buffer.alloc(4);
  before.writeUInt32BE(file.indexOf('mdat') + 4);
  const location = changed.indexOf(before, changed.indexOf('iloc'));
  changed.writeUInt32BE(before.readUInt32BE(0) + longer, location);
  return changed;
}

describe('Display P3 comes out right in sRGB', () => {
  test.each(['jpeg', 'png', 'webp', 'avif', 'tiff'] as const)('%s with a profile', async (format) => {
    const picture = sharpPatches(SRGB).withIccProfile('p3');
    const bytes = await picture.toFormat(format, LOSSLESS[format]).toBuffer();
    expect((await sharp(bytes).metadata()).icc).toBeDefined();
    expectColours(await open(bytes), SRGB, 6);
  });

  test('HEIC with a profile', async () => {
    const { data, ...size } = patches(P3);
    expectColours(await open(encodeHeic({ rgb: data, ...size, icc: await p3Profile() })), SRGB, 5);
  });

  test('transparent HEIC with a profile', async () => {
    const { data, ...size } = patches(P3);
    const alpha = new Uint8Array(size.width * size.height).fill(200);
    const raster = await open(encodeHeic({ rgb: data, ...size, alpha, icc: await p3Profile() }));
    expectColours(raster, SRGB, 5);
    expect(raster.data[3]).toBe(200);
  });

  test('HEIC with code points', async () => {
    const { data, ...size } = patches(P3);
    expectColours(await open(encodeHeic({ rgb: data, ...size, nclx: { primaries: 12, transfer: 13 } })), SRGB, 5);
  });

  test('AVIF with code points', async () => {
    const bytes = await sharpPatches(P3).avif({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer();
    expectColours(await open(withCodePoints(bytes, 12, 13)), SRGB, 6);
  });

  test('a profile that is none does no harm', async () => {
    const { data, ...size } = patches(SRGB);
    expectColours(await open(encodeHeic({ rgb: data, ...size, icc: Buffer.from('no profile') })), SRGB, 3);
  });
});

describe('HDR pictures', () => {
  // ITU-R BT.2408: diffuse white is at 58 % of PQ and at 75 % of HLG. Its highlights are kept apart from it.
  test.each([
    ['PQ', 16, 148],
    ['HLG', 18, 191],
  ])('of %s show white as white, and what is brighter still brighter', async (_, transfer, white) => {
    const { data, ...size } = patches([white, white + 40, 0].map((value): Colour => [value, value, value]));
    const raster = await open(encodeHeic({ rgb: data, ...size, nclx: { primaries: 9, transfer } }));
    const [diffuse, brighter, black] = seen(raster).map(([red]) => red) as [number, number, number];
    expect(diffuse).toBeGreaterThan(235);
    expect(diffuse).toBeLessThan(250);
    expect(brighter).toBeGreaterThan(diffuse + 3);
    expect(black).toBeLessThan(3);
  });
});

describe('other colour spaces and depths come out right', () => {
  const MUTED: readonly Colour[] = [
    [180, 150, 120],
    [90, 110, 100],
    [128, 128, 128],
    [220, 215, 205],
    [70, 60, 65],
  ];

  test.each(['jpeg', 'tiff'] as const)('CMYK %s', async (format) => {
    const cmyk = sharpPatches(MUTED).withIccProfile('cmyk');
    const bytes = await (format === 'jpeg' ? cmyk.jpeg({ quality: 98 }) : cmyk.tiff({ compression: 'lzw' })).toBuffer();
    expect(await sharp(bytes).metadata()).toMatchObject({ space: 'cmyk', channels: 4 });
    // The profile's tables there and back are no nearer.
    expectColours(await open(bytes), MUTED, 16);
  });

  test.each(['png', 'tiff'] as const)('16-bit %s', async (format) => {
    const deep = sharpPatches(MUTED).toColourspace('rgb16');
    const bytes = await (format === 'png' ? deep.png() : deep.tiff({ compression: 'lzw' })).toBuffer();
    expect((await sharp(bytes).metadata()).depth).toBe('ushort');
    expectColours(await open(bytes), MUTED, 1);
  });

  test.each([
    ['png', 'b-w'],
    ['tiff', 'b-w'],
    ['jpeg', 'b-w'],
    ['webp', 'b-w'],
    ['png', 'grey16'],
    ['tiff', 'grey16'],
  ] as const)('grey %s (%s)', async (format, space) => {
    const greys = [0, 64, 128, 200, 255].map((value): Colour => [value, value, value]);
    const grey = sharpPatches(greys).toColourspace(space);
    const bytes = await (format === 'tiff' ? grey.tiff({ compression: 'lzw' }) : grey.toFormat(format)).toBuffer();
    const raster = await open(bytes);
    expect(raster.channels).toBe(3);
    expectColours(raster, greys, 2);
  });

  test('a palette', async () => {
    const bytes = await sharpPatches(MUTED).png({ palette: true }).toBuffer();
    expectColours(await open(bytes), MUTED, 1);
  });
});
