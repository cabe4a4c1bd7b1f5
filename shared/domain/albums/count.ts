import { type Sums, tallyOf } from '../tallies.ts';
import { type Album, isByRule } from './album.ts';

/** The tally an album's photos are counted in; `null` where there is none. */
export function tallyKeyOf(album: Album): string | null {
  if (album.kind === 'smart') return null;
  if (!isByRule(album) || !album.rule) return tallyOf.album(album.album_id);
  switch (album.rule.by) {
    case 'event':
      return null;
    case 'month':
      return tallyOf.dated(album.rule.month);
    case 'day':
      return tallyOf.dated(album.rule.day.slice(0, 7));
    default:
      return tallyOf.placed(album.rule.place);
  }
}

/** How many photos are in an album, by the tallies at hand; `null` of a smart one. */
export function countOf(album: Album, tallies: ReadonlyMap<string, Sums>): number | null {
  if (album.kind === 'smart') return null;
  const key = tallyKeyOf(album);
  if (key === null) return album.count ?? 0;
  const name = isByRule(album) && album.rule?.by === 'day' ? `day-${album.rule.day.slice(8)}` : 'count';
  return tallies.get(key)?.[name] ?? 0;
}
