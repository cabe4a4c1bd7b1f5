import { Buffer } from 'node:buffer';
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readMetadata } from '../../shared/imaging/metadata.ts';
import { sharp } from '../../shared/imaging/sharp.ts';
import { drawPicture } from '../fixtures/pictures.ts';
import { photos, photosThere } from '../fixtures/real-photos.ts';

type Exif = NonNullable<Parameters<ReturnType<typeof sharp>['withExif']>[0]>;

/** A small picture with these tags: `IFD0`, `IFD2` (the Exif directory) and `IFD3` (GPS), as libvips numbers them. */
async function withExif(exif: Exif, format: 'jpeg' | 'png' | 'webp' | 'tiff' | 'avif' = 'jpeg'): Promise<Buffer> {
  if (format === 'tiff') return exifBlock(await withExif(exif));
  return sharp(await drawPicture())
    .withExif(exif)
    .toFormat(format)
    .toBuffer();
}

/** The EXIF block of a JPEG, which is a TIFF file without strips: libvips writes no EXIF into its own. */
function exifBlock(jpeg: Buffer): Buffer {
  const from = jpeg.indexOf('Exif\0\0') + 6;
  return jpeg.subarray(from, from + jpeg.readUInt16BE(from - 8) - 8);
}

const packet = (properties: string, elements = '') =>
  `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" ${properties}>${elements}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`;

async function withXmp(xmp: string, format: 'jpeg' | 'png' | 'webp' | 'tiff' = 'jpeg'): Promise<Buffer> {
  return sharp(await drawPicture())
    .withXmp(xmp)
    .toFormat(format)
    .toBuffer();
}

const facts = (bytes: Uint8Array) => readMetadata(bytes).metadata;

const CAMERA: Exif = {
  IFD0: { Make: 'Acme  ', Model: 'Box 1', ImageDescription: 'A walk' },
  IFD2: {
    ExposureTime: '1/40',
    FNumber: '28/10',
    FocalLength: '4250/1000',
    ISOSpeedRatings: '200',
    Flash: '1',
    LensModel: 'Fifty',
    DateTimeOriginal: '2024:07:01 10:00:00',
    OffsetTimeOriginal: '+02:00',
  },
};

const POSITION = { GPSLatitude: '33/1 51/1 2448/100', GPSLongitude: '151/1 12/1 5508/100' };

describe('EXIF', () => {
  test.each(['jpeg', 'png', 'webp', 'tiff', 'avif'] as const)('of %s, typed', async (format) => {
    const { metadata, clock } = readMetadata(await withExif(CAMERA, format));
    expect(metadata).toMatchObject({
      camera_make: 'Acme',
      camera_model: 'Box 1',
      lens_model: 'Fifty',
      iso: 200,
      focal_length: 4.25,
      exposure_time: '1/40',
      exposure_seconds: 0.025,
      f_number: 2.8,
      flash: true,
      datetime_original: '2024-07-01T10:00:00',
      caption: 'A walk',
    });
    expect(clock).toEqual({ local: '2024-07-01T10:00:00', offset: '+02:00' });
  });

  test('zeros are absent', async () => {
    const zeros = { FNumber: '0/1', FocalLength: '0/10', ISOSpeedRatings: '0', ExposureTime: '0/1' };
    const found = facts(await withExif({ IFD2: { ...zeros, DateTimeOriginal: '0000:00:00 00:00:00' } }));
    for (const name of ['f_number', 'focal_length', 'iso', 'exposure_time', 'exposure_seconds', 'datetime_original']) {
      expect(found).not.toHaveProperty(name);
    }
  });

  test('text of strangers is plain, in one line, and bounded', async () => {
    // In XMP, because libvips makes question marks of what is not ASCII.
    const make = `a\u0085b <b>\u202E${'x'.repeat(500)}`;
    const { camera_make } = facts(await withXmp(packet('', `<tiff:Make>${make.replace('<', '&lt;')}</tiff:Make>`)));
    expect(camera_make).toMatch(/^a ?b <b>x+…$/);
    expect(camera_make).toHaveLength(200);
  });

  test.each(['OLYMPUS DIGITAL CAMERA         ', 'Acme', 'DSC00019', 'File written by Adobe Photoshop 4.0'])(
    '%j is no caption',
    async (text) => {
      expect(facts(await withExif({ IFD0: { Make: 'Acme', ImageDescription: text } }))).not.toHaveProperty('caption');
    },
  );
});

