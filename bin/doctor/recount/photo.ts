import { placeKeysOf } from '../../../shared/domain/albums/lists.ts';
import { type ImageRecord, isTerminal } from '../../../shared/domain/image.ts';

/** What is kept of a photo's record while its owner's gallery is counted: a few kilobytes, without its words. */
export type Photo = Pick<
  ImageRecord,
  | 'image_id'
  | 'status'
  | 'trashed_at'
  | 'archived'
  | 'taken_at'
  | 'taken_at_source'
  | 'cluster'
  | 'faces'
  | 'albums'
  | 'sha256'
  | 'bytes'
  | 'width'
  | 'height'
  | 'phash'
  | 'created_at'
> & {
  /** What happens to it is not over: nothing derived from it is to be compared yet. */
  underWay: boolean;
  described: boolean;
  original_bytes: number | null;
  /** Country and city, as lists spell them. */
  places: string[];
  gps?: { lat: number; lon: number };
  /** JSON of its colours. */
  color_bins: string;
  /** Which of its objects there must be. */
  renditions: string[];
  raw: boolean;
};

type Listed = ImageRecord & { shard?: string; since?: string };

/** When a photo in the trash is due. */
export const dueInTrash = ({ status, original, trashed_at, purge_at }: ImageRecord) =>
  status === 'done' || (status === 'failed' && original) ? purge_at : trashed_at;

/** Whether what happens to a photo is not over. One that has settled in the trash stays on the list, for the day it is due. */
export function isUnderWay(record: Listed): boolean {
  const { status, deleted_at, trashed_at, shard, since } = record;
  if (!isTerminal(status) || deleted_at !== undefined) return true;
  return shard !== undefined && (trashed_at === undefined || since !== dueInTrash(record));
}

/** `live`: what is under way may be. */
export function photoOf(record: Listed, live: boolean): Photo {
  const { image_id, status, trashed_at, archived, taken_at, taken_at_source, cluster, faces, albums, sha256 } = record;
  const { bytes, width, height, phash, created_at, metadata, color_bins = [], stages } = record;
  return {
    ...{ image_id, status, archived, taken_at, taken_at_source, cluster, faces, albums, sha256 },
    ...{ bytes, width, height, phash, created_at, trashed_at },
    underWay: live && isUnderWay(record),
    described: status === 'done' && ['done', 'skipped'].includes(stages.describe.state),
    original_bytes: record.original?.bytes ?? null,
    places: placeKeysOf(record),
    ...(metadata?.gps && { gps: { lat: metadata.gps.lat, lon: metadata.gps.lon } }),
    color_bins: JSON.stringify(color_bins),
    renditions: Object.keys(record.thumbnails ?? {}),
    raw: record.raw_metadata !== undefined,
  } as Photo;
}

/** Whether it is in the gallery. */
export const isKept = ({ status, trashed_at }: Pick<Photo, 'status' | 'trashed_at'>) =>
  status === 'done' && trashed_at === undefined;
