import { countOf, tallyKeyOf } from '../../../shared/domain/albums/count.ts';
import type { ApiUseCase } from '../use-cases.ts';

/** What a link opens; of one that is locked, only that it is. */
export const getShared: ApiUseCase<'getShared'> = async ({ link: { link, album, unlocked } }, { tallies }) => {
  const { owner, download, location, expires_at } = link;
  const terms = { locked: !unlocked, download, location, expires_at };
  if (!unlocked) return { status: 200, body: { ...terms, album: null } };
  const key = tallyKeyOf(album);
  const count = countOf(album, key === null ? new Map() : await tallies.get(owner, [key]));
  const { name, description = null } = album;
  return { status: 200, body: { ...terms, album: { name, description, count } } };
};
