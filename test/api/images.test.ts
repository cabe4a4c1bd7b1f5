import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClusters } from '../../shared/adapters/clusters.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { createObjects } from '../../shared/adapters/objects.ts';
import { createPeople } from '../../shared/adapters/people.ts';
import type { ImageView } from '../../shared/contract/schemas.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';
import { originalKey, rawMetadataKey, thumbnailKey } from '../../shared/domain/object-keys.ts';
import { imageId, imageRecord } from '../support/records.ts';
import { BUCKET, TABLE } from '../support/world.ts';
import { type Api, startApi } from './api.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

interface Page {
  items: ImageView[];
  next_cursor: string | null;
}

const CLUSTER = '018e0000-0000-7000-8000-000000000001';

/** A photo that has come all the way. */
function doneRecord(as: string, number: number): ImageRecord {
  const id = imageId(number);
  const small = { key: thumbnailKey(as, id, 'small'), content_type: 'image/webp', bytes: 1, width: 200, height: 150 };
  const record = imageRecord(as, number, {
    status: 'done',
    title: 'A beach',
    description: 'Sand and sea.',
    tags: ['beach', 'sea'],
    content_type: 'image/jpeg',
    format: 'jpeg',
    bytes: 3,
    sha256: 'a'.repeat(64),
    width: 4000,
    height: 3000,
    original: { key: originalKey(as, id), content_type: 'image/jpeg', bytes: 3, width: 4000, height: 3000 },
    thumbnails: { small, medium: { ...small, key: thumbnailKey(as, id, 'medium'), width: 800, height: 600 } },
    cluster: {
      cluster_id: CLUSTER,
      similarity: 0.8,
      threshold: 0.5,
      runner_up: null,
      margin: null,
      reason: 'It is the only cluster.',
    },
    processing_ms: 1234,
  });
  for (const stage of Object.values(record.stages)) Object.assign(stage, { state: 'done', attempts: 1 });
  return record;
}

const images = () => createImages(api.world.table, TABLE, () => new Date());
const seed = (records: ImageRecord[]) => Promise.all(records.map((record) => images().create(record)));
const list = async (as: string, query: Record<string, string> = {}) =>
  (await api.call('GET', '/images', { as, query })).json<Page>();
const ids = ({ items }: Page) => items.map((item) => item.image_id);

