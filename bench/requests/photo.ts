import { seededRandom } from '../../shared/domain/clustering/random.ts';
import { sharp } from '../../shared/imaging/sharp.ts';

/** Not larger than the smallest photo. */
const GRAIN = 200;
const DAY = 86_400_000;
const FIRST_DAY = Date.parse('2024-03-01T09:00:00Z');

/** Degrees, minutes and seconds as EXIF has them. */
const degrees = (value: number) => `${Math.floor(value)}/1 ${Math.floor((value % 1) * 60)}/1 0/1`;

/** A JPEG of a camera: soft shapes with grain, so that it has about the bytes of a photo of its size. Of each number another one. */
export async function takePhoto(number: number, width: number, height: number): Promise<Buffer> {
  const random = seededRandom(7_000 + number);
  const coarse = Buffer.from(Array.from({ length: 16 * 12 * 3 }, () => Math.floor(256 * random())));
  const fine = Buffer.from(Array.from({ length: GRAIN * GRAIN }, () => 118 + Math.floor(20 * random())));
  const grain = await sharp(fine, { raw: { width: GRAIN, height: GRAIN, channels: 1 } })
    .toColourspace('srgb')
    .png()
    .toBuffer();
  const shapes = sharp(coarse, { raw: { width: 16, height: 12, channels: 3 } }).resize(width, height, {
    kernel: 'cubic',
    fit: 'fill',
  });
  const taken = new Date(FIRST_DAY + number * DAY).toISOString().slice(0, 19).replaceAll('-', ':').replace('T', ' ');
  return shapes
    .composite([{ input: grain, tile: true, blend: 'soft-light' }])
    .jpeg({ quality: 92 })
    .withExif({
      IFD0: { Make: 'Canon', Model: 'Canon EOS 40D' },
      IFD2: {
        DateTimeOriginal: taken,
        ExposureTime: '1/250',
        FNumber: '4/1',
        FocalLength: '35/1',
        ISOSpeedRatings: '200',
      },
      IFD3: { GPSLatitudeRef: 'N', GPSLatitude: degrees(48.21), GPSLongitudeRef: 'E', GPSLongitude: degrees(16.37) },
    })
    .toBuffer();
}
