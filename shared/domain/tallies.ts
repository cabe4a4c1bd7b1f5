import { albumsOf, datedAt, placeKeysOf } from './albums/lists.ts';
import { type ImageRecord, isShown } from './image.ts';

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
};

/** Every tally a photo adds to, each once. None where its owner does not see it in the gallery. */
export function talliesOf(record: ImageRecord): Tally[] {
  if (!isShown(record)) return [];
  return [...monthOf(record), ...forAlbumsOf(record)];
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
