import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createActivities } from '../../shared/adapters/activities.ts';
import { createTallies } from '../../shared/adapters/tallies.ts';
import type {
  ActivityPage,
  DashboardStats,
  LocationAnalysis,
  Memories,
  StorageAnalysis,
  Timeline,
} from '../../shared/contract/schemas.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';
import { imageId } from '../support/records.ts';
import { TABLE } from '../support/world.ts';
import { type Api, startApi } from './api.ts';
import { openGallery } from './gallery.ts';

let api: Api;
const NOW = new Date('2026-03-15T12:00:00.000Z');
vi.mock('../../shared/adapters/ids.ts', async (original) => ({
  ...(await original<typeof import('../../shared/adapters/ids.ts')>()),
  systemClock: () => NOW,
}));
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

async function ask<T>(as: string, path: string, query: Record<string, string> = {}): Promise<T> {
  const answer = await api.call('GET', path, { as, query });
  if (answer.status !== 200) throw new Error(`Expected an answer, received ${answer.status}: ${answer.text}`);
  return answer.json<T>();
}

/** A picture of so many bytes; thumbnails take up a tenth of it each. */
const ofBytes = (bytes: number): Partial<ImageRecord> => {
  const rendition = { key: 'k', content_type: 'image/webp', bytes: bytes / 10, width: 8, height: 6 };
  return { bytes, original: { ...rendition, bytes }, thumbnails: { small: rendition, medium: rendition } };
};
const at = (lat: number, lon: number): Partial<ImageRecord> => ({ metadata: { gps: { lat, lon } } });
const lisbon = { city: 'Lisbon', region: 'Lisbon', country: 'Portugal', country_code: 'PT' };

test('a new gallery is all zeroes, everywhere', async () => {
  expect(await ask('nobody', '/dashboard/stats')).toMatchObject({
    images: 0,
    by_type: [],
    newest: [],
    updated_at: null,
  });
  expect(await ask('nobody', '/dashboard/recent-activity')).toEqual({ items: [], next_cursor: null });
  expect(await ask('nobody', '/dashboard/storage-analysis')).toEqual({
    images: 0,
    bytes: 0,
    thumbnail_bytes: 0,
    by_type: [],
    by_month: [],
    largest: [],
    near_duplicates: { images: 0, bytes: 0 },
  });
  const nowhere = { images: 0, box: null, countries: [], next_cursor: null };
  expect(await ask('nobody', '/dashboard/location-analysis')).toEqual(nowhere);
  expect(await ask('nobody', '/dashboard/location-analysis', { country: 'PT' })).toEqual(nowhere);
  expect(await ask('nobody', '/timeline')).toEqual({ items: [], next_cursor: null });
  expect(await ask('nobody', '/memories')).toEqual({ date: '2026-03-15', items: [] });
});

test('one screen: totals, types, the last twelve months and the newest images', async () => {
  const gallery = openGallery(api, 'ada');
  const created = (month: string) => ({ created_at: `${month}-28T23:59:59.999Z` });
  await gallery.add(
    gallery.photo(1, { ...ofBytes(100), format: 'heic', ...created('2025-03') }),
    gallery.photo(2, { ...ofBytes(200), format: 'jpeg', favorite: true, ...created('2025-04') }),
    gallery.photo(3, { ...ofBytes(300), format: 'jpeg', archived: true, ...created('2026-03') }),
    gallery.photo(4, { ...ofBytes(400), format: 'jpeg', trashed_at: NOW.toISOString(), ...created('2026-03') }),
    gallery.photo(5, { status: 'rejected' }),
  );
  const stats = await ask<DashboardStats>('ada', '/dashboard/stats');
  expect(stats).toMatchObject({ favorites: 1, archived: 1, degraded: 0, by_status: { done: 3, rejected: 1 } });
  expect(stats.by_type).toEqual([
    { type: 'jpeg', images: 2, bytes: 500, thumbnail_bytes: 100 },
    { type: 'heic', images: 1, bytes: 100, thumbnail_bytes: 20 },
  ]);
  expect(stats.uploads).toHaveLength(12);
  expect(stats.uploads[0]).toEqual({ month: '2026-03', images: 1, bytes: 300 });
  expect(stats.uploads[11]).toEqual({ month: '2025-04', images: 1, bytes: 200 });
  expect(stats.newest.map(({ image_id }) => image_id)).toEqual([3, 2, 1].map(imageId));
});

test('storage: what months and types take up, the largest, and what could go', async () => {
  const gallery = openGallery(api, 'bob');
  const same = { phash: '0123456789abcdef', width: 80, height: 60 };
  await gallery.add(
    ...Array.from({ length: 11 }, (_, index) => gallery.photo(index + 1, ofBytes(10 * (index + 1)))),
    gallery.photo(21, { ...ofBytes(1_000), ...same }),
    gallery.photo(22, { ...ofBytes(2_000), ...same }),
    gallery.photo(23, { ...ofBytes(500), ...same, width: 160, height: 120 }),
    gallery.photo(24, { ...ofBytes(9_000), trashed_at: NOW.toISOString() }),
  );
  const storage = await ask<StorageAnalysis>('bob', '/dashboard/storage-analysis');
  expect(storage).toMatchObject({ images: 14, bytes: 4_160, thumbnail_bytes: 832 });
  expect(storage.by_month).toEqual([{ month: '2026-01', images: 14, bytes: 4_160 }]);
  expect(storage.largest.map(({ bytes }) => bytes)).toEqual([2000, 1000, 500, 110, 100, 90, 80, 70, 60, 50]);
  // The one with the most pixels stays, small as it is.
  expect(storage.near_duplicates).toEqual({ images: 2, bytes: 3_000 });
});

