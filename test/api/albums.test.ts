import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createKeepAlbum } from '../../functions/jobs/keep-album.ts';
import { createOrganize } from '../../functions/organize/organize.ts';
import { createAlbumImages } from '../../shared/adapters/album-images.ts';
import { createAlbums } from '../../shared/adapters/albums.ts';
import { createImageEdits } from '../../shared/adapters/image-edits.ts';
import { createJobs } from '../../shared/adapters/jobs.ts';
import { createQueues } from '../../shared/adapters/queues.ts';
import { jobMessage, type OrganizeEvent, organizeEvent } from '../../shared/contract/messages.ts';
import type { AlbumView, BatchResult, ImageView, JobView, Problem } from '../../shared/contract/schemas.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';
import { organizeDeps } from '../organize/gallery.ts';
import { findingsIn } from '../support/deviations.ts';
import type { Item } from '../support/items.ts';
import { AT, donePhoto, imageId } from '../support/records.ts';
import { TABLE } from '../support/world.ts';
import { type Api, startApi } from './api.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const ids = (...numbers: number[]) => numbers.map(imageId);
const numbers = (images: { image_id: string }[]) => images.map(({ image_id }) => Number(image_id.slice(-12)));
type Page<T> = { items: T[]; next_cursor: string | null };

/** What the queues hold is worked on until nothing is left. */
async function settle(): Promise<void> {
  const { world } = api;
  const clock = () => new Date();
  const organize = createOrganize(organizeDeps(world, AT));
  const keep = createKeepAlbum({
    jobs: createJobs(world.table, TABLE, clock),
    albums: createAlbums(world.table, TABLE),
    albumImages: createAlbumImages(world.table, TABLE),
    edits: createImageEdits(world.table, TABLE, clock),
    queues: createQueues(world.sqs, world.urls),
  });
  for (let idle = false; !idle; ) {
    const jobs = (await world.drain('jobs')).map((body) => jobMessage.parse(body));
    for (const job of jobs) {
      if (job.type === 'keep_album' || job.type === 'clear_album')
        while ((await keep(job.user_id, job.job_id)) === 'more');
      if (job.type !== 'auto_albums') continue;
      const begin = { type: 'auto_albums', part: 0, list: 0, after: '', albums: 0 } as const;
      await organize(job.user_id, [{ ...begin, event_id: job.job_id, user_id: job.user_id, job_id: job.job_id }]);
    }
    const events = (await world.drain('organize')).map((body) => organizeEvent.parse(body));
    for (const event of events) await organize(event.user_id, [event]);
    idle = jobs.length + events.length === 0;
  }
}

/** Photos of a user, as they are once everything has been done with them. */
async function seed(as: string, ...photos: [number, Partial<ImageRecord>?][]): Promise<void> {
  const deps = organizeDeps(api.world, AT);
  const events: OrganizeEvent[] = [];
  for (const [number, changes = {}] of photos) {
    const image_id = imageId(number);
    await deps.images.create(donePhoto(as, number, changes));
    events.push({ type: 'edited', event_id: `seed:${image_id}`, user_id: as, image_id });
  }
  await createOrganize(deps)(as, events);
}
async function deviations(as: string): Promise<string[]> {
  const items = (await api.world.itemsOf(as)) as Item[];
  const about = ['lists', 'near-duplicates', 'counters', 'activity', 'albums'] as const;
  return findingsIn({ items, vectors: [] }, about).map(({ says }) => says);
}

async function send<T>(as: string, method: string, path: string, body?: object, status = 200): Promise<T> {
  const answer = await api.call(method, path, { as, ...(body && { body }) });
  expect(answer.status, answer.text).toBe(status);
  return answer.text === '' ? (undefined as T) : answer.json<T>();
}
const create = (as: string, body: object) => send<AlbumView>(as, 'POST', '/albums/manual', body, 201);
async function shown(as: string, album: string, limit = 100): Promise<number[]> {
  const all: number[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? '' : cursor;
    const answer = await api.call('GET', `/albums/${album}/images`, {
      as,
      query: { limit: String(limit), ...(query && { cursor: query }) },
    });
    const page = answer.json<Page<ImageView>>();
    all.push(...numbers(page.items));
    cursor = page.next_cursor;
  } while (cursor !== null);
  return all;
}

