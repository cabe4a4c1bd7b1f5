import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createChecksums } from '../../shared/adapters/checksums.ts';
import { createImageEdits } from '../../shared/adapters/image-edits.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { createSpendings } from '../../shared/adapters/spendings.ts';
import { createSummaries } from '../../shared/adapters/summaries.ts';
import { changeItem } from '../../shared/adapters/table.ts';
import { createUploadLedgers } from '../../shared/adapters/upload-ledgers.ts';
import type { Problem } from '../../shared/contract/schemas.ts';
import { freshStages } from '../../shared/domain/image.ts';
import { announce, emptyLedger, MOST_OPEN_FORMS } from '../../shared/domain/quota.ts';
import { emptySummary, type Summary } from '../../shared/domain/summary.ts';
import { imageRecord } from '../support/records.ts';
import { TABLE } from '../support/world.ts';
import { type Answer, type Api, multipart, startApi } from './api.ts';

const IMAGES = 10;
const BYTES = 1_000;

let api: Api;
let user: string;
let users = 0;
beforeAll(async () => {
  api = await startApi({
    MAX_IMAGES_PER_USER: String(IMAGES),
    MAX_BYTES_PER_USER: String(BYTES),
    MAX_AI_USD_PER_USER_PER_MONTH: '2.5',
  });
});
afterAll(() => api.stop());
beforeEach(() => {
  users += 1;
  user = `Quinn${users}`;
});

const files = (count: number, bytes = 10) =>
  Array.from({ length: count }, (_, n) => ({ filename: `${n}.jpg`, content_type: 'image/jpeg', bytes }));
const ask = (count: number, bytes?: number, as = user) =>
  api.call('POST', '/images/uploads', { as, body: { files: files(count, bytes) } });
const ids = (answer: Answer) => answer.json<{ items: { image_id: string }[] }>().items.map(({ image_id }) => image_id);
const images = () => createImages(api.world.table, TABLE, () => new Date());
const records = async () => (await api.world.itemsOf(user)).filter(({ sk }) => String(sk).startsWith('IMAGE#'));
const usage = async () => (await api.call('GET', '/stats', { as: user })).json<{ usage: unknown }>().usage;

/** Counters as organize leaves them. */
let version = 0;
async function counted(summary: Partial<Summary>): Promise<void> {
  const { table } = api.world;
  const summaries = createSummaries(table, TABLE);
  version = ((await summaries.get(user))?.version ?? 0) + 1;
  await summaries.put(user, { ...emptySummary(), ...summary, version, updated_at: new Date().toISOString() });
}
/** Their photos come through: what the stages and organize write at the end. */
async function done(imageIds: string[], summary: Partial<Summary>): Promise<void> {
  for (const imageId of imageIds) {
    const key = { userId: user, imageId };
    const record = await images().get(key);
    if (record) await images().beginIngest(key, record);
    for (const stage of ['ingest', 'describe', 'faces', 'organize'] as const)
      await images().endStage(key, stage, { state: 'done' });
  }
  await counted(summary);
}

