import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { OrganizeDeps } from '../../functions/organize/deps.ts';
import { createOrganize } from '../../functions/organize/organize.ts';
import { createAlbumImages } from '../../shared/adapters/album-images.ts';
import { albumIdOf } from '../../shared/adapters/auto-albums.ts';
import { type OrganizeEvent, organizeEvent } from '../../shared/contract/messages.ts';
import type { Album, RuleKind } from '../../shared/domain/albums/album.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';
import { mortal } from '../support/mortal.ts';
import { AT, imageId } from '../support/records.ts';
import { startWorld, TABLE, type World } from '../support/world.ts';
import { createGallery, type Gallery, organizeDeps } from './gallery.ts';

let world: World;
let deps: OrganizeDeps;
let life: ReturnType<typeof mortal>;
let user: string;
let gallery: Gallery;
let users = 0;

beforeAll(async () => {
  world = await startWorld();
  life = mortal([world.table, world.sqs, world.vectors]);
  deps = organizeDeps(world, AT);
});
afterAll(() => world.stop());
const nextUser = () => {
  users += 1;
  user = `Alba${users}`;
  gallery = createGallery(world, deps, user);
};
beforeEach(nextUser);
afterEach(async () => {
  life.arm(null);
  await world.drain('organize');
});

const organize = (...events: (OrganizeEvent | null)[]) =>
  createOrganize(deps)(
    user,
    events.filter((event) => event !== null),
  );
const ids = (...numbers: number[]) => numbers.map(imageId);

const LISBON = { place: { city: 'Lisbon', country: 'Portugal' }, metadata: { gps: { lat: 38.72, lon: -9.14 } } };
const PORTO = { place: { city: 'Porto', country: 'Portugal' }, metadata: { gps: { lat: 41.15, lon: -8.61 } } };

/** A photo taken at this local time. */
const shot = (number: number, taken_at: string, more: Partial<ImageRecord> = {}) =>
  gallery.described(number, number, {
    taken_at,
    taken_at_source: 'camera',
    ...more,
  });
const want = (...by: RuleKind[]) => deps.albums.setSettings(user, { by, min_images: 2 });
const albums = async () => (await deps.albums.list(user, { limit: 100 })).items;
const names = async () => (await albums()).map(({ name }) => name).sort();
const manual = (number: number): Album => ({
  album_id: `018f0000-0000-7000-8000-${String(number).padStart(12, '0')}`,
  kind: 'manual',
  name: `Album ${number}`,
  sort: 'manual',
  created_at: AT.toISOString(),
  updated_at: AT.toISOString(),
});

describe('automatic albums', () => {
  test('come with enough photos, are called as these call their places, and go with the last', async () => {
    await want('country', 'city', 'month', 'day', 'event');
    await organize(await shot(1, '2024-05-12T10:00:00', LISBON), await shot(2, '2024-05-12T11:00:00', LISBON));
    expect(await names()).toEqual(['12 May 2024', 'Lisbon', 'May 2024', 'Portugal']);
    await organize(await shot(3, '2024-05-13T09:00:00', PORTO), await shot(4, '2024-05-12T12:00:00'));
    expect(await names()).toEqual(['12 May 2024', 'Lisbon', 'Lisbon, May 2024', 'May 2024', 'Portugal']);
    expect(await gallery.deviations()).toEqual([]);
    await organize(await gallery.removed(1), await gallery.removed(2), await gallery.edited(4, { archived: true }));
    expect(await names()).toEqual(['May 2024', 'Portugal']);
    await organize(await gallery.removed(3));
    expect(await albums()).toEqual([]);
    expect(await gallery.below('EVENT#')).toEqual([]);
    expect(await gallery.deviations()).toEqual([]);
  });

  test('show what their rule finds, in the order of taking', async () => {
    await organize(
      await shot(3, '2024-05-12T10:00:00', LISBON),
      await shot(1, '2024-05-12T18:00:00', LISBON),
      await shot(2, '2024-06-01T10:00:00', PORTO),
      await shot(4, '2023-05-12T10:00:00', { ...LISBON, taken_at_source: 'upload' }),
    );
    const page = (rule: Album['rule'], limit = 100, cursor?: string) =>
      createAlbumImages(world.table, TABLE).page(
        user,
        { ...manual(1), kind: 'auto', ...(rule && { rule }) },
        { limit, cursor },
      );
    expect((await page({ by: 'country', place: 'portugal' })).imageIds).toEqual(ids(4, 3, 1, 2));
    expect((await page({ by: 'city', place: 'portugal/lisbon' })).imageIds).toEqual(ids(4, 3, 1));
    expect((await page({ by: 'month', month: '2024-05' })).imageIds).toEqual(ids(3, 1));
    expect((await page({ by: 'day', day: '2024-06-01' })).imageIds).toEqual(ids(2));
    // When it was uploaded says nothing of when it was taken.
    expect((await page({ by: 'month', month: '2023-05' })).imageIds).toEqual([]);
    const first = await page({ by: 'country', place: 'portugal' }, 3);
    expect(first.imageIds).toEqual(ids(4, 3, 1));
    const rest = await page({ by: 'country', place: 'portugal' }, 3, first.nextCursor ?? '');
    expect(rest).toEqual({ imageIds: ids(2), nextCursor: null });
    // A cursor of another album leads nowhere.
    expect((await page({ by: 'month', month: '2024-05' }, 3, first.nextCursor ?? '')).imageIds).toEqual([]);
  });

  test('that nobody wanted, or that became manual, are not made again', async () => {
    await want('city', 'month');
    await organize(await shot(1, '2024-05-12T10:00:00', LISBON), await shot(2, '2024-05-12T11:00:00', LISBON));
    const city = albumIdOf({ by: 'city', place: 'portugal/lisbon' });
    const month = albumIdOf({ by: 'month', month: '2024-05' });
    await deps.albums.change(user, city, { set: { hidden: true } });
    await deps.albums.change(user, month, { set: { kind: 'manual', name: 'Mine' } });
    await organize(await shot(3, '2024-05-12T12:00:00', LISBON));
    expect(await names()).toEqual(['Mine']);
    await organize(await gallery.removed(1), await gallery.removed(2), await gallery.removed(3));
    expect(await names()).toEqual(['Mine']);
    expect(await gallery.deviations()).toEqual([]);
  });

  test('of what was there before are made when they are asked for, a part at a time', async () => {
    const days = Array.from({ length: 6 }, (_, index) => index);
    const photos = days.map((day) => shot(day, `2024-0${1 + (day % 3)}-1${day}T10:00:00`, LISBON));
    await organize(...(await Promise.all(photos)));
    await organize(...(await Promise.all([10, 11, 12].map((n) => shot(n, `2025-01-01T1${n - 10}:00:00`)))));
    await want('city', 'month', 'event');
    const job = await deps.jobs.create(user, { type: 'auto_albums', request: { by: [], min_images: 2 } }, () =>
      imageId(900),
    );
    const begin = { type: 'auto_albums', part: 0, list: 0, after: '', albums: 0 } as const;
    let next: OrganizeEvent[] = [{ ...begin, event_id: 'a', user_id: user, job_id: job.job_id }];
    for (; next.length > 0; next = (await world.drain('organize')).map((body) => organizeEvent.parse(body))) {
      await organize(...next);
      // Delivered twice.
      await organize(...next);
    }
    expect(await names()).toEqual([
      '1 January 2025',
      'February 2024',
      'January 2024',
      'January 2025',
      'Lisbon',
      'March 2024',
    ]);
    expect(await deps.jobs.get(user, job.job_id)).toMatchObject({ status: 'done', result: { albums: 6 } });
    expect(await gallery.deviations()).toEqual([]);
  });
});