describe('places', () => {
  test('countries and their cities, each with a box of whole cells', async () => {
    const gallery = openGallery(api, 'cleo');
    const city = (name: string) => ({ place: { city: name, country: 'Portugal', country_code: 'PT' } });
    await gallery.add(
      gallery.photo(1, { place: lisbon, ...at(38.72, -9.14) }),
      gallery.photo(2, { place: lisbon, ...at(38.69, -9.22), archived: true }),
      // A person may leave out the code.
      gallery.photo(3, { place: { city: 'Porto', country: 'portugal' } }),
      gallery.photo(4, { place: { country: 'Fiji', country_code: 'FJ' }, ...at(-17.5, 179.5) }),
      gallery.photo(5, { place: { country: 'Fiji', country_code: 'FJ' }, ...at(-16.5, -179.5) }),
      gallery.photo(6, at(0.5, 0.5)),
      gallery.photo(7, { place: { city: 'Anvard#1', country: 'Narnia' } }),
      gallery.photo(8, { place: lisbon, trashed_at: NOW.toISOString() }),
      gallery.photo(9),
    );
    const all = await ask<LocationAnalysis>('cleo', '/dashboard/location-analysis');
    expect(all).toMatchObject({ images: 7, next_cursor: null });
    expect(all.countries.map(({ id, country, images }) => [id, country, images])).toEqual([
      ['FJ', 'Fiji', 2],
      ['Narnia', 'Narnia', 1],
      ['PT', 'Portugal', 3],
    ]);
    // Across the 180th meridian, not around the world.
    expect(all.countries[0]?.box).toEqual({ south: -18, west: 179, north: -16, east: -179 });
    expect(all.countries[1]).toMatchObject({ box: null, country_code: null, cities: [{ city: 'Anvard＃1' }] });
    expect(all.countries[2]).toMatchObject({
      box: { south: 38, west: -10, north: 39, east: -9 },
      cities: [
        { city: 'Lisbon', region: 'Lisbon', images: 2, box: { south: 38.6, west: -9.3, north: 38.8, east: -9.1 } },
        { city: 'Porto', region: null, images: 1, box: null },
      ],
      more_cities: false,
    });

    await gallery.add(...['A', 'B', 'C', 'D'].map((name, index) => gallery.photo(20 + index, city(name))));
    const some = await ask<LocationAnalysis>('cleo', '/dashboard/location-analysis', { limit: '2' });
    expect(some.countries.map(({ id }) => id)).toEqual(['FJ', 'Narnia']);
    const rest = await ask<LocationAnalysis>('cleo', '/dashboard/location-analysis', {
      cursor: some.next_cursor ?? '',
    });
    expect(rest.countries).toMatchObject([{ id: 'PT', more_cities: true }]);
    expect(rest.countries[0]?.cities).toHaveLength(5);
  });

  test('one country, city by city', async () => {
    const names: string[] = [];
    let cursor: string | null = null;
    do {
      const query = { country: 'Portugal', limit: '4', ...(cursor && { cursor }) };
      const page: LocationAnalysis = await ask('cleo', '/dashboard/location-analysis', query);
      expect(page.countries).toMatchObject([{ id: 'PT', images: 7 }]);
      names.push(...(page.countries[0]?.cities ?? []).map((city) => city.city));
      cursor = page.next_cursor;
    } while (cursor);
    expect(names).toEqual(['A', 'B', 'C', 'D', 'Lisbon', 'Porto']);
  });
});

