import { albumsOf, datedAt, placeKeysOf } from './albums/lists.ts';
import { type ImageRecord, isShown } from './image.ts';
import { CITY_CELL, COUNTRY_CELL, cellsOf, cityKey, countryKey } from './locations.ts';
import { facesByPerson } from './people/faces.ts';

/**
 * What a photo adds to one of its owner's tallies: whole numbers under names. In the table a tally is the item
 * `{user_id, sk: 'TALLY#' + key, sums}`, the sum over all photos; it goes when its `count` falls to 0.
 */
export interface Tally {
  key: string;
  add: { count: number } & Record<string, number>;
}

/** Sums of one tally; names without a photo are left out. */
export type Sums = Record<string, number>;

/** Keys of the tallies. */
export const tallyOf = {
  /** `YYYY-MM` of the local time it was taken: photos, and photos by day (`day-31`). */
  month: (month: string) => `MONTH#${month}`,
  /** An album that a person put together: its photos. */
  album: (albumId: string) => `ALBUM#${albumId}`,
  /** `portugal`, `portugal/lisbon`: the photos an automatic album of that place shows. */
  placed: (place: string) => `PLACED#${place}`,
  /** `YYYY-MM`: the photos an automatic album of that month shows, and those of its days (`day-31`). */
  dated: (month: string) => `DATED#${month}`,
  /** Photos, `bytes` of their originals and of their `thumbnails`; and the same by format (`count:jpeg`, `bytes:jpeg` …). */
  storage: 'STORAGE',
  /** `YYYY-MM` (UTC) of the upload: photos and `bytes`. */
  uploaded: (month: string) => `UPLOADED#${month}`,
  /** Photos whose place or position is known, by rows and columns of cells (see `cellsOf`). */
  located: 'LOCATED',
  /** The same of one country (see `countryKey`), and of one city in it (`cityKey`). */
  country: (country: string) => `COUNTRY#${country}`,
  city: (country: string, city: string) => `CITY#${country}#${city}`,
  /** Photos of which there is a better near-duplicate, and their `bytes`. Not a photo's own doing: see `pair-photos.ts`. */
  spare: 'SPARE',
  /** A person: photos, and faces in them (`faces`). */
  person: (personId: string) => `PERSON#${personId}`,
  /** Photos with faces; faces, those that are nobody's yet (`unassigned`), and faces by year (`faces-2024`). */
  people: 'PEOPLE',
};

/** Every tally a photo adds to, each once. None where its owner does not see it in the gallery. */
export function talliesOf(record: ImageRecord): Tally[] {
  if (!isShown(record)) return [];
  return [
    ...monthOf(record),
    ...storageOf(record),
    ...locationsOf(record),
    ...forAlbumsOf(record),
    ...peopleOf(record),
  ];
}

function monthOf({ taken_at, archived }: ImageRecord): Tally[] {
  if (taken_at === undefined || archived) return [];
  return [{ key: tallyOf.month(taken_at.slice(0, 7)), add: { count: 1, [`day-${taken_at.slice(8, 10)}`]: 1 } }];
}

function forAlbumsOf(record: ImageRecord): Tally[] {
  const takenAt = datedAt(record);
  return [
    ...albumsOf(record).map((albumId) => ({ key: tallyOf.album(albumId), add: { count: 1 } })),
    ...placeKeysOf(record).map((place) => ({ key: tallyOf.placed(place), add: { count: 1 } })),
    ...(takenAt === null
      ? []
      : [{ key: tallyOf.dated(takenAt.slice(0, 7)), add: { count: 1, [`day-${takenAt.slice(8, 10)}`]: 1 } }]),
  ];
}

function storageOf({ original, thumbnails, format = 'unknown', created_at }: ImageRecord): Tally[] {
  const bytes = original?.bytes ?? 0;
  const { small, medium, preview } = thumbnails ?? {};
  const rendered = [small, medium, preview].reduce((sum, rendition) => sum + (rendition?.bytes ?? 0), 0);
  const own = { [`count:${format}`]: 1, [`bytes:${format}`]: bytes, [`thumbnails:${format}`]: rendered };
  return [
    { key: tallyOf.storage, add: { count: 1, bytes, thumbnails: rendered, ...own } },
    { key: tallyOf.uploaded(created_at.slice(0, 7)), add: { count: 1, bytes } },
  ];
}

function locationsOf(record: ImageRecord): Tally[] {
  const { place, metadata } = record;
  const wide = cellsOf(record, COUNTRY_CELL);
  if (!place && !metadata?.gps) return [];
  const located = { key: tallyOf.located, add: { count: 1, ...wide } };
  if (!place?.city && !place?.country && !place?.country_code) return [located];
  const country = countryKey(place);
  const city = cityKey(place);
  return [
    located,
    { key: tallyOf.country(country), add: { count: 1, ...wide } },
    ...(city === null ? [] : [{ key: tallyOf.city(country, city), add: { count: 1, ...cellsOf(record, CITY_CELL) } }]),
  ];
}

function peopleOf({ faces = [], taken_at }: ImageRecord): Tally[] {
  if (faces.length === 0) return [];
  const unassigned = faces.filter(({ person_id }) => person_id === null).length;
  const year = taken_at?.slice(0, 4);
  const all = {
    count: 1,
    faces: faces.length,
    ...(unassigned > 0 && { unassigned }),
    ...(year && { [`faces-${year}`]: faces.length }),
  };
  const people = [...facesByPerson(faces)].map(([personId, own]) => ({
    key: tallyOf.person(personId),
    add: { count: 1, faces: own.length },
  }));
  return [{ key: tallyOf.people, add: all }, ...people];
}

/** Sums with one photo more (`sign` 1), or without one that was counted (−1). */
export function changeSums(sums: Sums, add: Sums, sign: 1 | -1): Sums {
  const changed = { ...sums };
  for (const [name, by] of Object.entries(add)) {
    const sum = (changed[name] ?? 0) + sign * by;
    if (sum === 0) delete changed[name];
    else changed[name] = sum;
  }
  return changed;
}