describe('upload forms', () => {
  test('are given out up to the limit, counting what is on its way, and then refused with what is used', async () => {
    expect((await ask(IMAGES - 2)).status).toBe(200);
    const refused = await ask(3);
    expect(refused.status).toBe(403);
    const { type, detail, errors } = refused.json<Problem>();
    expect(type).toBe('urn:shoebox:problem:over-quota');
    expect(detail).toContain(`${IMAGES - 2} of ${IMAGES} images`);
    expect(detail).toMatch(/trash/);
    expect(errors).toEqual([{ path: 'files', expected: 'at most 2 images more', received: '3 images' }]);
    expect(await records()).toHaveLength(IMAGES - 2);
    expect((await ask(2)).status).toBe(200);
    expect((await ask(1)).status).toBe(403);
  });

  test('count bytes as well, before and after the photos have ended', async () => {
    const [first = ''] = ids(await ask(1, 600));
    expect((await ask(1, 500)).json<Problem>().detail).toContain(`600 of ${BYTES} bytes`);
    await done([first], { images: 1, bytes: 550, by_status: { done: 1 } });
    expect((await ask(1, 451)).status).toBe(403);
    expect((await ask(1, 450)).status).toBe(200);
  });

  test('count a photo once, whether it is on its way or has ended', async () => {
    const mine = ids(await ask(6));
    await done(mine, { images: 6, bytes: 60, by_status: { done: 6 } });
    expect((await ask(4)).status).toBe(200);
    expect((await ask(1)).status).toBe(403);
  });

  test('nothing counts that nothing was kept of, and what lies in the trash does', async () => {
    const mine = ids(await ask(6));
    for (const imageId of mine)
      await images().reject({ userId: user, imageId }, { code: 'no_picture', message: 'No.' });
    await counted({ images: 6, by_status: { rejected: 6 }, trash: { images: 7, bytes: 70 } });
    expect((await ask(4)).status).toBe(403);
    expect((await ask(3)).status).toBe(200);
    expect(await usage()).toMatchObject({ images: { used: 7, limit: IMAGES }, bytes: { used: 70, limit: BYTES } });
  });

  test('one that is run again counts once', async () => {
    const mine = ids(await ask(5));
    await done(mine, { images: 5, by_status: { done: 5 } });
    const edits = createImageEdits(api.world.table, TABLE, () => new Date());
    for (const imageId of mine) {
      const key = { user_id: user, sk: `IMAGE#${imageId}` };
      const original = { key: 'originals/1', content_type: 'image/jpeg', bytes: 1, width: 1, height: 1 };
      await changeItem(api.world.table, TABLE, key, { set: { original } });
      expect((await edits.rerun({ userId: user, imageId }, ['describe']))?.state).toBe('changed');
    }
    expect((await ask(5)).status).toBe(200);
    expect((await ask(1)).status).toBe(403);
  });

  test('asked for side by side never go beyond it together', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => ask(2)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(IMAGES / 2);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 403]));
    expect(await records()).toHaveLength(IMAGES);
  });

  test('a request that dies before its records are there holds its room for a minute only', async () => {
    const ledgers = createUploadLedgers(api.world.table, TABLE);
    const ago = (ms: number) => new Date(Date.now() - ms);
    await ledgers.put(user, announce(emptyLedger(), 'dead', { images: IMAGES, bytes: 1 }, ago(30_000)));
    expect((await ask(1)).status).toBe(403);
    user += 'later';
    await ledgers.put(user, announce(emptyLedger(), 'dead', { images: IMAGES, bytes: 1 }, ago(61_000)));
    expect((await ask(IMAGES)).status).toBe(200);
  });

  test('of bytes one has already ask for no room', async () => {
    await counted({ images: IMAGES, by_status: { done: IMAGES } });
    const sha256 = 'a'.repeat(64);
    const [imageId = ''] = ids(await ask(1, 1, 'someone'));
    expect(imageId).not.toBe('');
    const stages = { ...freshStages(), ingest: { state: 'done', attempts: 1 } } as const;
    const record = imageRecord(user, 77, { status: 'done', stages });
    await images().create(record);
    await createChecksums(api.world.table, TABLE).claim(user, sha256, record.image_id);
    const known = { ...files(1)[0], sha256 };
    expect((await api.call('POST', '/images/uploads', { as: user, body: { files: [known] } })).json()).toEqual({
      items: [{ image_id: record.image_id, duplicate: true }],
    });
  });

  test('that are refused bring nothing back from the trash', async () => {
    await counted({ images: IMAGES - 1, by_status: { done: IMAGES - 1 }, trash: { images: 1, bytes: 1 } });
    const sha256 = 'b'.repeat(64);
    const stages = { ...freshStages(), ingest: { state: 'done', attempts: 1 } } as const;
    const record = imageRecord(user, 78, { status: 'done', stages, trashed_at: new Date().toISOString() });
    await images().create(record);
    await createChecksums(api.world.table, TABLE).claim(user, sha256, record.image_id);
    const known = { ...files(1)[0], sha256 };
    const put = (body: object) => api.call('POST', '/images/uploads', { as: user, body });
    const trashed = async () => (await images().get({ userId: user, imageId: record.image_id }))?.trashed_at;
    expect((await put({ files: [known, ...files(1)] })).status).toBe(403);
    expect(await trashed()).toBe(record.trashed_at);
    expect((await put({ files: [known] })).json()).toEqual({ items: [{ image_id: record.image_id, duplicate: true }] });
    expect(await trashed()).toBeUndefined();
  });

  test.each(['/images/uploads', '/images/upload'])(
    '%s answers although its note cannot be taken back',
    async (path) => {
      const { send } = DynamoDBDocumentClient.prototype;
      const spy = vi.spyOn(DynamoDBDocumentClient.prototype, 'send').mockImplementation(function (
        this: never,
        ...args
      ) {
        const [command] = args as unknown as [unknown];
        const last =
          command instanceof UpdateCommand && command.input.UpdateExpression?.startsWith('REMOVE announcing');
        return last ? Promise.reject(new Error('no table')) : send.apply(this, args);
      });
      const part = { name: 'files', filename: 'a.jpg', type: 'image/jpeg', content: 'x' };
      const request = path.endsWith('s') ? { body: { files: files(1) } } : multipart([part]);
      try {
        expect((await api.call('POST', path, { as: user, ...request })).status).toBeLessThan(300);
      } finally {
        spy.mockRestore();
      }
      expect(await records()).toHaveLength(1);
    },
  );

  test('are limited in number: the next ones are given out when the oldest end', async () => {
    const ledgers = createUploadLedgers(api.world.table, TABLE);
    await ledgers.put(user, announce(emptyLedger(), 'many', { images: MOST_OPEN_FORMS, bytes: 1 }, new Date()));
    const refused = await ask(1);
    expect(refused.status).toBe(429);
    const seconds = Number(refused.headers['Retry-After']);
    expect(seconds).toBeGreaterThan(3_500);
    expect(seconds).toBeLessThanOrEqual(3_660);
    expect(refused.json<Problem>().detail).toContain(String(MOST_OPEN_FORMS));
    expect(await usage()).toMatchObject({ upload_forms: { used: MOST_OPEN_FORMS, limit: MOST_OPEN_FORMS } });
  });
});

test('pictures sent through the API count like announced ones', async () => {
  await counted({ images: IMAGES - 1, by_status: { done: IMAGES - 1 } });
  const part = { name: 'files', filename: 'a.jpg', type: 'image/jpeg', content: 'x' };
  const two = multipart([part, part]);
  expect((await api.call('POST', '/images/upload', { as: user, ...two })).status).toBe(403);
  expect(await api.world.keys(`incoming/${user}/`)).toEqual([]);
  expect((await api.call('POST', '/images/upload', { as: user, ...multipart([part]) })).status).toBe(202);
  expect((await api.call('POST', '/images/upload', { as: user, ...multipart([part]) })).status).toBe(403);
});

test('what is used and what may be is told', async () => {
  await createSpendings(api.world.table, TABLE, () => new Date()).count(user, 'p', 700_000);
  const now = new Date();
  expect(await usage()).toEqual({
    images: { used: 0, limit: IMAGES },
    bytes: { used: 0, limit: BYTES },
    upload_forms: { used: 0, limit: MOST_OPEN_FORMS },
    ai: {
      month: now.toISOString().slice(0, 7),
      used_microusd: 700_000,
      limit_microusd: 2_500_000,
      next_month_at: new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1)).toISOString(),
    },
  });
});
