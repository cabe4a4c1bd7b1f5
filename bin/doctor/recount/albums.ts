import { type Finding, finding, type Item, privately } from './finding.ts';
import { isKept, type Photo } from './photo.ts';

interface Definition extends Item {
  album_id: string;
  kind: string;
  hidden?: true;
  count?: number;
  rule?: { by: string; place?: string; month?: string; day?: string; start?: string; end?: string };
}

/** Events and automatic albums of one user against the records of photos: looked for as a person would, without the product's help. */
export function createAlbumsCheck(photos: ReadonlyMap<string, Photo>) {
  const definitions: Definition[] = [];
  const events: Item[] = [];
  let settings: Item | undefined;

  return {
    item(kind: string, item: Item): void {
      if (kind === 'ALBUM') definitions.push(item as Definition);
      if (kind === 'EVENT') events.push(item);
      if (kind === 'ALBUM_SETTINGS') settings = item;
    },

    findings(): Finding[] {
      const shown = [...photos.values()].filter(isKept);
      const viewed = shown.filter(({ archived }) => !archived);
      const dated = viewed.filter(
        ({ taken_at, taken_at_source }) => taken_at !== undefined && taken_at_source !== 'upload',
      );
      const there = new Set(definitions.filter(({ hidden }) => !hidden).map(({ album_id }) => album_id));
      return [
        ...shown.flatMap(({ image_id, albums }) =>
          Object.keys(albums ?? {})
            .filter((album) => !there.has(album))
            .map((album) =>
              finding('albums', `image ${image_id} says that it is in album ${album}, which is gone`, {
                photo: image_id,
              }),
            ),
        ),
        ...[...checkEvents(events, dated), ...checkDefinitions(definitions, { events, settings, viewed, dated })].map(
          (words) => privately('albums', words, 'counters'),
        ),
      ];
    },
  };
}

function same(what: string, expected: readonly string[], found: readonly string[]): string[] {
  const [one, other] = [new Set(expected), new Set(found)];
  return [
    ...[...one.difference(other)].map((key) => `${what}: ${key} is missing`),
    ...[...other.difference(one)].map((key) => `${what}: ${key} is too many`),
  ];
}

/** Runs of photos, none more than 12 hours and 100 km from the one before, as looking at all of them finds them. */
function runsOf(dated: readonly Photo[]): { start: string; end: string; count: number }[] {
  const keyOf = ({ taken_at, image_id }: Photo) => `${taken_at}#${image_id}`;
  const sorted = dated.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const runs: Photo[][] = [];
  for (const photo of sorted) {
    const last = runs.at(-1)?.at(-1);
    const hours = last ? (Date.parse(`${photo.taken_at}Z`) - Date.parse(`${last.taken_at}Z`)) / 3_600_000 : 0;
    const apart = last ? kmBetween(last.gps, photo.gps) : 0;
    if (last && hours <= 12 && apart <= 100) runs.at(-1)?.push(photo);
    else runs.push([photo]);
  }
  return runs.map((run) => ({ start: keyOf(run[0] as Photo), end: keyOf(run.at(-1) as Photo), count: run.length }));
}

type Position = { lat: number; lon: number } | undefined;

/** By the law of cosines. */
function kmBetween(one: Position, other: Position): number {
  if (!one || !other) return 0;
  const [a, b, across] = [one.lat, other.lat, other.lon - one.lon].map((degrees) => (degrees * Math.PI) / 180) as [
    number,
    number,
    number,
  ];
  const cosine = Math.sin(a) * Math.sin(b) + Math.cos(a) * Math.cos(b) * Math.cos(across);
  return 6371 * Math.acos(Math.min(1, cosine));
}

function checkEvents(items: readonly Item[], dated: readonly Photo[]): string[] {
  const words = ({ start, end, count }: { start: unknown; end: unknown; count: unknown }) =>
    `${start} to ${end}: ${count}`;
  const ids = items.map(({ album_id }) => album_id);
  return [
    ...same(
      'events',
      runsOf(dated).map(words),
      items.map(({ start, end, count }) => words({ start, end, count })),
    ),
    ...items.filter(({ sk, start }) => sk !== `EVENT#${start}`).map(({ sk }) => `event ${sk} lies elsewhere`),
    ...(new Set(ids).size === ids.length ? [] : ['two events share an album']),
  ];
}

/** Automatic albums: none without photos, none missing that is wanted. */
function checkDefinitions(
  definitions: readonly Definition[],
  {
    events: stored,
    settings: wish,
    viewed,
    dated,
  }: { events: readonly Item[]; settings: Item | undefined; viewed: readonly Photo[]; dated: readonly Photo[] },
): string[] {
  const counts = new Map<string, number>();
  const count = (key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const { places } of viewed) for (const key of places) count(key);
  for (const { taken_at = '' } of dated) for (const key of [taken_at.slice(0, 7), taken_at.slice(0, 10)]) count(key);
  const events = new Map(stored.map((event) => [String(event.album_id), event]));
  const shown = definitions.filter(({ kind, hidden }) => kind === 'auto' && !hidden);
  const wrong = shown.flatMap(({ album_id, rule, count: said }) => {
    if (rule?.by !== 'event')
      return counts.has(rule?.place ?? rule?.month ?? rule?.day ?? '')
        ? []
        : [`album ${album_id} of ${rule?.by} is empty`];
    const event = events.get(album_id);
    const right = event?.start === rule.start && event?.end === rule.end && event?.count === said && (said ?? 0) >= 3;
    return right ? [] : [`album ${album_id} is of no event as it is`];
  });
  const settings = wish as { by: string[]; min_images: number } | undefined;
  if (!settings) return wrong;
  const made = new Set(
    definitions.map(({ rule }) =>
      rule?.by === 'event' ? '' : `${rule?.by} ${rule?.place ?? rule?.month ?? rule?.day}`,
    ),
  );
  const kindOf = (key: string) =>
    /^\d{4}-\d\d(-\d\d)?$/.test(key) ? (key.length === 7 ? 'month' : 'day') : key.includes('/') ? 'city' : 'country';
  const wanted = [...counts].filter(([key, n]) => n >= settings.min_images && settings.by.includes(kindOf(key)));
  const missing = wanted.map(([key]) => `${kindOf(key)} ${key}`).filter((name) => !made.has(name));
  const ids = new Set(definitions.map(({ album_id }) => album_id));
  const events3 = [...events].filter(([, event]) => Number(event.count) >= Math.max(3, settings.min_images));
  const lost = settings.by.includes('event') ? events3.filter(([id]) => !ids.has(id)).map(([id]) => `event ${id}`) : [];
  return [...wrong, ...[...missing, ...lost].map((name) => `there is no album of ${name}`)];
}
