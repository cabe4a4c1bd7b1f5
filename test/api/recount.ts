import type { ImageRecord } from '../../shared/domain/image.ts';
import { looksSame } from '../../shared/domain/near-duplicates.ts';

type Photo = ImageRecord;

const sum = (numbers: readonly (number | undefined)[]) =>
  numbers.reduce<number>((all, number) => all + (number ?? 0), 0);
const bytesOf = (photos: readonly Photo[]) => sum(photos.map(({ original }) => original?.bytes));
const thumbnailsOf = (photos: readonly Photo[]) =>
  sum(photos.flatMap(({ thumbnails }) => Object.values(thumbnails ?? {}).map((rendition) => rendition?.bytes)));
const groups = <K extends string>(photos: readonly Photo[], key: (photo: Photo) => K | null) =>
  [...Map.groupBy(photos, key)].filter((group): group is [K, Photo[]] => group[0] !== null);
const newestFirst = <T>(entries: readonly [string, T][]) => entries.toSorted(([a], [b]) => (a < b ? 1 : -1));

/** What dashboards should say of these records, counted from nothing else. Of images their ids. */
export function recount(records: readonly Photo[]) {
  const kept = records.filter(({ trashed_at }) => trashed_at === undefined);
  const shown = kept.filter(({ status }) => status === 'done');
  const listed = shown.filter(({ archived, taken_at }) => !archived && taken_at !== undefined);
  const byType = groups(shown, ({ format = 'unknown' }) => format)
    .map(([type, of]) => ({ type, images: of.length, bytes: bytesOf(of), thumbnail_bytes: thumbnailsOf(of) }))
    .sort((a, b) => b.bytes - a.bytes || (a.type < b.type ? -1 : 1));
  const uploads = new Map(groups(shown, ({ created_at }) => created_at.slice(0, 7)));
  const spare = shown.filter((photo) => shown.some((other) => looksSame(photo, other) && isBetter(other, photo)));

  return {
    stats: {
      images: kept.length,
      bytes: bytesOf(kept),
      favorites: kept.filter(({ favorite }) => favorite).length,
      archived: kept.filter(({ archived }) => archived).length,
      by_status: Object.fromEntries(groups(kept, ({ status }) => status).map(([status, of]) => [status, of.length])),
      by_type: byType,
      newest: shown
        .map(({ image_id }) => image_id)
        .toSorted()
        .reverse()
        .slice(0, 6),
    },
    upload: (month: string) => ({
      month,
      images: uploads.get(month)?.length ?? 0,
      bytes: bytesOf(uploads.get(month) ?? []),
    }),
    storage: {
      images: shown.length,
      bytes: bytesOf(shown),
      thumbnail_bytes: thumbnailsOf(shown),
      by_type: byType,
      by_month: newestFirst([...uploads]).map(([month, of]) => ({ month, images: of.length, bytes: bytesOf(of) })),
      near_duplicates: { images: spare.length, bytes: bytesOf(spare) },
    },
    largest: shown
      .map(({ original }) => original?.bytes ?? 0)
      .toSorted((a, b) => b - a)
      .slice(0, 10),
    places: places(shown),
    /** Periods of so many characters of `taken_at`, below `within`. */
    timeline: (characters: number, within = '') =>
      newestFirst(
        groups(listed, ({ taken_at = '' }) => (taken_at.startsWith(within) ? taken_at.slice(0, characters) : null)),
      ).map(([date, of]) => ({ date, count: of.length, cover: latest(of)[0] })),
    memories: (day: string, year: string) =>
      newestFirst(
        groups(
          listed.filter(({ taken_at_source }) => taken_at_source !== 'upload'),
          ({ taken_at = '' }) =>
            taken_at.slice(5, 10) === day && !taken_at.startsWith(year) ? taken_at.slice(0, 4) : null,
        ),
      ).map(([known, of]) => ({ year: Number(known), images: latest(of).slice(0, 3) })),
  };
}

const latest = (photos: readonly Photo[]) =>
  photos.toSorted((a, b) => ((a.taken_key ?? '') < (b.taken_key ?? '') ? 1 : -1)).map(({ image_id }) => image_id);

function isBetter(one: Photo, other: Photo): boolean {
  const score = ({ width = 0, height = 0, bytes = 0 }: Photo) => width * height * 1e6 + bytes;
  return score(one) > score(other) || (score(one) === score(other) && one.image_id < other.image_id);
}

function places(shown: readonly Photo[]) {
  const located = shown.filter(({ place, metadata }) => place || metadata?.gps);
  const names = new Map([
    ['Portugal', 'PT'],
    ['Fiji', 'FJ'],
  ]);
  const country = ({ place }: Photo) => (place?.country ? (names.get(place.country) ?? place.country) : null);
  return {
    images: located.length,
    box: boxOf(located, 1),
    countries: groups(located, country)
      .map(([id, of]) => ({
        id,
        images: of.length,
        box: boxOf(of, 1),
        cities: groups(of, ({ place }) => place?.city ?? null)
          .map(([city, within]) => ({ city, images: within.length, box: boxOf(within, 10) }))
          .sort((a, b) => (a.city < b.city ? -1 : 1)),
      }))
      .sort((a, b) => (a.id < b.id ? -1 : 1)),
  };
}

/** Around the cells of all positions: of all boxes that begin at one of them, going east, the narrowest. */
function boxOf(photos: readonly Photo[], perDegree: number) {
  const positions = photos.flatMap(({ metadata }) => metadata?.gps ?? []);
  if (positions.length === 0) return null;
  const rows = positions.map(({ lat }) => Math.floor(lat * perDegree));
  const columns = positions.map(({ lon }) => Math.floor(lon * perDegree));
  const around = 360 * perDegree;
  const eastOf = (west: number) => Math.max(...columns.map((column) => (column - west + around) % around));
  const west = columns.toSorted((a, b) => eastOf(a) - eastOf(b) || a - b)[0] ?? 0;
  const east = west + eastOf(west) + 1;
  const degrees = (cell: number) => cell / perDegree;
  return {
    south: degrees(Math.min(...rows)),
    west: degrees(west),
    north: degrees(Math.max(...rows) + 1),
    east: degrees(east > around / 2 ? east - around : east),
  };
}
