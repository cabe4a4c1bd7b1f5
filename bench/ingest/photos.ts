import { existsSync, globSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { seededRandom } from '../../shared/domain/clustering/random.ts';

const REAL = resolve(import.meta.dirname, '../../../shared/photos');
const COUNT = 16;
const [WIDTH, HEIGHT] = [4000, 3000];
/** JPEGs of 50 MB at the most are accepted; this one has nearly as many, and just under 100 megapixels. */
const [LARGEST_WIDTH, LARGEST_HEIGHT] = [11_520, 8640];

const sources = globSync(join(REAL, 'scenes/*/*.jpg')).sort();
const kind = sources.length >= COUNT ? 'real' : 'drawn';
/** What is in the files: a change here or below needs another name. */
const CACHE = join(tmpdir(), `shoebox-bench-12mp-2-${kind}`);

/** Sixteen JPEGs of 12 megapixels. */
export const PHOTOS = join(CACHE, 'photos');
/** One about as large as is accepted, in bytes and pixels, and progressive. */
export const LARGEST = join(CACHE, 'largest');

/**
 * Makes the photos of the ingest bench where they are not there yet, the same each time: scenes and two photos of phones from beside the
 * repository, else drawn ones, scaled to 4000 × 3000, with the grain of a sensor (without it, enlarged pictures would be decoded
 * faster than any photo); as phones and cameras write them: qualities 88 to 95, colours at half the resolution or, of every fifth, in full, every other one in Display P3 with
 * its profile, every fourth upright by its orientation, and the EXIF of a real camera, maker notes and embedded thumbnail included.
 */
export async function makePhotos(): Promise<void> {
  if (existsSync(CACHE)) return;
  const draft = await mkdtemp(`${CACHE}-`);
  try {
    const grain = makeGrain();
    const exifs = await cameraSegments();
    await mkdir(join(draft, 'photos'));
    for (let number = 0; number < COUNT; number += 1) {
      const jpeg = await makePhoto(number, grain, exifs);
      await writeFile(join(draft, 'photos', `${String(number).padStart(2, '0')}.jpg`), jpeg);
    }
    await mkdir(join(draft, 'largest'));
    await writeFile(join(draft, 'largest', 'largest.jpg'), await makeLargest(grain));
    await rename(draft, CACHE);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function makePhoto(number: number, grain: Int8Array, exifs: readonly Buffer[]): Promise<Buffer> {
  const picture = await readPicture(number);
  const pixels = await grainy(picture, WIDTH, HEIGHT, grain, number);
  const jpeg = sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } }).jpeg({
    quality: 88 + (number % 8),
    chromaSubsampling: number % 5 === 4 ? '4:4:4' : '4:2:0',
  });
  const encoded = await (number % 2 === 0 ? jpeg : jpeg.withIccProfile('p3')).toBuffer();
  const exif = Buffer.from(exifs[number % exifs.length] ?? []);
  if (number % 4 === 3) turn(exif);
  return Buffer.concat([encoded.subarray(0, 2), exif, encoded.subarray(2)]);
}

async function makeLargest(grain: Int8Array): Promise<Buffer> {
  const [width, height] = [LARGEST_WIDTH, LARGEST_HEIGHT];
  const pixels = await grainy(await readPicture(0), width, height, grain, 0);
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 98, chromaSubsampling: '4:4:4', progressive: true })
    .toBuffer();
}

async function readPicture(number: number): Promise<Buffer> {
  if (kind === 'drawn') return Buffer.from(drawing(number));
  const phones = ['jolla.jpg', 'HMD_Nokia_8.3_5G.jpg'].map((file) => join(REAL, 'camera', file));
  return readFile(
    [...phones, ...sources.filter((_, index) => index % Math.floor(sources.length / COUNT) === 0)][number] ?? '',
  );
}

/** A picture scaled to cover a size, as RGB with grain that is darkest where another number starts. */
async function grainy(picture: Buffer, width: number, height: number, grain: Int8Array, number: number) {
  const pixels = await sharp(picture)
    .autoOrient()
    .resize(width, height)
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer();
  for (let pixel = 0, at = 0; at < pixels.length; pixel += 1, at += 3) {
    const light = grain[(pixel + number * 7919) % grain.length] ?? 0;
    for (let channel = at; channel < at + 3; channel += 1) {
      pixels[channel] = Math.min(Math.max((pixels[channel] ?? 0) + light, 0), 255);
    }
  }
  return pixels;
}

