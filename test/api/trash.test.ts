import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createChecksums } from '../../shared/adapters/checksums.ts';
import { createImageEdits } from '../../shared/adapters/image-edits.ts';
import { createImages } from '../../shared/adapters/images.ts';
import type { BatchResult, ImageView, JobView } from '../../shared/contract/schemas.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';
import { storeListed } from '../support/listed.ts';
import * as records from '../support/records.ts';
import { TABLE } from '../support/world.ts';
import { type Api, startApi } from './api.ts';

const DAY = 24 * 3600 * 1000;
let api: Api;
let as: string;
let users = 0;
beforeAll(async () => {
  api = await startApi({ TRASH_DAYS: '7' });
});
afterAll(() => api.stop());
beforeEach(async () => {
  users += 1;
  as = `ann${users}`;
  await api.world.drain('organize');
  await api.world.drain('jobs');
});

/** Ids are nobody else's: the queue would take another's event for a repetition. */
const numbered = (number: number) => users * 100 + number;
const imageId = (number: number) => records.imageId(numbered(number));
const donePhoto = (user: string, number: number, changes: Partial<ImageRecord> = {}) =>
  records.donePhoto(user, numbered(number), changes);
const imageRecord = (user: string, number: number, changes: Partial<ImageRecord> = {}) =>
  records.imageRecord(user, numbered(number), changes);
const numberOf = (id: string) => Number(id.slice(-12)) - numbered(0);
const images = () => createImages(api.world.table, TABLE, () => new Date());
const record = (number: number) => images().get({ userId: as, imageId: imageId(number) });
const seed = (...records: ImageRecord[]) => Promise.all(records.map((each) => images().create(each)));
const call = (method: string, path: string, rest: { body?: object; query?: Record<string, string> } = {}) =>
  api.call(method, path, { as, ...rest });
const one = (number: number) => `/images/${imageId(number)}`;
const events = async () =>
  ((await api.world.drain('organize')) as { type: string; image_id: string; event_id: string }[]).map(
    ({ type, image_id }) => `${type}:${numberOf(image_id)}`,
  );
const listed = async (path: string, query: Record<string, string> = {}) => {
  const answer = await call('GET', path, { query });
  const { items, next_cursor } = answer.json<{ items: ImageView[]; next_cursor: string | null }>();
  return { numbers: items.map(({ image_id }) => numberOf(image_id)), next_cursor };
};

describe('DELETE /images/{id}', () => {
  test('moves it to the trash: hidden, but shown to who asks for it, and told to organize once', async () => {
    await seed(donePhoto(as, 1), donePhoto(as, 2));
    expect((await call('DELETE', one(1))).status).toBe(204);
    expect((await call('DELETE', one(1))).status).toBe(204);
    expect(await events()).toEqual(['edited:1']);
    expect((await listed('/images')).numbers).toEqual([2]);
    const shown = (await call('GET', one(1))).json<ImageView>();
    expect(shown.original_url).toEqual(expect.any(String));
    expect(Date.parse(shown.purge_at ?? '') - Date.parse(shown.trashed_at ?? '')).toBe(7 * DAY);
    expect((await call('GET', one(2))).json<ImageView>()).toMatchObject({ trashed_at: null, purge_at: null });
    expect(await record(1)).not.toHaveProperty('taken_key');
  });

  test.each(['true', 'false'])('with permanent=%s', async (permanent) => {
    await seed(donePhoto(as, 1));
    expect((await call('DELETE', one(1), { query: { permanent } })).status).toBe(204);
    expect(await events()).toEqual([permanent === 'true' ? 'removed:1' : 'edited:1']);
    expect((await call('GET', one(1))).status).toBe(permanent === 'true' ? 404 : 200);
  });

  test('erases at once what there would be nothing to restore of, and what is asked for of the trash', async () => {
    const states = ['awaiting_upload', 'expired', 'rejected', 'duplicate', 'failed'] as const;
    await seed(...states.map((status, index) => imageRecord(as, index + 1, { status })), donePhoto(as, 9));
    for (const number of [1, 2, 3, 4, 5, 9]) await call('DELETE', one(number));
    expect(await events()).toEqual(['removed:1', 'removed:2', 'removed:3', 'removed:4', 'removed:5', 'edited:9']);
    await call('DELETE', one(9), { query: { permanent: 'true' } });
    expect((await call('POST', `${one(9)}/restore`)).status).toBe(404);
  });
});

test('in the trash nothing can be changed', async () => {
  await seed(donePhoto(as, 1));
  await call('DELETE', one(1));
  const before = await record(1);
  expect((await call('PATCH', one(1), { body: { title: 'New' } })).json()).toMatchObject({
    status: 409,
    detail: expect.stringContaining('trash'),
  });
  expect((await call('POST', `${one(1)}/reprocess`, { body: {} })).status).toBe(409);
  const actions = [
    { action: 'edit', changes: { title: 'New' } },
    { action: 'tag', add: ['new'] },
    { action: 'reprocess' },
  ];
  for (const action of actions) {
    const answer = await call('POST', '/images/batch', { body: { ...action, ids: [imageId(1)] } });
    expect(answer.json<{ items: BatchResult[] }>().items[0]).toMatchObject({
      result: 'refused',
      error: { code: 'in_trash' },
    });
  }
  expect(await record(1)).toEqual(before);
});

