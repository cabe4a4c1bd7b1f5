import { type Album, isByRule } from './albums/album.ts';
import { rangeOfRule, viewedListsOf } from './albums/lists.ts';
import { type ImageRecord, isShown } from './image.ts';
import { STRIPPABLE } from './strip-metadata/strip.ts';

/** What a share link opens, and how. */
export interface LinkRights {
  /** Originals may be fetched. */
  download: boolean;
  /** Positions and places are shown; originals keep what their files say about themselves. */
  location: boolean;
}

/** Whether a photo is in an album now, as its record says: what is not does not open through the album's links. */
export function isSharedIn(album: Album, record: ImageRecord): boolean {
  if (!isShown(record) || album.kind === 'smart') return false;
  if (!isByRule(album) || !album.rule) return record.albums?.[album.album_id] !== undefined;
  if (album.keeping?.except.includes(record.image_id)) return false;
  const { low, high } = rangeOfRule(album.rule);
  const keys = viewedListsOf(record).map(({ list }) => `${list}#${record.image_id}`);
  return keys.some((key) => key >= low && key <= high);
}

/** How an original goes out by a link. */
export type OriginalForm =
  /** The very bytes. */
  | 'original'
  /** The same pixels without what the file says about itself. */
  | 'stripped'
  /** A smaller picture of ours, where metadata cannot be taken out of a file of its kind. */
  | 'preview';

export function originalForm({ location }: LinkRights, contentType: string): OriginalForm {
  if (location) return 'original';
  return STRIPPABLE.includes(contentType) ? 'stripped' : 'preview';
}
