import { readdir, readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { load } from 'exifreader';
import { describe, expect, test } from 'vitest';
import { BrokenFile } from '../../shared/domain/strip-metadata/bytes.ts';
import { stripMetadata } from '../../shared/domain/strip-metadata/strip.ts';
import { sharp } from '../../shared/imaging/sharp.ts';
import { drawPicture } from '../fixtures/pictures.ts';
import { photos, photosThere } from '../fixtures/real-photos.ts';

const SECRET = 'not for visitors';
const FORMATS = ['jpeg', 'png', 'webp'] as const;
type Format = (typeof FORMATS)[number];

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
const strip = (bytes: Buffer, format: Format, orientation = 1, size = 1_000) =>
  buffer(stripMetadata(inPieces(bytes, size), `image/${format}`, orientation));

/** A picture that says where it was taken, by whom, and more, in EXIF and XMP, with a colour profile. */
async function telling(format: Format, { orientation = 1, progressive = false } = {}): Promise<Buffer> {
  const exif = {
    IFD0: { Copyright: SECRET, Artist: SECRET },
    IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '38/1 42/1 0/1', GPSLongitudeRef: 'W', GPSLongitude: '9/1 8/1 0/1' },
  };
  const xmp = `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:rights>${SECRET}</dc:rights></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`;
  return sharp(await drawPicture({ format: 'png', width: 120, height: 80 }))
    .withExif(exif)
    .withXmp(xmp)
    .withIccProfile('p3')
    .withMetadata({ orientation })
    .toFormat(format, progressive ? { progressive: true } : {})
    .toBuffer();
}

const pixels = (bytes: Buffer) => sharp(bytes).raw().toBuffer();

describe.each(FORMATS)('%s', (format) => {
  test.each([1, 6])(
    'keeps pixels, profile and orientation %i, and nothing that it says about itself',
    async (orientation) => {
      const before = await telling(format, { orientation });
      expect((await sharp(before).metadata()).xmp).toBeDefined();
      for (const size of [1, 7, 5_000_000]) {
        const after = await strip(before, format, orientation, size);
        expect((await pixels(after)).equals(await pixels(before))).toBe(true);
        const { exif, xmp, icc, orientation: turned = 1 } = await sharp(after).metadata();
        expect(turned).toBe(orientation);
        expect(xmp).toBeUndefined();
        expect(icc?.equals((await sharp(before).metadata()).icc ?? Buffer.alloc(0))).toBe(true);
        expect(exif === undefined).toBe(orientation === 1);
        expect(Object.keys(load(after)).filter((tag) => /^(GPS|Copyright|Artist)/.test(tag))).toEqual([]);
        expect(after.includes(SECRET)).toBe(false);
      }
    },
  );

  test('leaves away what comes behind the picture', async () => {
    const before = await telling(format);
    const after = await strip(Buffer.concat([before, Buffer.from(SECRET)]), format);
    expect(after.equals(await strip(before, format))).toBe(true);
  });

  test('that is none, or ends too soon, is given up before anything else of it goes out', async () => {
    await expect(strip(Buffer.from(`${SECRET} and more of it`), format)).rejects.toThrow(BrokenFile);
    const before = await telling(format);
    await expect(strip(before.subarray(0, before.length - 40), format)).rejects.toThrow(BrokenFile);
  });
});

describe('jpeg', () => {
  const segment = (marker: number, content: string) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt16BE(0xff00 | marker);
    bytes.writeUInt16BE(content.length + 2, 2);
    return Buffer.concat([bytes, Buffer.from(content, 'latin1')]);
  };

  test('keeps several scans, and no comment, index of pictures or small picture of itself', async () => {
    const before = await telling('jpeg', { progressive: true });
    const extra = [
      segment(0xfe, SECRET),
      segment(0xe2, `MPF\0${SECRET}`),
      segment(0xe0, `JFXX\0${SECRET}`),
      segment(0xed, SECRET),
    ];
    const told = Buffer.concat([before.subarray(0, 2), ...extra, before.subarray(2)]);
    const after = await strip(told, 'jpeg');
    expect(after.includes(SECRET)).toBe(false);
    expect((await pixels(after)).equals(await pixels(before))).toBe(true);
  });
});

describe('png', () => {
  test('keeps a palette and what is transparent, and no text or time', async () => {
    const before = await sharp(await drawPicture({ format: 'png' }))
      .ensureAlpha(0.5)
      .png({ palette: true })
      .toBuffer();
    const chunk = Buffer.concat([
      Buffer.from([0, 0, 0, SECRET.length + 2]),
      Buffer.from(`tEXtk\0${SECRET}`),
      Buffer.alloc(4),
    ]);
    const told = Buffer.concat([before.subarray(0, 33), chunk, before.subarray(33)]);
    const after = await strip(told, 'png');
    expect(after.includes(SECRET)).toBe(false);
    expect((await pixels(after)).equals(await pixels(before))).toBe(true);
  });
});

describe.runIf(photosThere('camera'))('photos of cameras', () => {
  test('look the same and say nothing', async () => {
    const names = (await readdir(photos('camera'))).filter((name) => /\.jpe?g$/i.test(name)).slice(0, 6);
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) {
      const before = await readFile(photos('camera', name));
      const { orientation = 1 } = await sharp(before).metadata();
      const after = await strip(before, 'jpeg', orientation, 65_536);
      const small = (bytes: Buffer) => sharp(bytes).autoOrient().resize(64).raw().toBuffer();
      expect((await small(after)).equals(await small(before)), name).toBe(true);
      const told = Object.keys(load(after)).filter((tag) => /GPS|Model|Make|Date|Serial|Comment/.test(tag));
      expect(
        told.filter((tag) => !/^(Profile|Device|ICC)/.test(tag)),
        name,
      ).toEqual([]);
    }
  });
});