describe('lists', () => {
  test('newest first, page by page, each image once', async () => {
    const records = Array.from({ length: 7 }, (_, index) => imageRecord('ada', index + 1));
    await seed(records);
    const newestFirst = records.map((record) => record.image_id).reverse();
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Page = await list('ada', { limit: '3', ...(cursor && { cursor }) });
      expect(page.items.length).toBeLessThanOrEqual(3);
      seen.push(...ids(page));
      cursor = page.next_cursor;
    } while (cursor);
    expect(seen).toEqual(newestFirst);
    expect(ids(await list('ada'))).toEqual(newestFirst);
  });

  test('20 where no limit is named; exactly full is the last page', async () => {
    await seed(Array.from({ length: 20 }, (_, index) => imageRecord('bea', index)));
    const page = await list('bea');
    expect(page.items).toHaveLength(20);
    expect(page.next_cursor).toBeNull();
    expect(await list('bea', { limit: '19' })).toMatchObject({ next_cursor: imageId(1) });
  });

  test('by status', async () => {
    await seed([imageRecord('cid', 1), doneRecord('cid', 2), imageRecord('cid', 3), doneRecord('cid', 4)]);
    expect(ids(await list('cid', { status: 'done' }))).toEqual([imageId(4), imageId(2)]);
    const first = await list('cid', { status: 'done', limit: '1' });
    expect(ids(await list('cid', { status: 'done', limit: '1', cursor: first.next_cursor ?? '' }))).toEqual([
      imageId(2),
    ]);
    expect(ids(await list('cid', { status: 'failed' }))).toEqual([]);
  });

  test('the archived ones are left out, and listed by themselves', async () => {
    await seed([1, 2, 3].map((number) => imageRecord('hal', number, { archived: number === 2 })));
    expect(ids(await list('hal'))).toEqual([imageId(3), imageId(1)]);
    expect(ids(await list('hal', { archived: 'true' }))).toEqual([imageId(2)]);
  });

  test('by page number, for clients that count', async () => {
    await seed([1, 2, 3, 4, 5].map((number) => imageRecord('ivy', number)));
    expect(ids(await list('ivy', { limit: '2', page: '1' }))).toEqual([imageId(5), imageId(4)]);
    expect(ids(await list('ivy', { limit: '2', page: '3' }))).toEqual([imageId(1)]);
    expect(ids(await list('ivy', { limit: '2', page: '4' }))).toEqual([]);
    const refused = await api.call('GET', '/images', { as: 'ivy', query: { limit: '100', page: '11' } });
    expect(refused.status).toBe(422);
    expect(JSON.stringify(refused.json())).toContain('next_cursor');
    const both = await api.call('GET', '/images', { as: 'ivy', query: { page: '2', cursor: imageId(3) } });
    expect(both.status).toBe(422);
  });

  test('an image uploaded while paging moves nothing', async () => {
    await seed([1, 2, 3].map((number) => imageRecord('dan', number)));
    const first = await list('dan', { limit: '2' });
    await seed([imageRecord('dan', 9)]);
    expect(ids(await list('dan', { limit: '2', cursor: first.next_cursor ?? '' }))).toEqual([imageId(1)]);
  });

  test('hold nobody else’s images, also not with somebody else’s cursor', async () => {
    await seed([imageRecord('eva', 5), imageRecord('fox', 4), imageRecord('fox', 6)]);
    expect(ids(await list('eva'))).toEqual([imageId(5)]);
    expect(ids(await list('eva', { cursor: imageId(6) }))).toEqual([imageId(5)]);
  });

  test('/images/list is the same, and says what to use instead', async () => {
    await seed([imageRecord('gus', 1)]);
    const answer = await api.call('GET', '/images/list', { as: 'gus' });
    expect(ids(answer.json<Page>())).toEqual([imageId(1)]);
    expect(answer.headers).toMatchObject({
      Deprecation: expect.stringMatching(/^@\d+$/),
      Link: '</api/v1/images>; rel="successor-version"',
    });
    expect((await api.call('GET', '/images', { as: 'gus' })).headers.Deprecation).toBeUndefined();
  });

  test('100 images with all their URLs cost few reads and little time', async () => {
    await createClusters(api.world.table, TABLE).create('hue', clusterItem('Beaches'));
    const person = { person_id: imageId(999), name: 'Ann', updated_at: '2026-01-01T12:00:00.000Z' };
    await createPeople(api.world.table, TABLE).say('hue', person.person_id, person);
    const box = { x: 0, y: 0, width: 0.5, height: 0.5 };
    const faces = [{ n: 0, box, person_id: person.person_id, similarity: 0.9 }];
    await seed(Array.from({ length: 100 }, (_, index) => ({ ...doneRecord('hue', index), faces })));
    await list('hue', { limit: '100' });
    api.world.aws.resetRequests();
    const page = await list('hue', { limit: '100' });
    expect(page.items.every((item) => item.cluster?.name === 'Beaches' && item.faces[0]?.name === 'Ann')).toBe(true);
    // Session, page, names of clusters and people together.
    expect(api.world.aws.requests()).toEqual({
      'dynamodb:GetItem': 1,
      'dynamodb:Query': 1,
      'dynamodb:BatchGetItem': 1,
    });
  });
});

const clusterItem = (name: string) => ({
  cluster_id: CLUSTER,
  name,
  name_source: 'tags' as const,
  name_asked_at: 0,
  count: 1,
  newest: [],
  created_at: '2026-01-01T12:00:00.000Z',
  updated_at: '2026-01-01T12:00:00.000Z',
});

