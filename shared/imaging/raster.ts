import type { Sharp } from 'sharp';
import { FORMAT_NAMES, type PictureFormat } from './format.ts';
import { sharp } from './sharp.ts';
import { UnacceptablePicture } from './unacceptable.ts';

/** 8-bit sRGB pixels, rows from the top, upright. */
export interface Raster {
  data: Uint8Array;
  width: number;
  height: number;
  /** 3 is RGB, 4 is RGBA (not premultiplied). */
  channels: 3 | 4;
}

/** What a picture's header says. */
export interface Measured {
  /** As seen: orientation applied. */
  width: number;
  height: number;
  /** EXIF orientation, 1–8. */
  orientation: number;
}

export const MAX_PIXELS = 100_000_000;
/** The longest side of the raster that everything else is made from. */
export const RASTER_SIDE = 800;
/** Decoding 100 megapixels takes up to 15 seconds on a slow core; what takes much longer is made to. */
const DECODE_SECONDS = 60;

// Each photo is seen once, so a cache only holds memory; and a function has two cores at most.
sharp.cache(false);
sharp.concurrency(2);

/**
 * Opens only what its own recogniser saw. `error` refuses truncated and damaged pictures, but not those that merely carry stray
 * bytes between their segments, as some cameras and editors write.
 */
function open(bytes: Uint8Array, limitInputPixels: number | false): Sharp {
  return sharp(bytes, { failOn: 'error', limitInputPixels, sequentialRead: true, animated: false });
}

/**
 * Reads the size from the header, without decoding. Throws `UnacceptablePicture` (`too_many_pixels`, or `corrupt` where the
 * header cannot be read).
 */
export async function measure(bytes: Uint8Array, format: PictureFormat): Promise<Measured> {
  const header = await open(bytes, false)
    .metadata()
    .catch((cause: unknown) => {
      throw corrupt(format, cause);
    });
  // What another decoder would read is not what was recognised: a file of two formats at once.
  if (header.format !== (format === 'avif' ? 'heif' : format)) throw corrupt(format);
  const { width, height } = header.autoOrient;
  if (!(width > 0 && height > 0)) throw corrupt(format);
  if (width * height > MAX_PIXELS) {
    const megapixels = Math.ceil((width * height) / 1_000_000).toLocaleString('en-US');
    const size = `${width.toLocaleString('en-US')} × ${height.toLocaleString('en-US')}`;
    throw new UnacceptablePicture(
      'too_many_pixels',
      `The picture is ${size} pixels large (${megapixels} megapixels); at most ${MAX_PIXELS / 1_000_000} megapixels are accepted.`,
    );
  }
  return { width, height, orientation: header.orientation ?? 1 };
}

/**
 * Decodes a measured picture, once: the first frame, scaled to fit {@link RASTER_SIDE} (never enlarged), upright, in sRGB.
 * Scaling comes first, while reading where the format allows it (JPEG, WebP), so that only few pixels are ever turned round.
 * Throws `UnacceptablePicture` (`corrupt`, `too_complex`).
 */
export async function decode(bytes: Uint8Array, format: PictureFormat, { orientation }: Measured): Promise<Raster> {
  const started = performance.now();
  const scaled = await open(bytes, MAX_PIXELS)
    .resize(RASTER_SIDE, RASTER_SIDE, { fit: 'inside', withoutEnlargement: true })
    .toColourspace('srgb')
    .timeout({ seconds: DECODE_SECONDS })
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
    .catch((cause: unknown) => {
      if (performance.now() - started < DECODE_SECONDS * 1_000) throw corrupt(format, cause);
      const message = `The picture could not be opened within ${DECODE_SECONDS} seconds.`;
      throw new UnacceptablePicture('too_complex', message, { cause });
    });
  const { width, height, channels } = scaled.info;
  return upright({ data: scaled.data, width, height, channels: channels as 3 | 4 }, orientation);
}

/** The quarter turns and mirrorings that undo each EXIF orientation (Exif 2.32, §4.6.4 A); sharp mirrors before it turns. */
const UNDO: Readonly<Record<number, { flop?: true; angle: number }>> = {
  2: { flop: true, angle: 0 },
  3: { angle: 180 },
  4: { flop: true, angle: 180 },
  5: { flop: true, angle: 270 },
  6: { angle: 90 },
  7: { flop: true, angle: 90 },
  8: { angle: 270 },
};

async function upright(raster: Raster, orientation: number): Promise<Raster> {
  const undo = UNDO[orientation];
  if (!undo) return raster;
  const mirrored = undo.flop ? await pixels(fromRaster(raster).flop()) : raster;
  return undo.angle === 0 ? mirrored : pixels(fromRaster(mirrored).rotate(undo.angle));
}

/** Makes a sharp pipeline that begins with a raster. */
export function fromRaster({ data, width, height, channels }: Raster): Sharp {
  return sharp(data, { raw: { width, height, channels } });
}

async function pixels(pipeline: Sharp): Promise<Raster> {
  const { data, info } = await pipeline.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels as 3 | 4 };
}

function corrupt(format: PictureFormat, cause?: unknown): UnacceptablePicture {
  const message = `The ${FORMAT_NAMES[format]} picture is damaged or incomplete and cannot be opened.`;
  return new UnacceptablePicture('corrupt', message, { cause });
}