describe('positions', () => {
  const gps = async (tags: Record<string, string>) => facts(await withExif({ IFD3: tags })).gps;

  test('south and west are negative', async () => {
    const [lat, lon] = [33.8568, 151.215_3];
    expect(await gps({ ...POSITION, GPSLatitudeRef: 'S', GPSLongitudeRef: 'E' })).toEqual({ lat: -lat, lon });
    expect(await gps({ ...POSITION, GPSLatitudeRef: 'N', GPSLongitudeRef: 'W' })).toEqual({ lat, lon: -lon });
  });

  test('an altitude below the sea is negative', async () => {
    const sides = { ...POSITION, GPSLatitudeRef: 'N', GPSLongitudeRef: 'E' };
    const bytes = await withExif({ IFD3: { ...sides, GPSAltitude: '125/10', GPSAltitudeRef: '0' } });
    expect(facts(bytes).gps?.altitude).toBe(12.5);
    // libvips writes 0 whatever is asked: the entry of tag 5, one byte, is patched.
    const entry = bytes.indexOf(Buffer.from([5, 0, 1, 0, 1, 0, 0, 0]));
    bytes[entry + 8] = 1;
    expect(facts(bytes).gps?.altitude).toBe(-12.5);
  });

  test.each([
    ['no hemisphere', POSITION],
    ['181 degrees', { ...POSITION, GPSLongitude: '181/1 0/1 0/1', GPSLatitudeRef: 'N', GPSLongitudeRef: 'E' }],
    ['half of it', { GPSLatitude: '1/1 0/1 0/1', GPSLatitudeRef: 'N' }],
  ])('%s is none', async (_what, tags) => {
    expect(await gps(tags)).toBeUndefined();
  });

  const zero = {
    GPSLatitude: '0/1 0/1 0/1',
    GPSLongitude: '0/1 0/1 0/1',
    GPSLatitudeRef: 'N',
    GPSLongitudeRef: 'E',
  };

  test('zeros alone are none', async () => {
    expect(await gps(zero)).toBeUndefined();
    expect(
      await gps({ ...zero, GPSSatellites: '00', GPSAltitude: '0/1', GPSTimeStamp: '0/1 0/1 0/1' }),
    ).toBeUndefined();
  });

  test.each([
    ['an altitude', { GPSAltitude: '8/1', GPSAltitudeRef: '0' }],
    ['satellites', { GPSSatellites: '07' }],
    ['a date', { GPSDateStamp: '2024:07:01' }],
    ['a time', { GPSTimeStamp: '15/1 29/1 41/1' }],
  ])('zeros with %s are a position', async (_what, witness) => {
    expect(await gps({ ...zero, ...witness })).toMatchObject({ lat: 0, lon: 0 });
  });

  test('the satellites’ clock', async () => {
    const tags = { GPSDateStamp: '2024:07:01', GPSTimeStamp: '8/1 0/1 950/100' };
    expect(readMetadata(await withExif({ IFD3: tags })).clock).toEqual({ gps_utc: '2024-07-01T08:00:09' });
  });
});

