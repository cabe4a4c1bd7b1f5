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
/** WebP qualities at which no difference is seen at that size, with that effort. */
const QUALITIES: Readonly<Record<ThumbnailSize, number>> = { small: 77, medium: 82, preview: 84 };
/** Of 0–6. More takes twice the time, the most of all that ingest does, for a tenth fewer bytes: docs/decisions/0033-ingest-at-speed.md. */
const EFFORT = 2;

/** WebP thumbnails of upright sRGB rasters: never enlarged, without metadata, the same bytes for the same raster. */
export async function makeThumbnails({ raster, preview }: Decoded): Promise<Thumbnails> {
  // At once: the function has two cores, and the small one is made while the other is.
  const [medium, small] = await Promise.all([makeThumbnail(raster, 'medium'), makeThumbnail(raster, 'small')]);
  return { medium, small, ...(preview && { preview: await makeThumbnail(preview, 'preview') }) };
}

async function makeThumbnail(raster: Raster, size: ThumbnailSize): Promise<Thumbnail> {
  const { data, info } = await fromRaster(raster)
    .resize(SIDES[size], SIDES[size], { fit: 'inside', withoutEnlargement: true })
    .webp({ quality: QUALITIES[size], effort: EFFORT })
    .toBuffer({ resolveWithObject: true });
  return { bytes: data, width: info.width, height: info.height };
}