describe('an album put together by hand', () => {
  test('has its images in the order they came, were taken, or were placed in', async () => {
    await seed('ada', ...[1, 2, 3, 4, 5].map((n): [number, object] => [n, { taken_at: `2025-07-0${6 - n}T10:00:00` }]));
    const { album_id, count } = await create('ada', { name: ' Sea\u200b ', image_ids: ids(2, 1) });
    expect(count).toBe(0);
    await settle();
    const put = (body: object) => send<Page<BatchResult>>('ada', 'PUT', `/albums/${album_id}/images`, body);
    const { items } = await put({ ids: ids(3, 99, 3, 2) });
    expect(items.map(({ result }) => result)).toEqual(['done', 'not_found', 'done', 'done']);
    await settle();
    expect(await shown('ada', album_id, 2)).toEqual([2, 1, 3]);
    await put({ ids: ids(3, 4), after: imageId(2) });
    await settle();
    expect(await shown('ada', album_id)).toEqual([2, 3, 4, 1]);
    await put({ ids: ids(1), after: null });
    await put({ ids: ids(5) });
    await settle();
    expect(await shown('ada', album_id, 1)).toEqual([1, 2, 3, 4, 5]);
    const taken = await send<AlbumView>('ada', 'PATCH', `/albums/${album_id}`, {
      sort: 'taken',
      cover_image_id: imageId(3),
    });
    expect(taken).toMatchObject({
      name: 'Sea',
      kind: 'manual',
      count: 5,
      sort: 'taken',
      cover: { image_id: imageId(3) },
    });
    expect(await shown('ada', album_id)).toEqual([5, 4, 3, 2, 1]);
    await send('ada', 'PATCH', `/albums/${album_id}`, { sort: 'added' });
    expect(await shown('ada', album_id)).toEqual([2, 1, 3, 4, 5]);
    await send('ada', 'DELETE', `/albums/${album_id}/images`, { ids: ids(3, 99) });
    await settle();
    // The cover is in the album no more, but it is still a photo to be shown.
    expect(await send('ada', 'GET', `/albums/${album_id}`)).toMatchObject({ count: 4, cover_image_id: imageId(3) });
    expect(await send('ada', 'PATCH', `/albums/${album_id}`, { cover_image_id: null })).toMatchObject({
      cover: { image_id: imageId(2) },
    });
    expect(await send<ImageView>('ada', 'GET', `/images/${imageId(4)}`)).toMatchObject({ albums: [album_id] });
    expect(await deviations('ada')).toEqual([]);
  });

  test('is gone at once when it is removed; its images stay and forget it', async () => {
    await seed('bea', [11], [12]);
    const { album_id } = await create('bea', { name: 'Sea', image_ids: ids(11, 12) });
    await settle();
    // Somebody adds a photo at the same moment, whose event comes late.
    await seed('bea', [13, { albums: { [album_id]: 'k1' } }]);
    await send('bea', 'DELETE', `/albums/${album_id}`, undefined, 204);
    await send('bea', 'GET', `/albums/${album_id}`, undefined, 404);
    await send('bea', 'PUT', `/albums/${album_id}/images`, { ids: ids(11) }, 404);
    await settle();
    expect((await send<ImageView>('bea', 'GET', `/images/${imageId(11)}`)).albums).toEqual([]);
    expect((await api.world.itemsOf('bea')).filter(({ sk }) => /ALBUM/.test(String(sk)))).toEqual([]);
    expect(await deviations('bea')).toEqual([]);
  });

  test('takes no place that is not there, and no more albums than a photo may be in', async () => {
    const full = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [imageId(5_000 + n), 'k1']));
    await seed('cid', [21], [22]);
    await organizeDeps(api.world, AT).images.create(donePhoto('cid', 23, { albums: full }));
    const { album_id } = await create('cid', { name: 'Sea', image_ids: ids(21) });
    const path = `/albums/${album_id}/images`;
    expect(await send<Problem>('cid', 'PUT', path, { ids: ids(22), after: imageId(22) }, 422)).toMatchObject({
      errors: [{ path: 'after' }],
    });
    await send('cid', 'PUT', path, { ids: ids(22), after: imageId(99) }, 422);
    await send('cid', 'PATCH', `/albums/${album_id}`, { cover_image_id: imageId(99) }, 422);
    await send('cid', 'PATCH', `/albums/${album_id}`, { query: { q: 'dog' } }, 409);
    await send('cid', 'POST', '/albums/manual', { name: '\u200b' }, 422);
    const { items } = await send<Page<BatchResult>>('cid', 'PUT', path, { ids: ids(23) });
    expect(items).toMatchObject([{ result: 'refused', error: { code: 'too_many_albums' } }]);
    const answer = await api.call('GET', path, { as: 'cid', query: { cursor: 'abc' } });
    expect(answer.status).toBe(422);
  });

  test('is nobody else’s', async () => {
    await seed('eve', [31]);
    const { album_id } = await create('ann', { name: 'Mine' });
    for (const [method, path, body] of [
      ['GET', ''],
      ['PATCH', '', { name: 'Hers' }],
      ['DELETE', ''],
      ['GET', '/images'],
      ['PUT', '/images', { ids: ids(31) }],
      ['DELETE', '/images', { ids: ids(31) }],
    ] as const)
      await send('eve', method, `/albums/${album_id}${path}`, body, 404);
    await send('eve', 'POST', '/images/batch', { action: 'album', ids: ids(31), add: [album_id] }, 404);
    expect((await send<Page<AlbumView>>('eve', 'GET', '/albums')).items).toEqual([]);
    expect((await send<Page<AlbumView>>('ann', 'GET', '/albums')).items).toMatchObject([
      { name: 'Mine', count: 0, cover: null },
    ]);
  });
});

