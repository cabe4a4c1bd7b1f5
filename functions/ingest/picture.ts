import type { Places } from '../../shared/adapters/places.ts';
import type { ImageRecord, Metadata, Place } from '../../shared/domain/image.ts';
import { resolveTakenAt, type TakenAt, type ZoneOffsets } from '../../shared/domain/taken-at.ts';
import { describePixels, type PixelFeatures } from '../../shared/imaging/features.ts';
import { giveBack } from '../../shared/imaging/give-back.ts';
import { readMetadata } from '../../shared/imaging/metadata.ts';
import { decode } from '../../shared/imaging/raster.ts';
import { makeThumbnails, type Thumbnails } from '../../shared/imaging/thumbnails.ts';
import type { Logger } from '../../shared/lambda/logger.ts';
import type { Inspected } from './inspect.ts';

/** What the pixels of a picture give, all from one decoding. */
export interface Seen {
  thumbnails: Thumbnails;
  features: PixelFeatures;
}

/** What a file says about itself, and what follows from that. */
export interface Told {
  metadata: Metadata;
  /** The full dump as JSON; `null` where the file says nothing. */
  raw: Buffer | null;
  taken: TakenAt;
  /** `null` where it was taken nowhere known; `undefined` where that could not be found out. */
  place: Place | null | undefined;
}

export interface TellingDeps {
  places: Pick<Places, 'nearest'>;
  zones: ZoneOffsets;
}

/** Decodes an inspected picture and makes everything that is made of its pixels. Throws `UnacceptablePicture`. */
export async function seePicture(bytes: Uint8Array, inspected: Inspected): Promise<Seen> {
  const decoded = await decode(bytes, inspected.format, inspected);
  // Thumbnails are made on other threads, what describes the pixels on this one meanwhile.
  const [thumbnails, features] = await Promise.all([makeThumbnails(decoded), describePixels(decoded.raster)]);
  giveBack(decoded.raster.data);
  if (decoded.preview) giveBack(decoded.preview.data);
  return { thumbnails, features };
}

/** Reads the metadata of a file. Never fails for what is in them. */
export async function readTold(
  { places, zones }: TellingDeps,
  bytes: Uint8Array,
  record: ImageRecord,
  logger: Logger,
): Promise<Told> {
  const { metadata, raw, clock } = readMetadata(bytes);
  const { gps } = metadata;
  const place = gps
    ? await places.nearest(gps.lat, gps.lon).catch((error: Error) => {
        // A photo is worth more than the name of the place it was taken at.
        logger.error('The place could not be looked up.', error);
        return undefined;
      })
    : null;
  return {
    metadata,
    raw: raw && Buffer.from(JSON.stringify(raw)),
    taken: resolveTakenAt(clock, zones, record.created_at),
    place,
  };
}