describe('restoring', () => {
  test('brings it back, once, and has it placed', async () => {
    await seed(donePhoto(as, 1, { edits: { title: '2026-01-01T00:00:00.000Z' } }));
    await call('DELETE', one(1));
    await events();
    const answer = await call('POST', `${one(1)}/restore`);
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({ trashed_at: null, purge_at: null, locked: ['title'] });
    expect((await call('POST', `${one(1)}/restore`)).status).toBe(200);
    expect(await events()).toEqual(['described:1']);
    expect((await listed('/images')).numbers).toEqual([1]);
    expect(await record(1)).toMatchObject({ taken_key: `2025-07-01T10:00:00#${imageId(1)}`, edit_revision: 2 });
  });

  test('in a batch, as deleting', async () => {
    await seed(donePhoto(as, 1), imageRecord(as, 2), donePhoto(as, 3));
    const ids = [1, 2, 3, 4].map(imageId);
    const results = async (body: object) =>
      (await call('POST', '/images/batch', { body }))
        .json<{ items: BatchResult[] }>()
        .items.map(({ result }) => result);
    expect(await results({ action: 'delete', ids })).toEqual(['done', 'done', 'done', 'not_found']);
    expect((await events()).sort()).toEqual(['edited:1', 'edited:3', 'removed:2']);
    expect(await results({ action: 'restore', ids })).toEqual(['done', 'not_found', 'done', 'not_found']);
    expect((await events()).sort()).toEqual(['described:1', 'described:3']);
    expect(await results({ action: 'delete', ids: ids.slice(0, 1), permanent: true })).toEqual(['done']);
    expect(await events()).toEqual(['removed:1']);
  });

  test('by announcing its bytes again', async () => {
    const sha256 = 'ab'.repeat(32);
    const accepted = { state: 'done', attempts: 1 } as const;
    await seed(
      donePhoto(as, 1, {
        sha256,
        stages: { ingest: accepted, describe: accepted, faces: { state: 'done', attempts: 1 }, organize: accepted },
      }),
    );
    await createChecksums(api.world.table, TABLE).claim(as, sha256, imageId(1));
    await call('DELETE', one(1));
    await events();
    const files = [{ filename: 'a.jpg', content_type: 'image/jpeg', bytes: 3, sha256 }];
    const answer = await call('POST', '/images/uploads', { body: { files } });
    expect(answer.json<{ items: object[] }>().items).toEqual([{ image_id: imageId(1), duplicate: true }]);
    expect(await record(1)).not.toHaveProperty('trashed_at');
    expect(await events()).toEqual(['described:1']);
  });
});

describe('GET /trash', () => {
  const trashedAt = (number: number, second: number) =>
    donePhoto(as, number, { trashed_at: `2026-01-01T00:00:0${second}.000Z`, purge_at: '2026-01-08T00:00:00.000Z' });

  test('lists the latest trashed first, page by page, each once', async () => {
    await storeListed(api.world, as, [trashedAt(1, 2), trashedAt(2, 3), trashedAt(3, 1), trashedAt(4, 1)]);
    await images().create(donePhoto(as, 5));
    const pages: number[][] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: { numbers: number[]; next_cursor: string | null } = await listed('/trash', {
        limit: '2',
        ...(cursor && { cursor }),
      });
      pages.push(page.numbers);
      cursor = page.next_cursor;
    }
    expect(pages.flat()).toEqual([2, 1, 4, 3]);
    expect(pages[0]).toEqual([2, 1]);
    expect((await api.call('GET', '/trash', { as: 'somebody' })).json()).toEqual({ items: [], next_cursor: null });
    expect((await call('GET', '/trash', { query: { cursor: imageId(1) } })).status).toBe(422);
  });

  test('knows at once what was restored', async () => {
    await storeListed(api.world, as, [trashedAt(1, 1), trashedAt(2, 2)]);
    await createImageEdits(api.world.table, TABLE, () => new Date()).restore({ userId: as, imageId: imageId(2) });
    expect((await listed('/trash')).numbers).toEqual([1]);
  });

  test('counts apart in the statistics', async () => {
    await storeListed(api.world, as, [trashedAt(1, 1), donePhoto(as, 2)]);
    expect((await call('GET', '/stats')).json()).toMatchObject({ images: 1, bytes: 3, trash: { images: 1, bytes: 3 } });
  });
});

test('DELETE /trash is a job', async () => {
  const answer = await call('DELETE', '/trash');
  expect(answer.status).toBe(202);
  const job = answer.json<JobView>();
  expect(job).toMatchObject({ type: 'empty_trash', status: 'queued' });
  expect(await api.world.drain('jobs')).toEqual([{ type: 'empty_trash', user_id: as, job_id: job.job_id }]);
});