test('a batch moves images from one album to another', async () => {
  await seed('fay', [41], [42]);
  const [from, to] = [
    await create('fay', { name: 'From', image_ids: ids(41, 42) }),
    await create('fay', { name: 'To' }),
  ];
  const body = { action: 'album', ids: ids(42, 41, 99), add: [to.album_id], remove: [from.album_id] };
  const { items } = await send<Page<BatchResult>>('fay', 'POST', '/images/batch', body);
  expect(items.map(({ result }) => result)).toEqual(['done', 'done', 'not_found']);
  await settle();
  expect([await shown('fay', from.album_id), await shown('fay', to.album_id)]).toEqual([[], [42, 41]]);
  const page = await send<Page<AlbumView>>('fay', 'GET', '/albums?limit=1'.split('?')[0] ?? '');
  expect(page.items.map(({ name, count }) => [name, count])).toEqual([
    ['To', 2],
    ['From', 0],
  ]);
});

describe('a smart album', () => {
  test('shows what its search finds whenever it is opened', async () => {
    await seed('gil', [51, { tags: ['dog'] }], [52, { tags: ['cat'] }]);
    const body = { kind: 'smart', name: 'Dogs', query: { tag: 'dog', favorite: false } };
    const album = await send<AlbumView>('gil', 'POST', '/albums', body, 201);
    expect(album).toMatchObject({ kind: 'smart', count: null, cover: null, query: { tag: 'dog', favorite: false } });
    expect(await shown('gil', album.album_id)).toEqual([51]);
    await seed('gil', [53, { tags: ['dog'] }], [54, { tags: ['dog'], favorite: true }]);
    expect(await shown('gil', album.album_id, 1)).toEqual([53, 51]);
    await send('gil', 'PATCH', `/albums/${album.album_id}`, { query: { tag: 'cat' } });
    expect(await shown('gil', album.album_id)).toEqual([52]);
    await send('gil', 'PUT', `/albums/${album.album_id}/images`, { ids: ids(51) }, 409);
    await send('gil', 'PATCH', `/albums/${album.album_id}`, { sort: 'added' }, 409);
    await send('gil', 'POST', '/albums', { ...body, query: {} }, 422);
    const problem = await send<Problem>('gil', 'POST', '/albums', { ...body, query: { color: 'zzz' } }, 422);
    expect(problem.errors).toMatchObject([{ path: 'query.color' }]);
    await send('gil', 'DELETE', `/albums/${album.album_id}`, undefined, 204);
    await settle();
    expect(await deviations('gil')).toEqual([]);
  });
});

