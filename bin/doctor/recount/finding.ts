import type { StageName } from '../../../shared/domain/image.ts';

/** An item of the table, as it is stored. */
export type Item = Record<string, unknown> & { user_id: string; sk: string };

/** What can be done about a finding. */
export type Mend =
  /** Everything written of this photo is written anew, or removed where it has no record. */
  | { photo: string }
  /** This photo, whose placing was given up, is placed. */
  | { settled: string }
  /** This entry in a list is removed, if its photo's record does not want it. */
  | { stray: string }
  /** This cluster is added up from its members. */
  | { cluster: string }
  /** What clustering remembers is looked through; these photos wait for a cluster. */
  | { waiting: string[] }
  | 'counters'
  /** These bytes belong to nobody any more. */
  | { checksum: string; owner: string }
  /** This object, which can be made again, belongs to no photo. */
  | { object: string }
  /** The feed is to tell that this photo came. */
  | { untold: string }
  /** Its embedding is put back from the vector index. */
  | { embedding: string }
  /** A vector index of nobody. */
  | { index: string };

/** Words for what a finding is about, in the order in which they are reported. */
export const ABOUT = [
  // The only copies of photos.
  'originals',
  'records',
  'objects',
  'checksums',
  'embeddings',
  'clusters',
  'faces and people',
  'lists',
  'near-duplicates',
  'counters',
  'albums',
  'activity',
  'undo',
  'links',
  'downloads',
  'items',
] as const;

/** One thing that is stored and not as it must be. */
export interface Finding {
  about: (typeof ABOUT)[number];
  /** What is wrong, of what; and where nothing mends it, what a person can do. */
  says: string;
  /** It names words of somebody's photos: to be counted, not shown to others. */
  personal?: true;
  mend: Mend[];
}

export const finding = (about: Finding['about'], says: string, ...mend: Mend[]): Finding => ({ about, says, mend });

/** What the owner of a photo can do to have lost parts of it made again. */
export const runAgain = (imageId: string, stage: StageName) =>
  `; its owner can have that made again: POST /images/${imageId}/reprocess with {"stages":["${stage}"]}`;

/** One whose words only tests, and its owner, may read. */
export const privately = (about: Finding['about'], says: string, ...mend: Mend[]): Finding => ({
  about,
  says,
  personal: true,
  mend,
});

/** JSON that does not depend on the order of fields. */
export const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, field: unknown) =>
    field !== null && typeof field === 'object' && !Array.isArray(field)
      ? Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1)))
      : field,
  );

/** In words, what one side has and the other has not. */
export function compare(
  what: string,
  expected: ReadonlyMap<string, string>,
  found: ReadonlyMap<string, string>,
): string[] {
  const says = [...expected].flatMap(([key, value]) => {
    const other = found.get(key);
    if (other === undefined) return [`${what} ${key} is missing`];
    return other === value ? [] : [`${what} ${key} is ${other}, expected ${value}`];
  });
  return [...says, ...[...found.keys()].filter((key) => !expected.has(key)).map((key) => `${what} ${key} is too many`)];
}

/** Little-endian 32-bit floats as numbers. */
export function floats(stored: Uint8Array): number[] {
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  return Array.from({ length: stored.byteLength / 4 }, (_, index) => view.getFloat32(index * 4, true));
}

export const plain = (name: string | undefined) => (name ?? '').normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
