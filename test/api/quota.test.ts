import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createChecksums } from '../../shared/adapters/checksums.ts';
import { uuidAt } from '../../shared/adapters/ids.ts';
import { createImageEdits } from '../../shared/adapters/image-edits.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { createSpendings } from '../../shared/adapters/spendings.ts';
import { createSummaries } from '../../shared/adapters/summaries.ts';
import { changeItem } from '../../shared/adapters/table.ts';
import { createUploadLedgers } from '../../shared/adapters/upload-ledgers.ts';
import type { Problem } from '../../shared/contract/schemas.ts';
import { freshStages } from '../../shared/domain/image.ts';
import { emptySummary, type Summary } from '../../shared/domain/summary.ts';
import {
  announce,
  emptyLedger,
  endLook,
  lookAt,
  MOST_OPEN_FORMS,
  mostOnTheirWay,
  stretches,
  type UploadLedger,
} from '../../shared/domain/upload-ledger.ts';
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

/** The last look at what has ended was long enough ago for the next. */
async function later(): Promise<void> {
  const looked_at = new Date(Date.now() - 5_001).toISOString();
  await changeItem(api.world.table, TABLE, { user_id: user, sk: 'UPLOADS' }, { set: { looked_at } });
}
/** So many are announced so many hours ago, and are on their way ever since. */
async function announcedAgo(hours: number, count: number): Promise<string[]> {
  const ledgers = createUploadLedgers(api.world.table, TABLE);
  const at = new Date(Date.now() - hours * 3_600_000);
  await ledgers.put(user, announce(await ledgers.get(user), `r${hours}`, { images: count, bytes: count * 10 }, at));
  const made = Array.from({ length: count }, (_, n) => uuidAt(at, new Uint8Array(16).fill(n)));
  for (const [n, image_id] of made.entries()) {
    const { expected, ...record } = imageRecord(user, n, { status: 'processing', image_id });
    await images().create({ ...record, expected: { ...expected, bytes: 10 } });
  }
  return made;
}

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
    const done = await images().get(key);
    if (done) await images().settle(key, done);
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
    await later();
    expect((await ask(1)).status).toBe(403);
  });

  test('count bytes as well, before and after the photos have ended', async () => {
    const [first = ''] = ids(await ask(1, 600));
    expect((await ask(1, 500)).json<Problem>().detail).toContain(`600 of ${BYTES} bytes`);
    await done([first], { images: 1, bytes: 550, by_status: { done: 1 } });
    expect((await ask(1, 451)).status).toBe(403);
    await later();
    expect((await ask(1, 450)).status).toBe(200);
  });

  test('count a photo once, whether it is on its way or has ended', async () => {
    const mine = ids(await ask(6));
    await done(mine, { images: 6, bytes: 60, by_status: { done: 6 } });
    expect((await ask(4)).status).toBe(200);
    await later();
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
    await later();
    expect((await ask(1)).status).toBe(403);
  });

  test('asked for side by side never go beyond it together', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => ask(2)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(IMAGES / 2);
    const others = answers.filter(({ status }) => status !== 200);
    expect(others.every(({ status }) => status === 403 || status === 429)).toBe(true);
    expect(await records()).toHaveLength(IMAGES);
  });

  test('count what is on its way however long that takes, and no longer', async () => {
    const mine = await announcedAgo(30, 6);
    await announcedAgo(3, 4);
    expect((await ask(1)).status).toBe(403);
    // Nothing is kept of two of them; another is there, but not counted yet.
    for (const imageId of mine.slice(0, 2))
      await images().reject({ userId: user, imageId }, { code: 'no_picture', message: 'No.' });
    await changeItem(api.world.table, TABLE, { user_id: user, sk: `IMAGE#${mine[2]}` }, { set: { status: 'done' } });
    await later();
    expect((await ask(3)).status).toBe(403);
    expect((await ask(2)).status).toBe(200);
    await later();
    expect((await ask(1)).status).toBe(403);
    await done(mine.slice(2), { images: 6, by_status: { done: 4, rejected: 2 } });
    await later();
    expect((await ask(1)).status).toBe(403);
    const ledger = await createUploadLedgers(api.world.table, TABLE).get(user);
    expect(ledger.announced.map(({ left }) => left?.images)).toEqual([4, 2]);
  });

  test('near the limit are looked through once in five seconds, and until then it is said when', async () => {
    await ask(IMAGES - 1);
    expect((await ask(2)).status).toBe(403);
    api.world.aws.resetRequests();
    const answers = await Promise.all(Array.from({ length: 5 }, () => ask(2)));
    expect(api.world.aws.requests()['dynamodb:Query']).toBeUndefined();
    for (const { status, headers } of answers) {
      expect(status).toBe(429);
      expect(Number(headers['Retry-After'])).toBeGreaterThanOrEqual(1);
      expect(Number(headers['Retry-After'])).toBeLessThanOrEqual(5);
    }
    // What fits by what is known needs no look, and what counters alone refuse none either.
    expect((await ask(1)).status).toBe(200);
    expect((await ask(IMAGES + 1)).status).toBe(403);
    await later();
    api.world.aws.resetRequests();
    expect(new Set((await Promise.all([ask(1), ask(1), ask(1)])).map(({ status }) => status))).toEqual(
      new Set([403, 429]),
    );
    expect(api.world.aws.requests()['dynamodb:Query']).toBe(1);
  });

  test('keep a small ledger: minutes are joined, none is lost, and what has ended is tidied away', async () => {
    const start = Date.now() - 3_000 * 60_000;
    let ledger: UploadLedger = emptyLedger();
    for (let minute = 0; minute < 2_900; minute += 1)
      ledger = announce(ledger, 'r', { images: 1, bytes: 2 }, new Date(start + minute * 60_000));
    expect(ledger.announced.length).toBeLessThanOrEqual(240);
    expect(mostOnTheirWay(ledger)).toEqual({ images: 2_900, bytes: 5_800 });
    const small = {
      ...ledger,
      version: 1,
      announced: ledger.announced.slice(-200).map((one) => ({ ...one, images: 0, bytes: 1 })),
    };
    await createUploadLedgers(api.world.table, TABLE).put(user, small);
    expect((await ask(1)).status).toBe(200);
    expect((await createUploadLedgers(api.world.table, TABLE).get(user)).announced).toHaveLength(1);
  });

  test('are looked at so many at a time: the rest counts whole until the next look', async () => {
    const start = new Date(Date.now() - 600 * 60_000);
    const minute = (number: number) => new Date(start.getTime() - (start.getTime() % 60_000) + number * 60_000);
    const entry = { at: minute(0).toISOString(), until: minute(3).toISOString(), images: 8, bytes: 80 };
    const ledger = { ...emptyLedger(), announced: [entry], looked_at: new Date().toISOString() };
    async function* photos(from: number) {
      for (let number = from; number < 8; number += 1) {
        const image_id = uuidAt(minute(Math.floor(number / 2)), new Uint8Array(16).fill(number));
        const { expected, generation } = imageRecord(user, number);
        yield {
          image_id,
          expected: { ...expected, bytes: 10 },
          generation,
          status: number === 0 ? 'processing' : 'done',
        } as const;
      }
    }
    const [first] = stretches(ledger);
    const look = first && (await lookAt(first, photos(0), 3));
    const after = endLook(ledger, look ? [look] : [], ledger, new Date());
    expect(look?.read).toBe(4);
    expect(mostOnTheirWay(after)).toEqual({ images: 5, bytes: 50 });
    const [second] = stretches(after);
    expect(second?.from).toEqual(minute(2));
    const rest = second && (await lookAt(second, photos(4), 3));
    expect(mostOnTheirWay(endLook(after, rest ? [rest] : [], after, new Date()))).toEqual({ images: 1, bytes: 10 });
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
