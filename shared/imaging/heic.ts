import { decodeInThread } from './heif-thread.ts';
import { tiffWithProfile } from './icc.ts';
import { type IsoPicture, readIsoPicture } from './iso-media.ts';
import type { Raster } from './raster.ts';
import { sharp } from './sharp.ts';
import { isWide, toSrgb } from './wide-colour.ts';

/** Bounds of one decoding: the longest side answered, the pixels of each picture in the file, and the time. */
export interface HeicBounds {
  side: number;
  pixels: number;
  seconds: number;
}

/**
 * Decodes the primary picture of a HEIC file, upright, in sRGB, scaled to fit `side` pixels (never enlarged). Throws `HeifError` and
 * `HeifTimeout`.
 */
export async function decodeHeic(bytes: Uint8Array, { side, pixels, seconds }: HeicBounds): Promise<Raster> {
  const { data, ...raw } = await decodeInThread({ file: bytes, mostPixels: pixels }, seconds);
  const { data: scaled, info } = await sharp(data, { raw, limitInputPixels: pixels })
    .resize(side, side, { fit: 'inside', withoutEnlargement: true })
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  // Few pixels are left, so colours are cheap to convert now.
  return toSrgbRaster(
    { data: scaled, width: info.width, height: info.height, channels: info.channels as 3 | 4 },
    readIsoPicture(bytes),
  );
}

async function toSrgbRaster(raster: Raster, { icc, nclx }: IsoPicture): Promise<Raster> {
  if (icc) return convert(raster, icc);
  if (nclx && isWide(nclx)) toSrgb(raster.data, raster.channels, nclx);
  return raster;
}

/** A profile that cannot be used is no reason to refuse a picture: it is then seen as if it had none. */
async function convert(raster: Raster, icc: Uint8Array): Promise<Raster> {
  try {
    const { data, info } = await sharp(tiffWithProfile(raster, icc))
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { data, width: info.width, height: info.height, channels: info.channels as 3 | 4 };
  } catch {
    return raster;
  }
}
