import type { ThumbnailSize } from '../domain/object-keys.ts';
import { type Decoded, fromRaster, PREVIEW_SIDE, RASTER_SIDE, type Raster } from './raster.ts';

export interface Thumbnail {
  bytes: Uint8Array;
  width: number;
  height: number;
}
/** `preview` only of formats that browsers do not show. */
export type Thumbnails = Record<Exclude<ThumbnailSize, 'preview'>, Thumbnail> & { preview?: Thumbnail };

export const THUMBNAIL_CONTENT_TYPE = 'image/webp';

/** Longest sides in pixels. */
const SIDES: Readonly<Record<ThumbnailSize, number>> = { small: 200, medium: RASTER_SIDE, preview: PREVIEW_SIDE };
/** WebP qualities at which no difference is seen at that size. */
const QUALITIES: Readonly<Record<ThumbnailSize, number>> = { small: 75, medium: 80, preview: 82 };

/** WebP thumbnails of upright sRGB rasters: never enlarged, without metadata, the same bytes for the same raster. */
export async function makeThumbnails({ raster, preview }: Decoded): Promise<Thumbnails> {
  // One after the other: two at once would only take turns on a function's share of a core.
  const medium = await makeThumbnail(raster, 'medium');
  const small = await makeThumbnail(raster, 'small');
  return { medium, small, ...(preview && { preview: await makeThumbnail(preview, 'preview') }) };
}

async function makeThumbnail(raster: Raster, size: ThumbnailSize): Promise<Thumbnail> {
  const { data, info } = await fromRaster(raster)
    .resize(SIDES[size], SIDES[size], { fit: 'inside', withoutEnlargement: true })
    .webp({ quality: QUALITIES[size] })
    .toBuffer({ resolveWithObject: true });
  return { bytes: data, width: info.width, height: info.height };
}
