import { placeKeysOf } from '../../../shared/domain/albums/lists.ts';
import type { ImageRecord } from '../../../shared/domain/image.ts';
import { cityKey, countryKey } from '../../../shared/domain/locations.ts';

export type Sums = Record<string, number>;

/** Adds what one photo adds to its owner's tallies, counted from its record as a person would. */
export function tallyPhoto(photo: ImageRecord, tallies: Map<string, Sums>): void {
  if (!isInGallery(photo)) return;
  const add: Add = (key, sums) => addTo(tallies, key, sums);
  const bytes = photo.original?.bytes ?? 0;
  const { taken_at, archived, place } = photo;
  if (taken_at !== undefined && !archived)
    add(`MONTH#${taken_at.slice(0, 7)}`, { count: 1, [`day-${taken_at.slice(8, 10)}`]: 1 });
  const small = Object.values(photo.thumbnails ?? {}).reduce((sum, rendition) => sum + (rendition?.bytes ?? 0), 0);
  const format = photo.format ?? 'unknown';
  const own = { [`count:${format}`]: 1, [`bytes:${format}`]: bytes, [`thumbnails:${format}`]: small };
  add('STORAGE', { count: 1, bytes, thumbnails: small, ...own });
  add(`UPLOADED#${photo.created_at.slice(0, 7)}`, { count: 1, bytes });
  addAlbums(photo, add);
  addPeople(photo, add);
  if (!place && !photo.metadata?.gps) return;
  add('LOCATED', { count: 1, ...cells(photo, 1) });
  if (!place?.city && !place?.country && !place?.country_code) return;
  const country = countryKey(place);
  add(`COUNTRY#${country}`, { count: 1, ...cells(photo, 1) });
  if (place.city) add(`CITY#${country}#${cityKey(place)}`, { count: 1, ...cells(photo, 0.1) });
}

export function addTo(tallies: Map<string, Sums>, key: string, sums: Sums): void {
  const tally = tallies.get(key) ?? {};
  for (const [name, by] of Object.entries(sums)) if (by !== 0) tally[name] = (tally[name] ?? 0) + by;
  tallies.set(key, tally);
}

type Add = (key: string, sums: Sums) => void;

function addAlbums(record: ImageRecord, add: Add): void {
  const { albums, archived, taken_at, taken_at_source } = record;
  for (const album of Object.keys(albums ?? {})) add(`ALBUM#${album}`, { count: 1 });
  if (archived) return;
  for (const place of placeKeysOf(record)) add(`PLACED#${place}`, { count: 1 });
  if (taken_at !== undefined && taken_at_source !== 'upload')
    add(`DATED#${taken_at.slice(0, 7)}`, { count: 1, [`day-${taken_at.slice(8, 10)}`]: 1 });
}

function addPeople({ faces = [], taken_at }: ImageRecord, add: Add): void {
  if (faces.length === 0) return;
  const year = taken_at === undefined ? {} : { [`faces-${taken_at.slice(0, 4)}`]: faces.length };
  const nobodys = faces.filter(({ person_id }) => person_id === null).length;
  add('PEOPLE', { count: 1, faces: faces.length, unassigned: nobodys, ...year });
  for (const [person, own] of Map.groupBy(faces, ({ person_id }) => person_id))
    if (person !== null) add(`PERSON#${person}`, { count: 1, faces: own.length });
}

const isInGallery = ({ status, trashed_at }: ImageRecord) => status === 'done' && trashed_at === undefined;

/** `size`: degrees. 8.2 is the upper edge of a cell of 0.1 as doubles are divided, and the poles belong to the last cell. */
function cells({ metadata }: ImageRecord, size: number): Sums {
  const { lat, lon } = metadata?.gps ?? {};
  if (lat === undefined || lon === undefined) return {};
  const [row, column] = [
    Math.floor((lat === 90 ? 89.99 : lat) / size),
    Math.floor((lon === 180 ? 179.99 : lon) / size),
  ];
  return { [`lat:${row}`]: 1, [`lon:${column}`]: 1 };
}
