import type { ThumbnailSize } from '../domain/object-keys.ts';
import { fromRaster, RASTER_SIDE, type Raster } from './raster.ts';

export interface Thumbnail {
  bytes: Uint8Array;
  width: number;
  height: number;
}

export const THUMBNAIL_CONTENT_TYPE = 'image/webp';

/** Longest sides in pixels. */
const SIDES: Readonly<Record<ThumbnailSize, number>> = { small: 200, medium: RASTER_SIDE };
/** WebP qualities at which no difference is seen at that size. */
const QUALITIES: Readonly<Record<ThumbnailSize, number>> = { small: 75, medium: 80 };

/** WebP thumbnails of an upright sRGB raster: never enlarged, without metadata, the same bytes for the same raster. */
export async function makeThumbnails(raster: Raster): Promise<Record<ThumbnailSize, Thumbnail>> {
  // One after the other: two at once would only take turns on a function's share of a core.
  const medium = await makeThumbnail(raster, 'medium');
  return { medium, small: await makeThumbnail(raster, 'small') };
}

async function makeThumbnail(raster: Raster, size: ThumbnailSize): Promise<Thumbnail> {
  const { data, info } = await fromRaster(raster)
    .resize(SIDES[size], SIDES[size], { fit: 'inside', withoutEnlargement: true })
    .webp({ quality: QUALITIES[size] })
    .toBuffer({ resolveWithObject: true });
  return { bytes: data, width: info.width, height: info.height };
}