describe('automatic albums', () => {
  const OSLO = { place: { city: 'Oslo', country: 'Norway' } };
  const fill = async (as: string, first: number) => {
    await seed(as, ...[0, 1, 2].map((n): [number, object] => [first + n, { taken_at: `2025-07-01T1${n}:00:00` }]), [
      first + 3,
      { ...OSLO, taken_at: '2025-09-02T10:00:00' },
    ]);
    const job = await send<JobView>(as, 'POST', '/albums/auto-generate', { by: ['city', 'event'], min_images: 2 }, 202);
    await settle();
    expect(await send<JobView>(as, 'GET', `/jobs/${job.job_id}`)).toMatchObject({
      status: 'done',
      result: { albums: 2 },
    });
    const { items } = await send<Page<AlbumView>>(as, 'GET', '/albums');
    expect(items).toMatchObject([
      { kind: 'auto', name: 'Lisbon, July 2025', count: 3, rule: { by: 'event', from: '2025-07-01T10:00:00' } },
      {
        kind: 'auto',
        name: 'Lisbon',
        count: 3,
        rule: { by: 'city', place: 'portugal/lisbon' },
        cover: { image_id: imageId(first) },
      },
    ]);
    return items;
  };

  test('become manual when they are edited, with the images they have', async () => {
    const [event, city] = (await fill('hal', 61)).map(({ album_id }) => album_id) as [string, string];
    expect(await send('hal', 'PATCH', `/albums/${event}`, { name: 'Holidays' })).toMatchObject({
      kind: 'manual',
      count: 3,
      rule: null,
    });
    // The job has not run: its members are found by the rule.
    expect(await shown('hal', event)).toEqual([61, 62, 63]);
    await send('hal', 'DELETE', `/albums/${city}/images`, { ids: ids(62) });
    expect(await shown('hal', city)).toEqual([61, 63]);
    await send('hal', 'DELETE', `/albums/${city}/images`, { ids: ids(61) }, 409);
    await settle();
    expect([await shown('hal', event), await shown('hal', city)]).toEqual([
      [61, 62, 63],
      [61, 63],
    ]);
    await seed('hal', [66, { taken_at: '2025-07-01T13:00:00' }]);
    expect(await shown('hal', event)).toEqual([61, 62, 63]);
    expect(await send('hal', 'GET', `/albums/${city}`)).toMatchObject({ name: 'Lisbon', kind: 'manual', count: 2 });
    await send('hal', 'DELETE', `/albums/${city}/images`, { ids: ids(61) });
    await send('hal', 'DELETE', `/albums/${event}`, undefined, 204);
    await settle();
    await send('hal', 'POST', '/albums/auto-generate', { by: ['city', 'event'], min_images: 2 }, 202);
    await settle();
    expect((await send<Page<AlbumView>>('hal', 'GET', '/albums')).items.map(({ kind, name }) => [kind, name])).toEqual([
      ['manual', 'Lisbon'],
    ]);
    expect(await deviations('hal')).toEqual([]);
  });

  test('are found by place and by date, whether they were made or not', async () => {
    const [, city] = await fill('ida', 71);
    const found = <T>(query: Record<string, string>, path: string) =>
      api.call('GET', path, { as: 'ida', query }).then((answer) => answer.json<Page<T>>());
    const first = await found<{ place: string }>({ limit: '3' }, '/albums/by-location');
    expect(first.items).toMatchObject([
      { by: 'country', place: 'norway', name: 'Norway', count: 1, album_id: null, cover: { image_id: imageId(74) } },
      { by: 'city', place: 'norway/oslo', name: 'Oslo', count: 1 },
      { by: 'country', place: 'portugal', name: 'Portugal', count: 3 },
    ]);
    const rest = await found({ limit: '3', cursor: first.next_cursor ?? '' }, '/albums/by-location');
    expect(rest).toMatchObject({ items: [{ place: 'portugal/lisbon', album_id: city?.album_id }], next_cursor: null });
    const months = await found({ limit: '1' }, '/albums/by-date');
    expect(months).toMatchObject({
      items: [{ by: 'month', date: '2025-09', name: 'September 2025', count: 1 }],
      next_cursor: '2025-09',
    });
    expect(await found({ limit: '1', cursor: '2025-09' }, '/albums/by-date')).toMatchObject({
      items: [{ date: '2025-07' }],
      next_cursor: null,
    });
    const days = await found({ by: 'day', limit: '1' }, '/albums/by-date');
    expect(days).toMatchObject({
      items: [{ date: '2025-09-02', name: '2 September 2025' }],
      next_cursor: '2025-09-02',
    });
    expect(await found({ by: 'day', cursor: '2025-09-02' }, '/albums/by-date')).toMatchObject({
      items: [{ date: '2025-07-01', count: 3 }],
      next_cursor: null,
    });
  });
});
