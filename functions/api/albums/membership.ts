import { type Album, isByRule } from '../../../shared/domain/albums/album.ts';
import {
  LONGEST_RANK,
  parsePosition,
  rankAt,
  ranksBetween,
  storePosition,
} from '../../../shared/domain/albums/position.ts';
import type { ImageRecord } from '../../../shared/domain/image.ts';
import { Conflict, InvalidRequest, NotFound } from '../../../shared/lambda/http/problems.ts';
import type { Deps } from '../deps.ts';
import { type Action, edited } from '../images/carry-out.ts';
import { sendEdited } from '../images/send-edited.ts';
import { becomeManual } from './become-manual.ts';

interface Asked {
  /** Each once, in the order they are to have. */
  ids: readonly string[];
  add: readonly string[];
  remove: readonly string[];
  /** The image they are placed behind, `null` for none; where absent, those that are new come last. */
  after?: string | null | undefined;
}

/**
 * Puts images into albums and takes them out of others. Automatic albums become manual by it. Throws, before anything is changed, where
 * an album is not there or cannot be changed by hand.
 */
export async function albumAction(userId: string, asked: Asked, deps: Deps): Promise<Action> {
  const { ids, add, remove, after } = asked;
  const albums = await deps.albums.getMany(userId, [...add, ...remove]);
  const named = (albumIds: readonly string[]): Album[] =>
    [...new Set(albumIds)].map((albumId) => {
      const album = albums.get(albumId);
      if (!album || album.hidden) throw new NotFound('album');
      if (album.kind === 'smart') throw new Conflict('What a smart album shows is what its search finds.');
      return album;
    });
  const [to, from] = [named(add), named(remove)];
  const kept = [...from, ...(after === undefined ? [] : to)].find(({ keeping }) => keeping !== undefined);
  if (kept) throw new Conflict('The album is just becoming a manual one; try again in a moment.');
  if (after !== undefined && to.some(isByRule))
    throw new Conflict('An automatic album is in the order of time; PATCH its sort to manual first.');

  const positions = new Map<string, string[]>();
  for (const { album_id } of to) positions.set(album_id, await positionsIn(userId, album_id, { ids, after }, deps));
  for (const album of to) {
    if (album.kind === 'auto') await becomeManual(userId, album, {}, deps);
    else if (after !== undefined && album.sort !== 'manual')
      await deps.albums.change(userId, album.album_id, { set: { sort: 'manual' } });
  }
  for (const album of from) if (album.kind === 'auto') await becomeManual(userId, album, { except: [...ids] }, deps);

  const places = new Map(ids.map((imageId, index) => [imageId, index]));
  const changed: ImageRecord[] = [];
  return {
    async run(imageId) {
      const index = places.get(imageId) ?? 0;
      const own = [...positions].map(([albumId, all]) => [albumId, all[index] ?? '']);
      const change = { add: Object.fromEntries(own), remove, move: after !== undefined };
      return edited(await deps.edits.inAlbums({ userId, imageId }, change), changed);
    },
    finish: () => sendEdited(changed, deps),
  };
}

async function positionsIn(
  userId: string,
  albumId: string,
  { ids, after }: Pick<Asked, 'ids' | 'after'>,
  { albumImages, images, clock }: Deps,
): Promise<string[]> {
  const now = clock();
  const added = ids.map((_, index) => rankAt(now, index));
  if (after === undefined) return added;
  let low = '';
  if (after !== null) {
    const stored = (await images.getVisible({ userId, imageId: after }))?.albums?.[albumId];
    if (stored === undefined || ids.includes(after)) {
      const expected = 'an image of this album that is not among ids';
      throw new InvalidRequest([{ path: 'after', expected, received: JSON.stringify(after) }]);
    }
    low = parsePosition(stored).rank;
  }
  const high = await (after === null
    ? albumImages.firstRank(userId, albumId)
    : albumImages.rankAfter(userId, albumId, low));
  const ranks = ranksBetween(low, high, ids.length);
  if (ranks.some(({ length }) => length > LONGEST_RANK))
    throw new Conflict('There is no room left behind this image; place another one behind it, or this one elsewhere.');
  return ranks.map((rank, index) => storePosition({ rank, added: added[index] ?? rank }));
}