describe('one image', () => {
  test('with everything known of it', async () => {
    await createClusters(api.world.table, TABLE).create('ida', clusterItem('Beaches'));
    await seed([doneRecord('ida', 1)]);
    const answer = await api.call('GET', `/images/${imageId(1)}`, { as: 'ida' });
    expect(answer.status).toBe(200);
    const image = answer.json<ImageView>();
    expect(image).toMatchObject({
      image_id: imageId(1),
      status: 'done',
      degraded: false,
      title: 'A beach',
      tags: ['beach', 'sea'],
      cluster: { cluster_id: CLUSTER, name: 'Beaches', similarity: 0.8 },
      error: null,
      processing_ms: 1234,
    });
    expect(image.original_url).toContain(originalKey('ida', imageId(1)));
    expect(image.thumbnail_url).toBe(image.thumbnails?.small);
    expect(image.thumbnails?.medium).toContain('/medium.webp');
    expect(Date.parse(image.urls_expire_at ?? '')).toBeGreaterThan(Date.now());
  });

  test('of a phone: a preview for browsers, a name to save the original under, and all that the file says', async () => {
    const record = doneRecord('ian', 1);
    const { original, thumbnails } = record;
    if (!original || !thumbnails) throw new Error('Expected a photo that has come all the way');
    original.content_type = 'image/heic';
    thumbnails.preview = { ...thumbnails.medium, key: thumbnailKey('ian', imageId(1), 'preview'), width: 2048 };
    const metadata = { camera_make: 'Apple', exposure_time: '1/40', exposure_seconds: 0.025 };
    const stored = { key: rawMetadataKey('ian', imageId(1)), bytes: 9 };
    await seed([{ ...record, metadata, raw_metadata: stored, favorite: true, edits: { title: record.created_at } }]);
    const raw = { exif: { Make: 'Apple' } };
    const objects = createObjects(api.world.s3, BUCKET);
    await objects.write(stored.key, Buffer.from(JSON.stringify(raw)), 'application/json');

    const image = (await api.call('GET', `/images/${imageId(1)}`, { as: 'ian' })).json<ImageView>();
    expect(image.thumbnails?.preview).toContain('/preview.webp');
    expect(decodeURIComponent(image.original_url ?? '')).toMatch(/attachment; .*beach\.heic/);
    expect(image).toMatchObject({ metadata: { ...metadata, raw }, favorite: true, archived: false, locked: ['title'] });

    const [listed] = (await list('ian')).items;
    expect(listed?.metadata).toEqual(metadata);
  });

  test('is shown without what its file says where that cannot be read', async () => {
    const Key = rawMetadataKey('ira', imageId(1));
    const metadata = { camera_make: 'Apple' };
    await seed([{ ...doneRecord('ira', 1), metadata, raw_metadata: { key: Key, bytes: 9 } }]);
    // Of another deployment, whose keys this one has not.
    const sealed = { Body: 'noise', Metadata: { encryption: 'user-1' } };
    await api.world.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, ...sealed }));
    const answer = await api.call('GET', `/images/${imageId(1)}`, { as: 'ira' });
    expect(answer.status).toBe(200);
    expect(answer.json<ImageView>()).toMatchObject({ image_id: imageId(1), title: 'A beach' });
    expect(answer.json<ImageView>().metadata).toEqual(metadata);
  });

  test('that still waits for its bytes shows what was announced, and no URLs', async () => {
    await seed([imageRecord('jim', 1)]);
    const image = (await api.call('GET', `/images/${imageId(1)}`, { as: 'jim' })).json<ImageView>();
    expect(image).toMatchObject({ status: 'awaiting_upload', content_type: 'image/jpeg', bytes: 3, sha256: null });
    expect(image).toMatchObject({ original_url: null, thumbnail_url: null, thumbnails: null, urls_expire_at: null });
  });

  test('degraded where a stage ended less well', async () => {
    const record = doneRecord('kim', 1);
    record.stages.describe = { state: 'refused', attempts: 1, error: { code: 'content_filter', message: 'Refused.' } };
    await seed([record]);
    const image = (await api.call('GET', `/images/${imageId(1)}`, { as: 'kim' })).json<ImageView>();
    expect(image).toMatchObject({ degraded: true, stages: { describe: { state: 'refused' } } });
  });

  test('under its older path, which names the new one', async () => {
    await seed([imageRecord('leo', 1)]);
    const answer = await api.call('GET', `/images/${imageId(1)}/view`, { as: 'leo' });
    expect(answer.json()).toMatchObject({ image_id: imageId(1) });
    expect(answer.headers.Link).toBe(`</api/v1/images/${imageId(1)}>; rel="successor-version"`);
  });

  test('somebody else’s is answered exactly like one that never existed', async () => {
    await seed([doneRecord('max', 1)]);
    for (const method of ['GET', 'DELETE']) {
      const theirs = await api.call(method, `/images/${imageId(1)}`, { as: 'eve' });
      const nobodys = await api.call(method, `/images/${imageId(999)}`, { as: 'eve' });
      expect(theirs.status).toBe(404);
      expect(theirs).toEqual({ ...nobodys, json: expect.anything() });
    }
    expect((await api.call('GET', `/images/${imageId(1)}`, { as: 'max' })).status).toBe(200);
  });
});

test('a deleted image is gone for its owner at once, and organize is told to erase it', async () => {
  await api.world.drain('organize');
  await seed([imageRecord('ned', 1), imageRecord('ned', 2)]);
  const answer = await api.call('DELETE', `/images/${imageId(1)}`, { as: 'ned' });
  expect(answer).toMatchObject({ status: 204, text: '' });

  expect((await api.call('GET', `/images/${imageId(1)}`, { as: 'ned' })).status).toBe(404);
  expect((await api.call('DELETE', `/images/${imageId(1)}`, { as: 'ned' })).status).toBe(404);
  expect(ids(await list('ned'))).toEqual([imageId(2)]);
  expect(await api.world.drain('organize')).toEqual([
    { type: 'removed', event_id: `removed:${imageId(1)}`, user_id: 'ned', image_id: imageId(1) },
  ]);
});
