import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { OrganizeDeps } from '../../functions/organize/deps.ts';
import { createOrganize } from '../../functions/organize/organize.ts';
import { itemsBelow } from '../../shared/adapters/table.ts';
import type { OrganizeEvent } from '../../shared/contract/messages.ts';
import type {
  ActivityPage,
  DashboardStats,
  LocationAnalysis,
  Memories,
  StorageAnalysis,
  Timeline,
} from '../../shared/contract/schemas.ts';
import { seededRandom } from '../../shared/domain/clustering/random.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';
import { createGallery, hashOf, organizeDeps } from '../organize/gallery.ts';
import { TABLE } from '../support/world.ts';
import { type Api, startApi } from './api.ts';
import { recount } from './recount.ts';

const SEED = 20240531;
const OPERATIONS = 1_000;
/** Events of one batch: what happened to one photo in it is brought in line at once. */
const BATCHES = [5, 50, 100, 200];
const USER = 'Ann';

/** As the API knows the time: within the feed's ninety days. */
const TODAY = new Date('2026-03-15T12:00:00.000Z');
vi.mock('../../shared/adapters/ids.ts', async (original) => ({
  ...(await original<typeof import('../../shared/adapters/ids.ts')>()),
  systemClock: () => TODAY,
}));

let api: Api;
let deps: OrganizeDeps;
let now = Date.parse('2026-01-01T12:00:00.000Z');
beforeAll(async () => {
  api = await startApi();
  // Each look at the clock is a second later, so that the feed has an order.
  const clock = () => {
    now += 1_000;
    return new Date(now);
  };
  deps = { ...organizeDeps(api.world, new Date(now)), clock };
});
afterAll(() => api.stop());

const ask = async <T>(path: string, query: Record<string, string> = {}): Promise<T> =>
  (await api.call('GET', path, { as: USER, query })).json<T>();

test(`after a thousand random operations every dashboard answers what a recount finds (seed ${SEED})`, async () => {
  const gallery = createGallery(api.world, deps, USER);
  const organize = createOrganize(deps);
  const random = seededRandom(SEED);
  const upTo = (end: number) => Math.floor(random() * end);
  const chance = (share: number) => random() < share;
  const pick = <T>(values: readonly T[]) => values[upTo(values.length)] as T;
  const feed = feedOf();

  const looks = (number: number): Partial<ImageRecord> => {
    const side = pick([60, 80, 120]);
    const bytes = 100 * (1 + upTo(40));
    const rendition = (size: number) => ({ key: 'k', content_type: 'image/webp', bytes: size, width: 8, height: 6 });
    return {
      phash: hashOf(upTo(6), number),
      ...{ width: side * 4, height: side * 3, bytes, format: pick(['jpeg', 'heic', 'png']) },
      original: { ...rendition(bytes), key: `originals/${number}` },
      thumbnails: { small: rendition(upTo(50)), medium: rendition(upTo(500)) },
    };
  };
  const date = (number: number): Partial<ImageRecord> => {
    const taken_at = `${2020 + upTo(5)}-0${1 + upTo(2)}-1${upTo(2)}T1${upTo(9)}:00:00`;
    return {
      taken_at,
      taken_key: `${taken_at}#${gallery.key(number).imageId}`,
      taken_at_source: pick(['camera', 'camera', 'upload']),
    };
  };
  const where = (): Partial<ImageRecord> => ({
    place: pick([
      { city: 'Lisbon', region: 'Lisbon', country: 'Portugal', country_code: 'PT' },
      { city: 'Porto', country: 'Portugal' },
      { city: 'Suva', country: 'Fiji', country_code: 'FJ' },
      { country: 'Narnia' },
      {},
    ]),
    metadata: chance(0.8)
      ? { gps: { lat: pick([38.71, 41.15, -18.14]), lon: pick([-9.14, -8.61, 178.44, -179.51]) } }
      : {},
  });

  let newest = 0;
  const alive: number[] = [];
  async function upload(): Promise<OrganizeEvent> {
    newest += 1;
    alive.push(newest);
    if (chance(0.1)) return gallery.rejected(newest);
    const created_at = `2025-${pick(['03', '09', '12'])}-01T00:00:00.000Z`;
    return gallery.described(newest, upTo(2), { ...looks(newest), ...date(newest), ...where(), created_at });
  }

  /** Something that happens to one photo; `null` where it cannot be run again. */
  async function happen(number: number): Promise<OrganizeEvent | null> {
    switch (upTo(16)) {
      case 0:
        alive.splice(alive.indexOf(number), 1);
        return gallery.removed(number);
      case 1:
        return gallery.describedAgain(number, looks(number), null);
      case 2:
      case 3:
        return (await gallery.trashed(number)) ?? gallery.restored(number);
      case 4:
      case 5:
        return gallery.edited(number, where());
      case 6:
        return gallery.edited(number, date(number));
      case 7:
        return gallery.edited(number, { favorite: chance(0.5), archived: chance(0.3) });
      default:
        return gallery.edited(number, { tags: [pick(['dog', 'cat', 'sea'])] });
    }
  }

  let batch: OrganizeEvent[] = [];
  let size = pick(BATCHES);
  for (let count = 0; count < OPERATIONS; ) {
    const event = await (chance(0.05) || alive.length < 15 ? upload() : happen(pick(alive)));
    if (!event) continue;
    count += 1;
    batch.push(event);
    if (batch.length < size && count < OPERATIONS) continue;
    await organize(USER, batch);
    // Now and then it is delivered once more.
    if (chance(0.2)) await organize(USER, batch);
    batch = [];
    size = pick(BATCHES);
    feed.look(await records());
  }

  expect(await gallery.deviations()).toEqual([]);
  const expected = recount(await records());
  await compareStats(expected);
  await compareStorage(expected);
  await comparePlaces(expected);
  await compareTime(expected);
  expect(await wholeFeed()).toEqual(feed.told());
});