describe('albums put together by hand', () => {
  test('list their photos in each order, and follow them into the trash and back', async () => {
    await deps.albums.create(user, manual(1));
    const { album_id } = manual(1);
    const inAlbum = (rank: string) => ({ albums: { [album_id]: rank } });
    await organize(
      await shot(1, '2024-05-12T10:00:00', inAlbum('k3')),
      await shot(2, '2023-05-12T10:00:00', inAlbum('k1@k5')),
      await shot(3, '2022-05-12T10:00:00', inAlbum('k2')),
    );
    const order = async (sort: string) =>
      (await gallery.below(`IN_ALBUM#${album_id}#${sort}#`)).map((key) => Number(key.split('-').at(-1)));
    expect(await order('manual')).toEqual([2, 3, 1]);
    expect(await order('added')).toEqual([3, 1, 2]);
    expect(await order('taken')).toEqual([3, 2, 1]);
    await organize(await gallery.trashed(3));
    expect(await order('manual')).toEqual([2, 1]);
    expect(await gallery.below('TALLY#ALBUM#')).toEqual([album_id]);
    await organize(await gallery.edited(1, { taken_at: '2021-01-01T00:00:00' }));
    expect(await order('taken')).toEqual([1, 2]);
  });

  test('that are gone are left by whoever is still being put there', async () => {
    await deps.albums.create(user, manual(1));
    const albums = { [manual(1).album_id]: 'k1', [manual(2).album_id]: 'k2' };
    await organize(await shot(1, '2024-05-12T10:00:00', { albums }));
    expect((await gallery.existing(1)).albums).toEqual({ [manual(1).album_id]: 'k1' });
    await deps.albums.change(user, manual(1).album_id, { set: { hidden: true } });
    await organize(await gallery.edited(1, { title: 'Anew' }));
    expect((await gallery.existing(1)).albums).toEqual({});
    expect(await gallery.below('IN_ALBUM#')).toEqual([]);
    expect(await gallery.deviations()).toEqual([]);
  });
});

test('killed before any request and delivered again, albums and events are as counted anew', async () => {
  let kills = 0;
  for (let request = 0; ; request += 9) {
    nextUser();
    await want('city', 'day', 'event');
    await deps.albums.create(user, manual(1));
    await organize(
      await shot(1, '2024-05-12T10:00:00', LISBON),
      await shot(2, '2024-05-12T20:00:00', LISBON),
      await shot(3, '2024-05-13T07:00:00', LISBON),
      await shot(4, '2024-05-13T18:00:00', { ...LISBON, albums: { [manual(1).album_id]: 'k1' } }),
    );
    // The third held the event together; the fifth lies in it, elsewhere; the fourth comes earlier.
    const events = [
      await gallery.removed(3),
      await shot(5, '2024-05-12T15:00:00', { ...PORTO, albums: { [manual(1).album_id]: 'k0' } }),
      await gallery.edited(4, {
        taken_at: '2024-05-12T09:00:00',
        taken_key: `2024-05-12T09:00:00#${imageId(4)}`,
      }),
    ];
    life.arm(request);
    const outcome = await organize(...events).catch((error: unknown) => error);
    life.arm(null);
    if (outcome !== undefined) {
      kills += 1;
      // In another order than it came, too: what is edited meanwhile is read as it is by then.
      if (kills % 3 === 0) await organize(await gallery.edited(5, { ...LISBON }), ...events);
      else if (kills % 3 === 1) for (const event of events) await organize(event);
      else await organize(...events);
    }
    const found = await gallery.deviations();
    expect(found, `killed before request ${request}`).toEqual([]);
    if (outcome === undefined) break;
  }
  expect(kills).toBeGreaterThan(5);
});
