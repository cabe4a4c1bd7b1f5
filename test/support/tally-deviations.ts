import type { ImageRecord } from '../../shared/domain/image.ts';
import type { Item } from './items.ts';

type Sums = Record<string, number>;

/** Every tally as it should be, by key, counted from the records; of near-duplicates the pairs are believed (they are checked elsewhere). */
export function countTallies(items: readonly Item[], records: readonly ImageRecord[]): Map<string, Sums> {
  const tallies = new Map<string, Sums>();
  const add = (key: string, sums: Sums) => {
    const tally = tallies.get(key) ?? {};
    for (const [name, by] of Object.entries(sums)) if (by !== 0) tally[name] = (tally[name] ?? 0) + by;
    tallies.set(key, tally);
  };
  for (const photo of records.filter(isInGallery)) {
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
    if (!place && !photo.metadata?.gps) continue;
    add('LOCATED', { count: 1, ...cells(photo, 1) });
    const country = place?.country_code ?? place?.country ?? '-';
    if (place?.city || place?.country || place?.country_code)
      add(`COUNTRY#${countryOf(country)}`, { count: 1, ...cells(photo, 1) });
    if (place?.city)
      add(`CITY#${countryOf(country)}#${place.city}#${place.region ?? ''}`, { count: 1, ...cells(photo, 10) });
  }
  for (const { bytes } of spares(items, records)) add('SPARE', { count: 1, bytes });
  return tallies;
}

type Add = (key: string, sums: Sums) => void;

const plain = (name: string | undefined) => (name ?? '').normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

function addAlbums({ albums, archived, place, taken_at, taken_at_source }: ImageRecord, add: Add): void {
  for (const album of Object.keys(albums ?? {})) add(`ALBUM#${album}`, { count: 1 });
  if (archived) return;
  const [country, city] = [plain(place?.country), plain(place?.city)];
  if (country) add(`PLACED#${country}`, { count: 1 });
  if (city) add(`PLACED#${country}/${city}`, { count: 1 });
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

/** Countries tests name without their code. */
const countryOf = (name: string) => ({ Portugal: 'PT', Japan: 'JP', Fiji: 'FJ', Norway: 'NO' })[name] ?? name;

function cells({ metadata }: ImageRecord, perDegree: number): Sums {
  const { lat, lon } = metadata?.gps ?? {};
  if (lat === undefined || lon === undefined) return {};
  return { [`lat:${Math.floor(lat * perDegree)}`]: 1, [`lon:${Math.floor(lon * perDegree)}`]: 1 };
}

/** Photos that have a neighbour with more pixels, or as many and more bytes, or as many of both and an earlier id. */
function spares(items: readonly Item[], records: readonly ImageRecord[]): { image_id: string; bytes: number }[] {
  const byId = new Map(records.map((photo) => [photo.image_id, photo]));
  const neighbours = Map.groupBy(
    items.filter(({ sk }) => sk.startsWith('NEAR#')),
    ({ sk }) => sk.split('#')[1] ?? '',
  );
  const rank = ({ width = 0, height = 0, bytes = 0 }: ImageRecord) => [width * height, bytes];
  const isBetter = (one: ImageRecord, other: ImageRecord) => {
    const [pixels = 0, bytes = 0] = rank(one);
    const [otherPixels = 0, otherBytes = 0] = rank(other);
    if (pixels !== otherPixels) return pixels > otherPixels;
    return bytes === otherBytes ? one.image_id < other.image_id : bytes > otherBytes;
  };
  return [...neighbours].flatMap(([image_id, pairs]) => {
    const photo = byId.get(image_id);
    const others = pairs.flatMap(({ sk }) => byId.get(sk.split('#')[2] ?? '') ?? []);
    if (!photo || !others.some((other) => isBetter(other, photo))) return [];
    return [{ image_id, bytes: photo.original?.bytes ?? 0 }];
  });
}

/** What says of a photo that it is spare, against its pairs. */
export function checkSpares(items: readonly Item[], records: readonly ImageRecord[]): string[] {
  const found = items.filter(({ sk }) => sk.startsWith('SPARE#')).map(({ sk, bytes }) => `${sk.slice(6)} ${bytes}`);
  const expected = spares(items, records).map(({ image_id, bytes }) => `${image_id} ${bytes}`);
  const missing = expected.filter((spare) => !found.includes(spare)).map((spare) => `${spare} is missing`);
  return [...missing, ...found.filter((spare) => !expected.includes(spare)).map((spare) => `${spare} is too many`)];
}

/** The feed tells of every photo in the gallery that it came (or, trashed before it was done, came back), and says of none more than its id and what happened. */
export function checkActivities(items: readonly Item[], records: readonly ImageRecord[]): string[] {
  const known = ['user_id', 'sk', 'type', 'at', 'image_id', 'subject', 'expires'];
  const more = items.flatMap((item) =>
    Object.keys(item)
      .filter((name) => !known.includes(name))
      .map((name) => `activity ${item.sk} says ${name}`),
  );
  const came = new Set(
    items.filter(({ type }) => type === 'added' || type === 'restored').map(({ image_id }) => image_id),
  );
  const untold = records.filter((photo) => isInGallery(photo) && !came.has(photo.image_id));
  return [...more, ...untold.map(({ image_id }) => `the feed does not tell that image ${image_id} came`)];
}
