import { type ImageRecord, isShown } from '../image.ts';
import type { Posting } from '../search/postings.ts';
import { indexForm } from '../search/words.ts';
import type { AlbumRule, AlbumSort } from './album.ts';
import { parsePosition } from './position.ts';

/**
 * The lists albums are read from. Each ends in what its photos are ordered by, so that a page of an album is one query:
 *
 * ```
 * IN_ALBUM#{album_id}#{taken | added | manual}#{time or rank}#{image_id}   what a person put together, in each of its orders
 * PLACED#{country | country/city}#{taken_at}#{image_id}                    by place
 * TAKEN#{taken_at}#{image_id}                                              by day, month and event
 * ```
 */
export const albumListOf = {
  member: (albumId: string, sort: AlbumSort, key: string) => `IN_ALBUM#${albumId}#${sort}#${key}`,
  placed: (place: string, takenAt: string) => `PLACED#${place}#${takenAt}`,
  taken: (takenAt: string) => `TAKEN#${takenAt}`,
};

/** The lists automatic albums are read from that a photo is in: three at the most. None where its owner does not see it in the gallery. */
export const viewedListsOf = (record: ImageRecord): Posting[] => [...placedOf(record), ...timelineOf(record)];

/** Its postings in the albums it was put into, in each of their orders. */
export function membershipsOf(record: ImageRecord): Posting[] {
  const { albums = {}, taken_at = '' } = record;
  if (!isShown(record)) return [];
  return Object.entries(albums).flatMap(([albumId, stored]) => {
    const { rank, added } = parsePosition(stored);
    return [
      { list: albumListOf.member(albumId, 'taken', taken_at) },
      { list: albumListOf.member(albumId, 'added', added) },
      { list: albumListOf.member(albumId, 'manual', rank) },
    ];
  });
}

/** Ids of the albums a photo is counted in. */
export const albumsOf = (record: ImageRecord): string[] => (isShown(record) ? Object.keys(record.albums ?? {}) : []);

/** The keys of the places a photo is listed under: its country, and its city there. Archived photos are in no automatic album. */
export function placeKeysOf(record: ImageRecord): string[] {
  if (!isShown(record) || record.archived) return [];
  const country = formOf(record.place?.country);
  const city = formOf(record.place?.city);
  return [...(country === '' ? [] : [country]), ...(city === '' ? [] : [`${country}/${city}`])];
}

/** When a photo was taken, as far as albums rely on it: the time of an upload says nothing of that. */
export function datedAt(record: ImageRecord): string | null {
  const { taken_at, taken_at_source, archived } = record;
  return !isShown(record) || archived || taken_at_source === 'upload' ? null : (taken_at ?? null);
}

/** A range of sort keys, both ends included. */
export interface KeyRange {
  low: string;
  high: string;
}

/** Greater than whatever a key goes on with: `#`, digits, letters. */
const PAST = '~';
const below = (prefix: string): KeyRange => ({ low: prefix, high: prefix + PAST });

/** Where the members of an album by this rule lie. */
export function rangeOfRule(rule: AlbumRule): KeyRange {
  switch (rule.by) {
    case 'country':
    case 'city':
      return below(`PLACED#${rule.place}#`);
    case 'month':
      return below(`TAKEN#${rule.month}-`);
    case 'day':
      return below(`TAKEN#${rule.day}T`);
    case 'event':
      return { low: `TAKEN#${rule.start}`, high: `TAKEN#${rule.end}` };
  }
}

/** Where the members of an album that a person put together lie, in one of its orders. */
export const rangeOfMembers = (albumId: string, sort: AlbumSort): KeyRange => below(`IN_ALBUM#${albumId}#${sort}#`);

const placedOf = (record: ImageRecord): Posting[] =>
  placeKeysOf(record).map((place) => ({ list: albumListOf.placed(place, record.taken_at ?? '') }));

function timelineOf(record: ImageRecord): Posting[] {
  const takenAt = datedAt(record);
  if (takenAt === null) return [];
  const { metadata, place } = record;
  const name = place?.city ?? place?.country;
  return [
    {
      list: albumListOf.taken(takenAt),
      ...(metadata?.gps && { lat: metadata.gps.lat, lon: metadata.gps.lon }),
      ...(name !== undefined && { place: name }),
    },
  ];
}

// Index form first: what it unifies may be a `/` only then.
const formOf = (name: string | undefined) => indexForm(indexForm(name ?? '').replaceAll('/', ' '));
