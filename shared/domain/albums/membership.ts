import type { RecordChange } from '../edits.ts';
import type { ImageRecord, Reason } from '../image.ts';
import { parsePosition, storePosition } from './position.ts';

/** Each is on the photo's record, and stands in three lists. */
export const MOST_ALBUMS = 200;

/** What is to become of a photo's albums. */
export interface AlbumsChange {
  /** Where it is to stand, by album: see position.ts. */
  add?: Readonly<Record<string, string>>;
  remove?: readonly string[];
  /** Whether one that is in an album already gets the new rank there; otherwise it keeps its place. When it was added stays. */
  move?: boolean;
}

/** What that changes about a record; `null` where all is so already. */
export function albumsAfter(
  record: Pick<ImageRecord, 'albums' | 'edit_revision'>,
  { add = {}, remove = [], move = false }: AlbumsChange,
): { change: RecordChange | null } | { refused: Reason } {
  const before = record.albums ?? {};
  const albums = { ...before };
  for (const [albumId, position] of Object.entries(add)) {
    const known = before[albumId];
    if (known === undefined) albums[albumId] = position;
    else if (move) {
      const { rank } = parsePosition(position);
      albums[albumId] = storePosition({ rank, added: parsePosition(known).added });
    }
  }
  for (const albumId of remove) delete albums[albumId];
  const ids = Object.keys(albums);
  if (ids.length === Object.keys(before).length && ids.every((id) => albums[id] === before[id]))
    return { change: null };
  if (ids.length > MOST_ALBUMS && ids.length > Object.keys(before).length) {
    const message = `An image is in at most ${MOST_ALBUMS} albums; these would be ${ids.length}.`;
    return { refused: { code: 'too_many_albums', message } };
  }
  return { change: { set: { albums, edit_revision: (record.edit_revision ?? 0) + 1 }, remove: [] } };
}
