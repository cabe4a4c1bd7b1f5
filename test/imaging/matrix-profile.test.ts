import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decode, measure, type Raster } from '../../shared/imaging/raster.ts';
import { sharp } from '../../shared/imaging/sharp.ts';

/** What lcms makes of the same JPEG is the specification: of 8-bit pixels no component differs by more than rounding. */

const SIDE = 64;

/** All hues, from black to white. */
const RAINBOW = Buffer.from(
  Array.from({ length: SIDE * SIDE }, (_, at) => {
    const [x, y] = [at % SIDE, Math.floor(at / SIDE)];
    return [x * 4, y * 4, ((x ^ y) * 4) & 255];
  }).flat(),
);

async function jpegWith(icc: string | undefined): Promise<Buffer> {
  const picture = sharp(RAINBOW, { raw: { width: SIDE, height: SIDE, channels: 3 } });
  return (icc ? picture.withIccProfile(icc) : picture).jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer();
}

/** The JPEG with `profile` before all its other segments. */
function tagged(jpeg: Buffer, profile: Buffer): Buffer {
  const content = Buffer.concat([Buffer.from('ICC_PROFILE\0\x01\x01', 'latin1'), profile]);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(content.length + 2);
  return Buffer.concat([jpeg.subarray(0, 2), Buffer.from([0xff, 0xe2]), length, content, jpeg.subarray(2)]);
}

interface Curve {
  type: 'curv' | 'para';
  body: number[];
}

/** A profile of Adobe RGB's primaries and one curve for all. */
function profileOf({ type, body }: Curve, { connection = 'XYZ ' } = {}): Buffer {
  const xyz = (...values: number[]) => {
    const tag = Buffer.alloc(20);
    tag.write('XYZ ', 0, 'latin1');
    values.forEach((value, at) => {
      tag.writeInt32BE(Math.round(value * 65_536), 8 + at * 4);
    });
    return tag;
  };
  const curve = Buffer.concat([Buffer.from(`${type}\0\0\0\0`, 'latin1'), Buffer.from(body)]);
  const text = Buffer.concat([Buffer.from('text\0\0\0\0test\0\0\0\0', 'latin1')]);
  const tags: [string, Buffer][] = [
    ['cprt', text],
    ['wtpt', xyz(0.9642, 1, 0.8249)],
    ['rXYZ', xyz(0.60974, 0.31111, 0.01947)],
    ['gXYZ', xyz(0.20528, 0.62567, 0.06087)],
    ['bXYZ', xyz(0.14919, 0.06322, 0.74457)],
    ['rTRC', curve],
    ['gTRC', curve],
    ['bTRC', curve],
  ];
  const header = Buffer.alloc(132 + tags.length * 12);
  header.writeUInt32BE(0x0210_0000, 8);
  header.write(`mntrRGB ${connection}`, 12, 'latin1');
  header.write('acsp', 36, 'latin1');
  xyz(0.9642, 1, 0.8249).copy(header, 68, 8);
  header.writeUInt32BE(tags.length, 128);
  let end = header.length;
  tags.forEach(([name, tag], index) => {
    const at = 132 + index * 12;
    header.write(name, at, 'latin1');
    header.writeUInt32BE(end, at + 4);
    header.writeUInt32BE(tag.length, at + 8);
    end += tag.length;
  });
  const whole = Buffer.concat([header, ...tags.map(([, tag]) => tag)]);
  whole.writeUInt32BE(whole.length, 0);
  return whole;
}

const u16 = (...values: number[]) => values.flatMap((value) => [value >> 8, value & 255]);
const s15 = (...values: number[]) =>
  values.flatMap((value) => u16(Math.floor(value), Math.round((value % 1) * 65_536)));
const parametric = (type: number, ...values: number[]): Curve => ({
  type: 'para',
  body: [...u16(type, 0), ...s15(...values)],
});
const table = (...values: number[]): Curve => ({ type: 'curv', body: [...u16(0, values.length), ...u16(...values)] });

const open = async (bytes: Buffer): Promise<Raster> =>
  (await decode(bytes, 'jpeg', await measure(bytes, 'jpeg'))).raster;
const byLcms = (bytes: Buffer) => sharp(bytes).toColourspace('srgb').raw().toBuffer();

async function farthest(bytes: Buffer): Promise<number> {
  const [own, theirs] = [await open(bytes), await byLcms(bytes)];
  expect(own.data.length).toBe(theirs.length);
  return own.data.reduce((most, value, at) => Math.max(most, Math.abs(value - theirs[at]!)), 0);
}

const CURVES: Record<string, Curve> = {
  'a straight line': table(),
  'a gamma': table(563),
  'a table': table(...Array.from({ length: 33 }, (_, at) => Math.round(65_535 * (at / 32) ** 1.8))),
  'formula 0': parametric(0, 2.2),
  'formula 1': parametric(1, 2, 1.125, -0.125),
  'formula 2': parametric(2, 2, 1.125, -0.125, 0),
  'formula 3': parametric(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045),
  'a formula under which black is not dark': parametric(1, 2, 0.875, 0.125),
  'a formula that begins below black': parametric(2, 2, 1, 0.0625, -0.0625),
  'formula 4': parametric(4, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045, 0, 0),
};

test.each(Object.entries(CURVES))('a profile of a matrix and %s', async (_, curve) => {
  const plain = await jpegWith(undefined);
  const bytes = tagged(plain, profileOf(curve));
  expect(await byLcms(bytes)).not.toEqual(await byLcms(plain));
  expect(await farthest(bytes)).toBeLessThanOrEqual(1);
});

test('Display P3 as sharp writes it', async () => {
  expect(await farthest(await jpegWith('p3'))).toBeLessThanOrEqual(1);
});

test('profiles of other kinds, grey pictures and those without a profile are as lcms has them', async () => {
  const plain = await jpegWith(undefined);
  const grey = await sharp(plain).greyscale().jpeg().toBuffer();
  const gamma = profileOf(CURVES['a gamma']!);
  const lab = profileOf(CURVES['a gamma']!, { connection: 'Lab ' });
  for (const bytes of [plain, tagged(plain, lab)]) expect(await farthest(bytes)).toBe(0);
  expect(await farthest(tagged(grey, gamma))).toBeLessThanOrEqual(1);
});

test('a profile that is cut short or altered anywhere spoils no picture', async () => {
  const plain = await jpegWith(undefined);
  const profile = profileOf(CURVES['formula 3']!);
  const at = fc.nat({ max: profile.length - 1 });
  await fc.assert(
    fc.asyncProperty(at, at, fc.nat({ max: 255 }), async (length, place, value) => {
      const altered = Buffer.from(profile);
      altered[place] = value;
      for (const one of [profile.subarray(0, length), altered]) {
        expect(await open(tagged(plain, one))).toMatchObject({ width: SIDE, height: SIDE, channels: 3 });
      }
    }),
    { numRuns: 100 },
  );
});
