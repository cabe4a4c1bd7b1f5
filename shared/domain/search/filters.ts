import { type ImageRecord, type ImageStatus, isDegraded, isTerminal } from '../image.ts';
import { camerasOf, placesOf, tagsOf } from './names.ts';
import { listOf } from './postings.ts';

/** What a photo must be to be found; names in index form. */
export interface Filters {
  status: ImageStatus | 'degraded';
  tags: readonly string[];
  places: readonly string[];
  camera?: string | undefined;
  cluster?: string | undefined;
  person?: string | undefined;
  favorite?: boolean | undefined;
  /** Local wall time or the beginning of one: `2024`, `2024-05-31`. Both inclusive; a year, month or day is meant whole. */
  from?: string | undefined;
  to?: string | undefined;
}

/** The list that has every photo, in whatever state: the records themselves. */
export const RECORDS = 'IMAGE';

/** Whether a record is what was asked for. The last word on every hit: a list may be a moment behind its record. */
export function matches(record: ImageRecord, filters: Filters): boolean {
  const { status, tags, places, camera, cluster, person, favorite } = filters;
  if (record.deleted_at !== undefined || record.trashed_at !== undefined) return false;
  if (status === 'degraded' ? !isDegraded(record) : record.status !== status) return false;
  if (favorite !== undefined && (record.favorite ?? false) !== favorite) return false;
  if (cluster !== undefined && record.cluster?.cluster_id !== cluster) return false;
  if (person !== undefined && !record.faces?.some(({ person_id }) => person_id === person)) return false;
  if (!withinDates(record.taken_at, filters)) return false;
  return (
    includesAll(tagsOf(record), tags) &&
    includesAll(placesOf(record), places) &&
    includesAll(camerasOf(record), camera === undefined ? [] : [camera])
  );
}

/** Whether a local wall time lies between two (beginnings of) others; what has none lies nowhere. */
export function withinDates(takenAt: string | undefined, { from, to }: Pick<Filters, 'from' | 'to'>): boolean {
  if (from === undefined && to === undefined) return true;
  if (takenAt === undefined) return false;
  return (from === undefined || takenAt >= from) && (to === undefined || takenAt.slice(0, to.length) <= to);
}

/**
 * The lists that together hold the photos asked for, dates aside. None where only dates or nothing was asked: every other list
 * holds `done` photos only, so that their own need not be read beside them.
 */
export function listsFor({ status, tags, places, camera, cluster, person, favorite }: Filters): string[] {
  return [
    ...tags.map(listOf.tag),
    ...places.map(listOf.place),
    ...(camera === undefined ? [] : [listOf.camera(camera)]),
    ...(cluster === undefined ? [] : [`IN#${cluster}`]),
    ...(person === undefined ? [] : [listOf.person(person)]),
    ...(favorite === true ? [listOf.favorite] : []),
    ...(status === 'done' ? [] : [status === 'degraded' || isTerminal(status) ? listOf.status(status) : RECORDS]),
  ];
}

function includesAll(values: readonly string[], wanted: readonly string[]): boolean {
  return wanted.every((value) => values.includes(value));
}
