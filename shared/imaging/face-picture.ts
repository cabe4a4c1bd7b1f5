import { squareAround } from '../domain/faces.ts';
import type { Box } from '../domain/image.ts';
import { fromRaster, MAX_PIXELS, type Raster } from './raster.ts';
import { sharp } from './sharp.ts';
import { UnacceptablePicture } from './unacceptable.ts';

/** Longest side of the picture that faces are looked for in: a face of a fortieth of its width is still 32 pixels wide. */
const SIDE = 1280;
const DECODE_SECONDS = 30;
/** Of the longest side. */
const FRAME = 0.2;
const CROP_SIDE = 160;

/** An RGB raster. */
export type RgbRaster = Raster & { channels: 3 };

/**
 * Decodes a picture that ingest has accepted, upright, in sRGB on white, scaled to fit {@link SIDE} (never enlarged). Throws
 * `UnacceptablePicture` where it cannot be decoded.
 */
export async function openFacePicture(bytes: Uint8Array): Promise<RgbRaster> {
  try {
    const { data, info } = await sharp(bytes, { failOn: 'error', limitInputPixels: MAX_PIXELS, sequentialRead: true })
      .autoOrient()
      .resize(SIDE, SIDE, { fit: 'inside', withoutEnlargement: true })
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .timeout({ seconds: DECODE_SECONDS })
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { data, width: info.width, height: info.height, channels: 3 };
  } catch (cause) {
    throw new UnacceptablePicture('corrupt', 'The picture could not be opened to look for faces in it.', { cause });
  }
}

/** A picture in a frame of what lies along its edges, mirrored: a face that an edge cuts in two is whole again. */
export async function framed(picture: RgbRaster): Promise<{ picture: RgbRaster; left: number; top: number }> {
  const { width, height } = picture;
  const frame = Math.round(FRAME * Math.max(width, height));
  // Nothing can be mirrored further than it reaches.
  const left = Math.min(frame, width);
  const top = Math.min(frame, height);
  const { data, info } = await fromRaster(picture)
    .extend({ left, right: left, top, bottom: top, extendWith: 'mirror' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { picture: { data, width: info.width, height: info.height, channels: 3 }, left, top };
}

/** The square around a face, as WebP of 160 × 160 pixels without metadata. */
export async function cutFace(picture: RgbRaster, face: Box): Promise<Uint8Array> {
  const { left, top, side } = squareAround(face, picture);
  return fromRaster(picture)
    .extract({ left, top, width: side, height: side })
    .resize(CROP_SIDE, CROP_SIDE)
    .webp({ quality: 80 })
    .toBuffer();
}