async function records(): Promise<ImageRecord[]> {
  const items = itemsBelow(api.world.table, TABLE, { userId: USER, prefix: 'IMAGE#', consistent: true });
  return (await Array.fromAsync(items)) as unknown as ImageRecord[];
}

type Recount = ReturnType<typeof recount>;
const ids = (images: readonly { image_id: string }[]) => images.map(({ image_id }) => image_id);

async function compareStats(expected: Recount): Promise<void> {
  const { newest, uploads, degraded, updated_at, ...counters } = await ask<DashboardStats>('/dashboard/stats');
  expect({ ...counters, newest: ids(newest) }).toEqual(expected.stats);
  expect(degraded).toBe(0);
  expect(uploads.map(({ month }) => month)).toEqual(expect.arrayContaining(['2025-09', '2025-12']));
  expect(uploads).toEqual(uploads.map(({ month }) => expected.upload(month)));
}

async function compareStorage(expected: Recount): Promise<void> {
  const { largest, ...storage } = await ask<StorageAnalysis>('/dashboard/storage-analysis');
  expect(storage).toEqual(expected.storage);
  expect(storage.near_duplicates.images).toBeGreaterThan(0);
  expect(largest.map(({ bytes }) => bytes)).toEqual(expected.largest);
}

async function comparePlaces(expected: Recount): Promise<void> {
  const { images, box, countries } = await ask<LocationAnalysis>('/dashboard/location-analysis');
  const found = countries.map(({ id, images, box, cities }) => ({
    ...{ id, images, box },
    cities: cities.map(({ city, images, box }) => ({ city, images, box })),
  }));
  expect({ images, box, countries: found }).toEqual(expected.places);
}

async function compareTime(expected: Recount): Promise<void> {
  const shape = ({ items }: Timeline) => items.map(({ cover, ...rest }) => ({ ...rest, cover: cover?.image_id }));
  expect(shape(await ask('/timeline', { limit: '50' }))).toEqual(expected.timeline(7));
  const [month] = expected.timeline(7);
  const days = shape(await ask('/timeline', { month: month?.date ?? '' }));
  expect(days).toEqual(expected.timeline(10, month?.date));
  let remembered = 0;
  for (const day of ['01-10', '01-11', '02-10', '02-11']) {
    const { items } = await ask<Memories>('/memories', { date: `2026-${day}`, limit: '3' });
    const memories = items.map(({ year, images }) => ({ year, images: ids(images) }));
    expect(memories).toEqual(expected.memories(day, '2026'));
    remembered += memories.length;
  }
  expect(remembered).toBeGreaterThan(0);
}

/** What a feed should tell by somebody who looks at the gallery after each batch. */
function feedOf() {
  let before = new Map<string, string>();
  const told: string[] = [];
  return {
    look(photos: readonly ImageRecord[]): void {
      const after = new Map(
        photos.map((photo) => [photo.image_id, photo.trashed_at === undefined ? photo.status : 'trashed']),
      );
      const changes = [...new Set([...before.keys(), ...after.keys()])].flatMap((id) => {
        const [was, is] = [before.get(id), after.get(id)];
        if (was === is) return [];
        if (is === undefined) return [`erased ${id}`];
        if (was === 'trashed') return [`restored ${id}`];
        return [`${is === 'done' ? 'added' : is} ${id}`];
      });
      told.push(...changes);
      before = after;
    },
    told: () => told.toSorted(),
  };
}

async function wholeFeed(): Promise<string[]> {
  const told: string[] = [];
  let cursor: string | null = null;
  let last = '~';
  do {
    const query = { limit: '100', ...(cursor && { cursor }) };
    const page: ActivityPage = await ask('/dashboard/recent-activity', query);
    for (const { type, image_id, at } of page.items) {
      expect(at <= last).toBe(true);
      last = at;
      told.push(`${type} ${image_id}`);
    }
    cursor = page.next_cursor;
  } while (cursor);
  return told.sort();
}
