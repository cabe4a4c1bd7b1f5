import type { Objects } from '../../shared/adapters/objects.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';
import { framed, openFacePicture } from '../../shared/imaging/face-picture.ts';
import { MAX_PIXELS, PREVIEW_SIDE, RASTER_SIDE } from '../../shared/imaging/raster.ts';
import { sharp } from '../../shared/imaging/sharp.ts';
import { UnacceptablePicture } from '../../shared/imaging/unacceptable.ts';
import { visualEmbedding } from '../../shared/imaging/visual-embedding.ts';

const SIDES = { small: 200, medium: RASTER_SIDE, preview: PREVIEW_SIDE } as const;
const MOST_RAW_BYTES = 64 * 1024;

/** What is wrong with what ingest has made of an accepted file; `undefined` where nothing is. */
export async function deviations(record: ImageRecord, objects: Pick<Objects, 'read'>): Promise<string | undefined> {
  const { width = 0, height = 0, thumbnails, raw_metadata, original } = record;
  if (!(width > 0 && height > 0 && width * height <= MAX_PIXELS)) return `accepted with ${width} × ${height} pixels`;
  for (const [size, side] of Object.entries(SIDES)) {
    const rendition = thumbnails?.[size as keyof typeof SIDES];
    if (!rendition && size !== 'preview') return `accepted without the thumbnail ${size}`;
    const bytes = rendition && (await objects.read(rendition.key));
    const wrong = bytes && (await wrongThumbnail(bytes, side));
    if (wrong) return `the thumbnail ${size} ${wrong}`;
  }
  if ((raw_metadata?.bytes ?? 0) > MOST_RAW_BYTES) return `a dump of ${raw_metadata?.bytes} bytes`;
  const seenByFaces = await objects.read((thumbnails?.preview ?? original)?.key ?? '');
  const small = await objects.read(thumbnails?.medium.key ?? '');
  if (!seenByFaces || !small) return 'accepted without its objects';
  return laterStages(seenByFaces, small);
}

async function wrongThumbnail(bytes: Uint8Array, side: number): Promise<string | undefined> {
  const found = await sharp(bytes).metadata();
  if (found.format !== 'webp') return `is ${found.format}`;
  if (found.width > side || found.height > side) return `has ${found.width} × ${found.height} pixels`;
  const kept = (['exif', 'icc', 'xmp', 'iptc'] as const).filter((name) => found[name] !== undefined);
  return kept.length > 0 ? `carries ${kept.join(', ')}` : undefined;
}

/** Those that decode again: the one that looks for faces, and the one that describes. */
async function laterStages(picture: Uint8Array, thumbnail: Uint8Array): Promise<string | undefined> {
  try {
    await framed(await openFacePicture(picture));
  } catch (error) {
    if (!(error instanceof UnacceptablePicture)) return `faces: ${(error as Error).message}`;
  }
  const vector = await visualEmbedding(thumbnail);
  return vector.every(Number.isFinite) ? undefined : 'an embedding that is not of numbers';
}