/** Normally distributed (Box and Muller 1958) with a deviation of 3 of 255; its length has no factor in common with a row's. */
function makeGrain(): Int8Array {
  const random = seededRandom(6);
  return Int8Array.from({ length: 1_000_003 }, () => {
    const radius = 3 * Math.sqrt(-2 * Math.log(1 - random()));
    return Math.round(radius * Math.cos(2 * Math.PI * random()));
  });
}

/** A sky, and before it many shapes in all sizes. */
function drawing(number: number): string {
  const random = seededRandom(number + 1);
  const shapes = Array.from({ length: 400 }, () => {
    const [x, y, size] = [random() * 1000, 250 + random() * 500, 4 + 90 * random() ** 3];
    const fill = `hsl(${Math.floor(random() * 360)} ${Math.floor(random() * 70)}% ${Math.floor(20 + random() * 60)}%)`;
    return `<ellipse cx="${x}" cy="${y}" rx="${size}" ry="${size * (0.3 + random())}" fill="${fill}"/>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="1000" height="750"><linearGradient id="sky" x2="0" y2="1"><stop stop-color="#4d83c4"/><stop offset="1" stop-color="#e7d9bd"/></linearGradient><rect width="1000" height="750" fill="url(#sky)"/>${shapes.join('')}</svg>`;
}

/** The EXIF segments of different cameras' JPEGs, some with a position; without such files a made one. */
async function cameraSegments(): Promise<Buffer[]> {
  const files = ['DSCN0010', 'HMD_Nokia_8.3_5G', 'Canon_PowerShot_S40', 'Panasonic_DMC-FZ30', 'canon-ixus', 'DSCN0042'];
  const jpegs =
    kind === 'real'
      ? await Promise.all(files.map((file) => readFile(join(REAL, 'camera', `${file}.jpg`))))
      : [await madeExif()];
  return jpegs.map(exifSegment).filter((segment) => segment !== undefined);
}

function madeExif(): Promise<Buffer> {
  return sharp({ create: { width: 8, height: 8, channels: 3, background: '#808080' } })
    .withMetadata({ orientation: 1 })
    .withExifMerge({
      IFD0: { Make: 'Shoebox', Model: 'Bench 12', Software: '1.0', DateTime: '2024:06:01 12:30:00' },
      IFD2: {
        DateTimeOriginal: '2024:06:01 12:30:00',
        ExposureTime: '1/250',
        FNumber: '18/10',
        ISOSpeedRatings: '100',
      },
      IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '38/1 42/1 0/1', GPSLongitudeRef: 'W', GPSLongitude: '9/1 8/1 0/1' },
    })
    .jpeg()
    .toBuffer();
}

/** The first EXIF segment (APP1) of a JPEG, its marker included. */
function exifSegment(jpeg: Buffer): Buffer | undefined {
  for (let at = 2; at + 4 <= jpeg.length && jpeg[at] === 0xff && jpeg[at + 1] !== 0xda; ) {
    const end = at + 2 + jpeg.readUInt16BE(at + 2);
    if (jpeg[at + 1] === 0xe1 && jpeg.toString('latin1', at + 4, at + 8) === 'Exif') return jpeg.subarray(at, end);
    at = end;
  }
  return undefined;
}

/** Says in an EXIF segment that the camera was held upright: orientation 6 in its first directory (TIFF 6.0). */
function turn(segment: Buffer): void {
  const tiff = segment.subarray(10);
  const little = tiff.toString('latin1', 0, 2) === 'II';
  const u16 = (at: number) => (little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const start = little ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
  for (let entry = 0; entry < u16(start); entry += 1) {
    const at = start + 2 + entry * 12;
    if (u16(at) !== 0x0112) continue;
    if (little) tiff.writeUInt16LE(6, at + 8);
    else tiff.writeUInt16BE(6, at + 8);
  }
}
