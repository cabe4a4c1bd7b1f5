import { type ImageRecord, isShown } from './image.ts';
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
  /** A person: photos, and faces in them (`faces`). */
  person: (personId: string) => `PERSON#${personId}`,
  /** Photos with faces; faces, those that are nobody's yet (`unassigned`), and faces by year (`faces-2024`). */
  people: 'PEOPLE',
};

/** Every tally a photo adds to, each once. None where its owner does not see it in the gallery. */
export function talliesOf(record: ImageRecord): Tally[] {
  if (!isShown(record)) return [];
  return [...monthOf(record), ...peopleOf(record)];
}

function monthOf({ taken_at, archived }: ImageRecord): Tally[] {
  if (taken_at === undefined || archived) return [];
  return [{ key: tallyOf.month(taken_at.slice(0, 7)), add: { count: 1, [`day-${taken_at.slice(8, 10)}`]: 1 } }];
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