describe('time', () => {
  const taken = (taken_at: string): Partial<ImageRecord> => ({ taken_at, taken_at_source: 'camera' });

  test('months and days, newest first, each with its latest image that is shown', async () => {
    const gallery = openGallery(api, 'dee');
    const hidden = Array.from({ length: 25 }, (_, index) =>
      gallery.photo(100 + index, { ...taken('2024-05-31T12:00:00'), archived: true }),
    );
    await gallery.add(
      ...hidden,
      gallery.photo(1, taken('2024-05-31T08:00:00')),
      gallery.photo(2, taken('2024-05-31T09:00:00')),
      gallery.photo(3, taken('2024-05-02T09:00:00')),
      gallery.photo(4, taken('2023-12-31T23:59:59')),
      gallery.photo(5, { ...taken('2024-05-31T23:00:00'), trashed_at: NOW.toISOString() }),
      gallery.photo(6, taken('1999-01-01T00:00:00')),
    );
    const shape = ({ items }: Timeline) => items.map(({ date, count, cover }) => [date, count, cover?.image_id]);
    const first = await ask<Timeline>('dee', '/timeline', { limit: '2' });
    expect(shape(first)).toEqual([
      ['2024-05', 3, imageId(2)],
      ['2023-12', 1, imageId(4)],
    ]);
    const second = await ask<Timeline>('dee', '/timeline', { limit: '2', cursor: first.next_cursor ?? '' });
    expect(shape(second)).toEqual([['1999-01', 1, imageId(6)]]);
    expect(second.next_cursor).toBeNull();
    const days = await ask<Timeline>('dee', '/timeline', { month: '2024-05' });
    expect(shape(days)).toEqual([
      ['2024-05-31', 2, imageId(2)],
      ['2024-05-02', 1, imageId(3)],
    ]);
    expect((await ask<Timeline>('dee', '/timeline', { month: '2020-01' })).items).toEqual([]);
  });

  test('this day in other years', async () => {
    const gallery = openGallery(api, 'eve');
    const sameDay = [1, 2, 3, 4, 5, 6].map((hour) => gallery.photo(10 + hour, taken(`2021-03-15T0${hour}:00:00`)));
    await gallery.add(
      gallery.photo(1, taken('2026-03-15T10:00:00')),
      gallery.photo(2, taken('2024-03-15T23:59:59')),
      gallery.photo(3, taken('2024-03-16T00:00:00')),
      gallery.photo(4, { taken_at: '2020-03-15T10:00:00', taken_at_source: 'upload' }),
      gallery.photo(5, { ...taken('2019-03-15T10:00:00'), archived: true }),
      gallery.photo(6, { ...taken('2018-03-15T10:00:00'), trashed_at: NOW.toISOString() }),
      gallery.photo(7, taken('2020-02-29T10:00:00')),
      ...sameDay,
    );
    const ids = ({ items }: Memories) => items.map(({ year, images }) => [year, images.map((each) => each.image_id)]);
    const today = await ask<Memories>('eve', '/memories', { limit: '2' });
    expect(today).toMatchObject({ date: '2026-03-15', items: [{ years_ago: 2 }, { years_ago: 5 }] });
    expect(ids(today)).toEqual([
      [2024, [imageId(2)]],
      [2021, [imageId(16), imageId(15)]],
    ]);
    expect(ids(await ask('eve', '/memories', { date: '2024-02-29' }))).toEqual([[2020, [imageId(7)]]]);
    expect(ids(await ask('eve', '/memories', { date: '2024-03-15', limit: '1' })).map(([year]) => year)).toEqual([
      2026, 2021,
    ]);
  });

  test.each([
    ['/memories', { date: '2023-02-29' }],
    ['/memories', { date: 'yesterday' }],
    ['/timeline', { month: '2024-13' }],
    ['/timeline', { month: '2024-05', cursor: '2024-01' }],
    ['/dashboard/location-analysis', { cursor: '#' }],
    ['/dashboard/location-analysis', { cursor: '_'.repeat(700) }],
    ['/dashboard/recent-activity', { cursor: '~' }],
  ])('%s refuses %o', async (path, query) => {
    expect((await api.call('GET', path, { as: 'eve', query })).status).toBe(422);
  });
});

describe('the feed', () => {
  const types = ({ items }: ActivityPage) => items.map(({ type }) => type);

  test('tells what happened, newest first, page by page, and nothing older than 90 days', async () => {
    const { note } = createActivities(api.world.table, TABLE, () => NOW);
    const ago = (days: number) => new Date(NOW.getTime() - days * 86_400_000).toISOString();
    const job = { kind: 'job', id: 'j1' };
    const activities = [
      { type: 'reclustered' as const, at: ago(91), subject: job, by: 'j0' },
      { type: 'reclustered' as const, at: ago(89), subject: job, by: 'j1' },
      { type: 'added' as const, at: ago(2), image_id: imageId(1), by: 'a' },
      { type: 'erased' as const, at: ago(1), image_id: imageId(1), by: 'b' },
    ];
    await note('fay', activities);
    await note('fay', activities);
    const first = await ask<ActivityPage>('fay', '/dashboard/recent-activity', { limit: '2' });
    expect(types(first)).toEqual(['erased', 'added']);
    const query = { limit: '2', cursor: first.next_cursor ?? '' };
    const second = await ask<ActivityPage>('fay', '/dashboard/recent-activity', query);
    expect(second).toMatchObject({ items: [{ type: 'reclustered', at: ago(89), subject: job }], next_cursor: null });
    const stored = (await api.world.itemsOf('fay')).map(
      ({ expires, at }) => Number(expires) - Date.parse(String(at)) / 1000,
    );
    expect(new Set(stored)).toEqual(new Set([90 * 86_400]));
  });

  test('is everybody’s own', async () => {
    expect(await ask('gus', '/dashboard/recent-activity')).toEqual({ items: [], next_cursor: null });
    expect(await createTallies(api.world.table, TABLE).below('gus', '')).toEqual(new Map());
  });
});
