import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import {
  type Album,
  type AlbumRule,
  type AlbumSettings,
  dayName,
  monthName,
  type RuleKind,
} from '../domain/albums/album.ts';
import { eventName } from '../domain/albums/event-name.ts';
import { type EventInterval, FEWEST_OF_EVENT } from '../domain/albums/events.ts';
import type { Sums } from '../domain/tallies.ts';
import { createAlbums } from './albums.ts';
import { createEvents } from './events.ts';
import { uuidFrom } from './ids.ts';
import { itemsByKey } from './table.ts';

/** What has changed, with the values it has by now. */
export interface Counted {
  tallies: readonly { key: string; sums: Sums }[];
  events?: { puts: readonly EventInterval[]; deletes: readonly EventInterval[] } | undefined;
}

/** Photos by which an event is named. */
const NAMED_BY = 100;
const DAYS = Array.from({ length: 31 }, (_, index) => String(index + 1).padStart(2, '0'));

/**
 * A rule's album has the same id whenever it is made. Its first 48 bits are the time of what it shows, as those of a UUIDv7 are of its
 * making: so it stands among other albums where one looks for it. Places come before all time.
 */
export function albumIdOf(rule: Exclude<AlbumRule, { by: 'event' }>): string {
  if ('place' in rule) return timed('', `${rule.by}:${rule.place}`);
  return rule.by === 'day' ? timed(rule.day, `day:${rule.day}`) : timed(`${rule.month}-01`, `month:${rule.month}`);
}

/** The id of an event that begins with this photo (`taken_at#image_id`); `unique` tells it from others that did. */
export const eventIdOf = (start: string, unique: string): string => timed(start, `event:${start}:${unique}`);

function timed(date: string, name: string): string {
  const ms = Math.max(0, Date.parse(`${date.slice(0, 10)}T00:00:00Z`) || 0);
  const time = ms.toString(16).padStart(12, '0').slice(-12);
  return `${time.slice(0, 8)}-${time.slice(8)}${uuidFrom(`album:${name}`).slice(13)}`;
}

/**
 * Automatic albums follow what is counted: made where there are enough photos and their owner wants them, removed with the last one. Every
 * write is conditional, and the values are absolute: following twice changes nothing.
 */
export function createAutoAlbums(table: DynamoDBDocumentClient, tableName: string) {
  const albums = createAlbums(table, tableName);
  const events = createEvents(table, tableName);

  /** Answers how many albums are there by what has changed. `at`: now, ISO 8601. */
  async function follow(userId: string, { tallies, events: changed }: Counted, at: string): Promise<number> {
    const counts = tallies.flatMap(countsOf).map((counted) => ({ ...counted, album_id: albumIdOf(counted.rule) }));
    const { puts = [], deletes = [] } = changed ?? {};
    if (counts.length + puts.length + deletes.length === 0) return 0;
    const settings = await albums.settings(userId);
    if (!settings) return 0;
    const known = await albums.getMany(
      userId,
      [...counts, ...puts].map(({ album_id }) => album_id),
    );
    let there = 0;
    for (const { rule, count, album_id } of counts) {
      const album = known.get(album_id);
      if (count === 0 && isVisible(album)) await albums.removeAuto(userId, album_id);
      if (count > 0 && isVisible(album)) there += 1;
      if (album || !isWanted(rule.by, count, settings)) continue;
      const name = await nameOf(userId, rule);
      await albums.create(userId, definition({ album_id, name, rule }, at));
      there += 1;
    }
    for (const event of puts) if (await followEvent(userId, event, known.get(event.album_id), settings, at)) there += 1;
    const kept = new Set(puts.map(({ album_id }) => album_id));
    for (const { album_id } of deletes)
      if (!kept.has(album_id)) await albums.removeAuto(userId, album_id, { unwanted: true });
    return there;
  }

  async function followEvent(
    userId: string,
    { start, end, count, album_id }: EventInterval,
    album: Album | undefined,
    settings: AlbumSettings,
    at: string,
  ): Promise<boolean> {
    if (count < FEWEST_OF_EVENT) {
      if (isVisible(album)) await albums.removeAuto(userId, album_id);
      return false;
    }
    if (album ? !isVisible(album) : !isWanted('event', count, settings)) return false;
    const rule: AlbumRule = { by: 'event', start, end };
    const places = await events.places(userId, { start, end }, NAMED_BY);
    const name = eventName({ start, end, places });
    if (!album) await albums.create(userId, { ...definition({ album_id, name, rule }, at), count });
    else if (!isSame(album, { name, rule, count }))
      await albums.change(userId, album_id, { set: { name, rule, count, updated_at: at } }, { onlyAuto: true });
    return true;
  }

  /** Places are called as their photos call them, which is kept beside for those who type. */
  async function placeNames(userId: string, places: readonly string[]): Promise<Map<string, string>> {
    const keys = places.map((place) => ({ user_id: userId, sk: `SUGGEST#${lastPart(place)}#place` }));
    const items = await itemsByKey(table, tableName, keys, { consistent: true });
    const byKey = new Map(items.map(({ sk, text }) => [sk, String(text)]));
    return new Map(places.map((place, index) => [place, byKey.get(keys[index]?.sk) ?? lastPart(place)]));
  }

  async function nameOf(userId: string, rule: Exclude<AlbumRule, { by: 'event' }>): Promise<string> {
    if (rule.by === 'month') return monthName(rule.month);
    if (rule.by === 'day') return dayName(rule.day);
    return (await placeNames(userId, [rule.place])).get(rule.place) ?? rule.place;
  }

  return { follow, placeNames };
}
export type AutoAlbums = ReturnType<typeof createAutoAlbums>;

interface RuleCount {
  rule: Exclude<AlbumRule, { by: 'event' }>;
  count: number;
}

/** How many photos each rule has that a tally counts for. */
function countsOf({ key, sums }: { key: string; sums: Sums }): RuleCount[] {
  const [kind, name = ''] = [key.slice(0, key.indexOf('#')), key.slice(key.indexOf('#') + 1)];
  const { count = 0 } = sums;
  if (kind === 'PLACED') return [{ rule: { by: name.includes('/') ? 'city' : 'country', place: name }, count }];
  if (kind !== 'DATED') return [];
  return [
    { rule: { by: 'month', month: name }, count },
    ...DAYS.map((day) => ({ rule: { by: 'day' as const, day: `${name}-${day}` }, count: sums[`day-${day}`] ?? 0 })),
  ];
}

const isVisible = (album: Album | undefined): album is Album => album?.kind === 'auto' && !album.hidden;

const isWanted = (by: RuleKind, count: number, settings: AlbumSettings): boolean =>
  count > 0 && settings.by.includes(by) && count >= settings.min_images;

function isSame({ name, rule, count }: Album, other: Pick<Album, 'name' | 'count'> & { rule: AlbumRule }): boolean {
  if (rule?.by !== 'event' || other.rule.by !== 'event') return false;
  const sameRun = rule.start === other.rule.start && rule.end === other.rule.end;
  return sameRun && name === other.name && count === other.count;
}

const definition = (known: Pick<Album, 'album_id' | 'name' | 'rule'>, at: string): Album => ({
  ...known,
  kind: 'auto',
  sort: 'taken',
  created_at: at,
  updated_at: at,
});

const lastPart = (place: string): string => place.slice(place.indexOf('/') + 1);
