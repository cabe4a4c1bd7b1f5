import { globSync } from 'node:fs';
import type { Raster } from '../../shared/imaging/raster.ts';
import { sharp } from '../../shared/imaging/sharp.ts';
import { photos } from '../fixtures/real-photos.ts';

/** The scene photos, in the same order each time. */
export const sceneFiles = () => globSync(photos('scenes', '**/*.jpg')).sort();

/** Any encoded picture as ingest sees it: upright sRGB of at most 800 pixels. */
export async function rasterOf(picture: string | Uint8Array): Promise<Raster> {
  const { data, info } = await sharp(picture)
    .autoOrient()
    .resize(800, 800, { fit: 'inside', withoutEnlargement: true })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels as 3 | 4 };
}
