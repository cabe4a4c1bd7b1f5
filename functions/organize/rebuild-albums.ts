import type { EventInterval } from '../../shared/domain/albums/events.ts';
import { type Sums, tallyOf } from '../../shared/domain/tallies.ts';
import type { OrganizeDeps } from './deps.ts';

/** Of rules looked at together; the days of a month count as one. */
const AT_ONCE = 100;

/** Automatic albums, as counters and events want them: made where they are missing, removed where nothing is in them. */
export function createRebuildAlbums({ albums, autoAlbums, clock }: OrganizeDeps) {
  return async function rebuildAlbums(
    userId: string,
    tallies: ReadonlyMap<string, Sums>,
    events: readonly EventInterval[],
  ): Promise<void> {
    const at = clock().toISOString();
    const rules = [...tallies].filter(([key]) => /^(PLACED|DATED)#/.test(key)).map(([key, sums]) => ({ key, sums }));
    for (let start = 0; start < rules.length; start += AT_ONCE)
      await autoAlbums.follow(userId, { tallies: rules.slice(start, start + AT_ONCE) }, at);
    for (let start = 0; start < events.length; start += AT_ONCE) {
      const puts = events.slice(start, start + AT_ONCE);
      await autoAlbums.follow(userId, { tallies: [], events: { puts, deletes: [] } }, at);
    }
    const eventIds = new Set(events.map(({ album_id }) => album_id));
    for await (const { album_id, rule, hidden } of albums.allAutomatic(userId)) {
      if (rule === undefined || hidden) continue;
      const filled = rule.by === 'event' ? eventIds.has(album_id) : countOf(tallies, rule) > 0;
      if (!filled) await albums.removeAuto(userId, album_id);
    }
  };
}

type Rule = { place: string } | { month: string } | { day: string };

function countOf(tallies: ReadonlyMap<string, Sums>, rule: Rule): number {
  if ('place' in rule) return tallies.get(tallyOf.placed(rule.place))?.count ?? 0;
  if ('month' in rule) return tallies.get(tallyOf.dated(rule.month))?.count ?? 0;
  return tallies.get(tallyOf.dated(rule.day.slice(0, 7)))?.[`day-${rule.day.slice(8)}`] ?? 0;
}
