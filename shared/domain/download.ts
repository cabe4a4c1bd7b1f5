import { safeFilename } from './content-disposition.ts';
import { EDITABLE_FIELDS } from './edits.ts';
import type { ImageRecord } from './image.ts';

/** Photos as their owner takes them along: which ones, under what names, and what is written beside them. */

/** What a download is of. `ids`: its list was stored when it was asked for. `account`: everything that is kept of a person. */
export type DownloadRequest = { of: 'ids' } | { of: 'all' } | { of: 'account' } | { of: 'album'; album_id: string };

/** One zip of a download, as it was written. */
export interface DownloadPart {
  bytes: number;
  images: number;
}

/** A place among the records of an account: which file of them, and behind which sort key (`''`: at its beginning). */
export interface AccountPlace {
  file: number;
  after: string;
}

/** How far a download has come. */
export interface DownloadProgress {
  /** Where in the list of ids the next part begins. */
  next: number;
  parts: DownloadPart[];
  images: number;
  /** Ids of photos that are gone, in the trash, or have no bytes. */
  left_out: number;
  /** Photos whose bytes are missing or not those that were stored; each is named in its part's manifest. */
  problems: number;
  /** Of an account: where its next zip of records begins; `null` when all are written. */
  records?: AccountPlace | null;
  /** Runs that ended without having failed: the rest was left to the next one. */
  runs: number;
}

/** What went wrong with a photo's bytes. */
export type ByteProblem = { problem: 'missing' } | { problem: 'differs'; found: { sha256: string; bytes: number } };

/** A photo in a part's manifest. */
export interface ManifestEntry {
  image_id: string;
  /** In the zip; of a photo whose bytes are missing, only its metadata is there. */
  file: string;
  metadata: string;
  content_type: string;
  bytes: number;
  /** Lower-case hex; `null` where none was noted. */
  sha256: string | null;
  problem?: ByteProblem;
}

/** Days for which the bucket keeps the zips: as its lifecycle rule says. */
export const DOWNLOAD_KEPT_DAYS = 7;

type Downloadable = ImageRecord & Required<Pick<ImageRecord, 'original'>>;

/** Whether a photo's bytes are kept, and it does not lie in the trash: also while it is read again, and where a stage has failed. */
export function isDownloadable(record: ImageRecord): record is Downloadable {
  return isKept(record) && record.trashed_at === undefined;
}

/** Whether a photo's bytes are kept, in the trash or not. */
export function isKept({ status, original, deleted_at }: ImageRecord): boolean {
  const kept = status === 'done' || status === 'failed' || status === 'processing';
  return kept && original !== undefined && deleted_at === undefined;
}

/**
 * Answers a function that names files in one folder: as they are called, safe on every system, and no two the same, also where
 * capitals do not count (`beach.jpg`, `beach (2).jpg`). Names in `taken` are never given.
 */
export function fileNames(taken: readonly string[]): (name: string, contentType: string) => string {
  const given = new Set(taken.map(folded));
  const copies = new Map<string, number>();
  return (name, contentType) => {
    const named = withoutReserved(safeFilename(name, contentType));
    const at = named.lastIndexOf('.');
    const [stem, ending] = at > 0 ? [shortened(named.slice(0, at)), named.slice(at)] : [shortened(named), ''];
    const safe = stem + ending;
    let unique = safe;
    for (let copy = copies.get(folded(safe)) ?? 1; given.has(folded(unique)); ) {
      copy += 1;
      unique = `${stem} (${copy})${ending}`;
      copies.set(folded(safe), copy);
    }
    given.add(folded(unique));
    return unique;
  };
}

/** Equal for names that some file system takes for the same one. */
const folded = (name: string) => name.normalize('NFC').toLowerCase();

/** File systems take 255 bytes: room is left for a number, an ending, and `.json` behind that. */
const MOST_NAME_BYTES = 230;
function shortened(stem: string): string {
  if (Buffer.byteLength(stem) <= MOST_NAME_BYTES) return stem;
  const cut = Buffer.from(stem).subarray(0, MOST_NAME_BYTES).toString();
  // The last character may have been cut in two.
  return cut.replace(/\uFFFD+$/, '').trimEnd();
}

/** Names that Windows keeps for devices, whatever their ending. */
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(?=\.|$)/i;
const withoutReserved = (name: string) => (RESERVED.test(name) ? `_${name}` : name);

/** What is known of a photo, as it is written beside it. Albums without a name are gone. */
export function knownOf(record: ImageRecord, albumNames: ReadonlyMap<string, string>) {
  const { original, metadata, place, cluster, faces } = record;
  return {
    image_id: record.image_id,
    filename: record.filename,
    display_name: record.display_name,
    title: record.title,
    description: record.description,
    tags: record.tags ?? [],
    text: record.text,
    described_by: record.described_by,
    edited: EDITABLE_FIELDS.filter((field) => record.edits?.[field] !== undefined),
    favorite: record.favorite ?? false,
    archived: record.archived ?? false,
    albums: Object.keys(record.albums ?? {}).flatMap((album_id) => {
      const name = albumNames.get(album_id);
      return name === undefined ? [] : { album_id, name };
    }),
    cluster_id: cluster?.cluster_id ?? null,
    faces: faces?.map(({ box, person_id }) => ({ box, person_id })),
    taken_at: record.taken_at,
    taken_at_offset: record.taken_at_offset,
    taken_at_source: record.taken_at_source,
    place,
    metadata,
    colors: record.colors,
    content_type: original?.content_type,
    bytes: original?.bytes,
    sha256: record.sha256,
    width: record.width,
    height: record.height,
    uploaded_at: record.created_at,
  };
}
