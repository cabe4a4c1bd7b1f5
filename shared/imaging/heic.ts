import { tiffWithProfile } from './icc.ts';
import { type IsoPicture, readIsoPicture } from './iso-media.ts';
import { decodePrimary } from './libheif.ts';
import type { Raster } from './raster.ts';
import { sharp } from './sharp.ts';
import { isWide, toSrgb } from './wide-colour.ts';

/**
 * Decodes the primary picture of a HEIC file, upright, in sRGB, scaled to fit `side` pixels (never enlarged). Blocks while it decodes:
 * see {@link decodePrimary}, whose errors it throws.
 */
export async function decodeHeic(bytes: Uint8Array, side: number, mostPixels: number): Promise<Raster> {
  const { data, width, height, channels, premultiplied, release } = decodePrimary(bytes, mostPixels);
  try {
    const raw = { width, height, channels, premultiplied };
    const { data: scaled, info } = await sharp(data, { raw, limitInputPixels: mostPixels })
      .resize(side, side, { fit: 'inside', withoutEnlargement: true })
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    // Few pixels are left, so colours are cheap to convert now.
    return await toSrgbRaster(
      { data: scaled, width: info.width, height: info.height, channels: info.channels as 3 | 4 },
      readIsoPicture(bytes),
    );
  } finally {
    release();
  }
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