describe('XMP', () => {
  const words = packet(
    'xmp:Rating="4" photoshop:DateCreated="2005-09-07T15:07:40-07:00" tiff:Make="Acme" exif:FNumber="28/10" exif:GPSLatitude="33,51.408S" exif:GPSLongitude="151,12.918E"',
    '<dc:title><rdf:Alt><rdf:li xml:lang="de">Spaziergang</rdf:li><rdf:li xml:lang="x-default">A walk</rdf:li></rdf:Alt></dc:title><dc:description><rdf:Alt><rdf:li xml:lang="x-default">By the sea &amp; back</rdf:li></rdf:Alt></dc:description><dc:subject><rdf:Bag><rdf:li>Sea</rdf:li><rdf:li>sea</rdf:li><rdf:li>Fähre</rdf:li></rdf:Bag></dc:subject>',
  );

  test.each(['jpeg', 'png', 'webp', 'tiff'] as const)('of %s fills in where EXIF is silent', async (format) => {
    const { metadata, clock } = readMetadata(await withXmp(words, format));
    expect(metadata).toMatchObject({
      title: 'A walk',
      caption: 'By the sea & back',
      keywords: ['Sea', 'Fähre'],
      rating: 4,
      camera_make: 'Acme',
      f_number: 2.8,
      datetime_original: '2005-09-07T15:07:40',
      gps: { lat: -33.8568, lon: 151.2153 },
    });
    expect(clock).toMatchObject({ local: '2005-09-07T15:07:40', offset: '-07:00' });
  });

  test('EXIF goes first', async () => {
    const bytes = await sharp(await drawPicture())
      .withExif(CAMERA)
      .withXmp(words)
      .jpeg()
      .toBuffer();
    expect(facts(bytes)).toMatchObject({ camera_make: 'Acme', caption: 'A walk', title: 'A walk' });
    expect(readMetadata(bytes).clock.offset).toBe('+02:00');
  });

  test('at most fifty keywords', async () => {
    const items = Array.from({ length: 80 }, (_, n) => `<rdf:li>k${n}</rdf:li>`).join('');
    const { keywords } = facts(await withXmp(packet('', `<dc:subject><rdf:Bag>${items}</rdf:Bag></dc:subject>`)));
    expect(keywords).toHaveLength(50);
  });

  test('of a picture embedded behind a JPEG’s pixels is not taken for the picture’s own', async () => {
    const embedded = await withXmp(packet('xmp:Rating="1" tiff:Make="Gain map"'));
    const plain = await sharp(await drawPicture())
      .jpeg()
      .toBuffer();
    expect(facts(Buffer.concat([plain, embedded]))).toEqual({});
    const own = await withXmp(packet('xmp:Rating="4"'));
    expect(facts(Buffer.concat([own, embedded]))).toMatchObject({ rating: 4 });
  });

  const hostile: [string, string][] = [
    ['ten thousand ends', `${packet('xmp:Rating="1"')}${'<?xpacket end=""?>'.repeat(10_000)}\n`],
    // Cubic in exifreader's trimming: 14 KB take six seconds there, but only if a line break follows.
    ['ends within, and a line break', packet('', `<dc:a>${'<?xpacket end=""?>'.repeat(800)}\n</dc:a>`)],
    ['deep nesting of namespaces', packet('', nested(8_000))],
    ['an entity', `<!DOCTYPE x [<!ENTITY a "b">]>${packet('', '<dc:a>&a;</dc:a>')}`],
    ['megabytes', packet('', `<dc:a>${'x'.repeat(2_000_000)}</dc:a>`)],
    ['no end', packet('').slice(0, -60)],
  ];
  test.each(hostile)('hostile: %s takes no time', (_what, xmp) => {
    const started = performance.now();
    readMetadata(Buffer.from(`\xff\xd8\xff\xe0${xmp}`, 'latin1'));
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

function nested(depth: number): string {
  const levels = Array.from({ length: depth }, (_, n) => n);
  return levels.map((n) => `<b${n} xmlns:p${n}="u">`).join('') + levels.map((n) => `</b${depth - 1 - n}>`).join('');
}

describe('the dump', () => {
  test('has every group, and says of binary tags only how long they are', async () => {
    const { raw } = readMetadata(await withExif(CAMERA));
    expect(raw).toMatchObject({
      exif: { Make: ['Acme  '.trim()], FNumber: { value: [28, 10], description: 'f/2.8' } },
      file: { FileType: { value: 'jpeg' } },
    });
  });

  test('is null of what is no picture', () => {
    expect(readMetadata(Buffer.from('hello')).raw).toBeNull();
    expect(readMetadata(new Uint8Array()).raw).toBeNull();
  });

  test('weighs at most 64 KB, drops the longest first, and says so', async () => {
    const many = Array.from({ length: 60 }, (_, n) => `<xmp:P${n}>${'y'.repeat(2_000 + n)}</xmp:P${n}>`).join('');
    const { raw } = readMetadata(await withXmp(packet('xmp:Rating="2"', many), 'webp'));
    expect(Buffer.byteLength(JSON.stringify(raw))).toBeLessThanOrEqual(64 * 1024);
    const { tags, longest } = (raw as { dropped: { tags: number; longest: string[] } }).dropped;
    expect(longest.slice(0, 2)).toEqual(['xmp.P59', 'xmp.P58']);
    expect(raw?.xmp).toMatchObject({ Rating: expect.anything(), P0: 'y'.repeat(2_000) });
    expect(Object.keys(raw?.xmp as object).filter((name) => /^P\d/.test(name))).toHaveLength(60 - tags);
  });

  test('has no key that is anybody’s prototype', async () => {
    // A list, because only an object can become a prototype.
    const evil = '<xmp:__proto__><rdf:Bag><rdf:li>evil</rdf:li></rdf:Bag></xmp:__proto__>';
    const { raw } = readMetadata(await withXmp(packet('', `${evil}<xmp:ok>1</xmp:ok>`)));
    expect(JSON.stringify(raw)).not.toContain('evil');
    expect(raw?.xmp).toMatchObject({ ok: '1' });
    expect(Object.getPrototypeOf(raw?.xmp)).toBe(Object.prototype);
  });
});

/** A tag table in which every tag claims to be as long as the file. */
function greedyTiff(megabytes: number): Buffer {
  const entries = 2_000;
  const bytes = Buffer.alloc(megabytes * 1024 * 1024);
  bytes.write('II*\0', 'latin1');
  bytes.writeUInt32LE(8, 4);
  bytes.writeUInt16LE(entries, 8);
  for (let n = 0; n < entries; n++) {
    const at = 10 + 12 * n;
    bytes.writeUInt16LE(0x010e, at);
    bytes.writeUInt16LE(1, at + 2);
    bytes.writeUInt32LE(bytes.length - 64, at + 4);
    bytes.writeUInt32LE(16, at + 8);
  }
  return bytes;
}

describe('hostile files', () => {
  test('tags that claim to be as long as the file', () => {
    const bytes = greedyTiff(40);
    const started = performance.now();
    const { raw } = readMetadata(bytes);
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(Buffer.byteLength(JSON.stringify(raw))).toBeLessThanOrEqual(64 * 1024);
  });

  test('a mutated or cut file never throws, and what it says is bounded JSON', async () => {
    const sources = [
      await withExif({ ...CAMERA, IFD3: { ...POSITION, GPSLatitudeRef: 'S', GPSLongitudeRef: 'E' } }),
      await withExif(CAMERA, 'tiff'),
      await withExif(CAMERA, 'webp'),
      await withXmp(packet('xmp:Rating="4"'), 'png'),
      await withExif(CAMERA, 'avif'),
      ...realHeaders(),
    ];
    const change = fc.record({ at: fc.nat(4_000), value: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(
        fc.constantFrom(...sources),
        fc.array(change, { maxLength: 30 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (source, changes, cut) => {
          const bytes = Uint8Array.from(source.subarray(0, Math.ceil(source.length * (1 - cut ** 4))));
          for (const { at, value } of changes) if (at < bytes.length) bytes[at] = value;
          const { metadata, raw, clock } = readMetadata(bytes);
          expect(JSON.parse(JSON.stringify({ metadata, raw, clock }))).toEqual({ metadata, raw, clock });
          expect(Buffer.byteLength(JSON.stringify(raw))).toBeLessThanOrEqual(64 * 1024);
        },
      ),
      { numRuns: 400 },
    );
  });
});

function realHeaders(): Buffer[] {
  if (!photosThere('camera')) return [];
  return ['Canon_40D.jpg', 'DSCN0010.jpg', 'Nikon_D70.jpg', 'no_exif.jpg', 'Pentax_K10D.jpg'].map((file) =>
    readFileSync(photos('camera', file)).subarray(0, 60_000),
  );
}

describe.each(['camera', 'heic', 'orientation', 'hostile'])('every real file of %s', (folder) => {
  test.skipIf(!photosThere(folder))('is read without harm', () => {
    for (const file of readdirSync(photos(folder))) {
      const bytes = readFileSync(photos(folder, file));
      const before = bytes.at(-1);
      const { metadata, raw, clock } = readMetadata(bytes);
      expect(JSON.parse(JSON.stringify({ metadata, raw, clock })), file).toEqual({ metadata, raw, clock });
      expect(Buffer.byteLength(JSON.stringify(raw)), file).toBeLessThanOrEqual(64 * 1024);
      expect(bytes.at(-1)).toBe(before);
    }
  });

  test.skipIf(folder !== 'heic' || !photosThere(folder))('phones’ HEIC', () => {
    const { metadata, clock } = readMetadata(readFileSync(photos('heic', 'IMG_5195.HEIC')));
    expect(metadata).toMatchObject({
      camera_model: 'iPhone 11 Pro Max',
      lens_model: 'iPhone 11 Pro Max back triple camera 4.25mm f/1.8',
      gps: { lat: 39.051344, lon: -94.288772, altitude: 260.56 },
    });
    expect(clock).toMatchObject({ local: '2021-04-11T15:47:53', offset: '-05:00' });
  });
});
