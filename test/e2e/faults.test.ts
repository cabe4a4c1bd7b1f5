import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DeleteCommand, DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { drawPicture } from '../fixtures/pictures.ts';
import type { Item } from '../support/items.ts';
import { type Person, post, signUp } from './support/person.ts';
import { recount } from './support/recount.ts';
import { quiet, startTestStack, type TestStack } from './support/stack.ts';
import { readStored } from './support/stored.ts';

let stack: TestStack;
let seed = 1000;

beforeAll(async () => {
  stack = await startTestStack({ plainSight: true });
});
afterAll(() => stack?.remove());

/** Pictures alike enough to found a cluster, each another one. */
async function upload(person: Person): Promise<string> {
  seed += 1;
  return person.upload({ filename: `${seed}.jpg`, bytes: await drawPicture({ width: 240, height: 160, seed }) });
}
const uploads = (person: Person, count: number) => Promise.all(Array.from({ length: count }, () => upload(person)));
/** Deaths the host has seen of a function's processes. */
async function deaths(name: string): Promise<number> {
  const log = await readFile(stack.functionLog(name), 'utf8').catch(() => '');
  return log.split('signal: killed').length - 1;
}
const done = { status: 'done', degraded: false, error: null };

/** Some requests of a run: what happens between any two of them, unit by unit, is told by test/{ingest,describe,organize}. */
const every = (step: number, requests: number) =>
  Array.from({ length: Math.ceil(requests / step) }, (_, index) => index * step);
const deathsAt = (name: string, places: readonly number[]) =>
  places.map((place) => `${name}:kill=1@${place}`).join(',');

describe('a function that dies on its way', () => {
  /** Deaths at requests all along a run. Where it counts, there is already a cluster that a photo could be counted into twice. */
  test.each([
    { name: 'ingest', places: every(3, 18), known: 0 },
    { name: 'describe', places: every(3, 15), known: 0 },
    // Fewer than the deliveries its queue allows, should all of them meet the same photo.
    { name: 'organize', places: every(4, 36), known: 4 },
  ])(
    '$name',
    async ({ name, places, known }) => {
      // A user's photos are organized one batch after the other; two users die side by side.
      const people = await Promise.all([signUp(stack.url), signUp(stack.url)]);
      await Promise.all(people.map(async (person) => person.ended(await uploads(person, known))));
      await quiet(stack);
      const before = await deaths(name);
      stack.inject(deathsAt(name, places));
      const images = await Promise.all(people.map(async (person) => person.ended(await uploads(person, 3))));
      for (const image of images.flat()) expect(image).toMatchObject(done);
      expect(await recount(stack)).toEqual([]);
      expect(stack.killsOwed()).toBe(0);
      expect((await deaths(name)) - before).toBe(places.length);
      // Else nothing was to be lost.
      if (known > 0) expect((await memberships()).length).toBeGreaterThanOrEqual(known);
    },
    180_000,
  );
});

describe('Azure', () => {
  let ada: Person;
  beforeAll(async () => {
    ada = await signUp(stack.url);
  });

  test('refuses for long: photos wait without being blamed, may be deleted meanwhile, and end done', async () => {
    stack.inject('azure:429=4s,azure:retry_after=1');
    const [first = '', second = '', gone = ''] = await uploads(ada, 3);
    await vi.waitFor(
      async () => {
        for (const id of [first, second, gone]) expect((await ada.image(id)).stages.ingest.state).toBe('done');
      },
      { timeout: 60_000, interval: 100 },
    );
    const waiting = await ada.image(first);
    expect(waiting).toMatchObject({ status: 'processing', error: null, thumbnail_url: expect.any(String) });
    expect(['pending', 'running']).toContain(waiting.stages.describe.state);
    expect((await ada.call('DELETE', `/images/${gone}?permanent=true`)).status).toBe(204);
    for (const image of await ada.ended([first, second])) {
      expect(image).toMatchObject({ ...done, stages: { describe: { state: 'done', attempts: 1 } } });
    }
    expect(await recount(stack)).toEqual([]);
    expect(await leftOf(gone)).toEqual([]);
  });

  test.each([
    ['refuse400', 'on the way in'],
    ['refuse_finish', 'on the way out'],
    ['refusal', 'by the model'],
  ])('filters a picture (%s, %s): it is done, incomplete, and says why', async (fault) => {
    stack.inject(`azure:${fault}=1`);
    const [image] = await ada.ended([await upload(ada)]);
    expect(image).toMatchObject({ status: 'done', degraded: true, error: null, title: null });
    expect(image).toMatchObject({ stages: { describe: { state: 'refused' }, organize: { state: 'done' } } });
    expect(image?.stages.describe.error?.message).toMatch(/\w+ \w+/);
    const [next] = await ada.ended([await upload(ada)]);
    expect(next).toMatchObject(done);
    expect(await recount(stack)).toEqual([]);
  });

  test('answers nonsense once: it is asked again, and nobody notices', async () => {
    stack.inject('azure:malformed=1');
    const [image] = await ada.ended([await upload(ada)]);
    expect(image).toMatchObject({ ...done, stages: { describe: { state: 'done' } } });
  });

  test('answers nonsense twice: the photo is done, incomplete, and says why', async () => {
    stack.inject('azure:malformed=2');
    const [image] = await ada.ended([await upload(ada)]);
    expect(image).toMatchObject({ status: 'done', degraded: true, stages: { describe: { state: 'failed' } } });
    expect(image?.stages.describe.error).toMatchObject({ code: 'invalid_answer', message: expect.any(String) });
    expect(await recount(stack)).toEqual([]);
  });

  test('breaks down (500): the photo waits and ends done', async () => {
    // Else a wait of 15 s, which test/describe/azure-throttle.test.ts sees.
    stack.inject('azure:500=1,azure:retry_after=1');
    const [image] = await ada.ended([await upload(ada)]);
    expect(image).toMatchObject({ ...done, stages: { describe: { state: 'done' } } });
    expect(await recount(stack)).toEqual([]);
  });
});

test('everything at once: what is lost, late, twice, slow, refused or carried out unheard, and clocks that are wrong', async () => {
  const people = await Promise.all([signUp(stack.url), signUp(stack.url)]);
  stack.inject(
    [
      'ingest:duplicate=1,ingest:drop=1,ingest:reorder=3x60s,ingest:kill=1,ingest:skew=-5s',
      'describe:delay=2x60s,describe:drop=1,describe:kill=1,describe:skew=5s',
      'organize:drop=1,organize:delay=2x60s,organize:reorder=30%x60s,organize:kill=1',
      'dynamodb:UpdateItem:ProvisionedThroughputExceededException=3%,dynamodb:UpdateItem:500=2%~lost,dynamodb:*:reset=1%',
      'dynamodb:PutItem:InternalServerError=2%~lost,s3:PutObject:503=5%,s3:PutObject:500=5%~lost,s3:GetObject:reset=2%',
      's3:DeleteObjects:500=2,s3:*:slow=5%x50ms,sqs:SendMessage:503=5%~lost,sqs:DeleteMessageBatch:500=5%',
      'sqs:SendMessageBatch:reset=5%~lost,s3vectors:PutVectors:429=20%,s3vectors:PutVectors:500=20%~lost',
      'azure:429=5%,azure:500=5%,azure:retry_after=1',
    ].join(),
  );
  const files = await Promise.all(
    people.map(async (person) => {
      const bytes = await Promise.all(
        Array.from({ length: 4 }, () => (seed += 1)).map((own) => drawPicture({ width: 240, height: 160, seed: own })),
      );
      // A client repeats what has failed; a form may be used again.
      const forms = await Promise.all(
        bytes.map((file) => patiently(() => person.form({ filename: 'mixed.jpg', bytes: file }))),
      );
      await Promise.all(
        forms.map((form, index) =>
          patiently(async () => {
            const answer = await post(form, bytes[index] ?? Buffer.alloc(0));
            if (answer.status >= 300) throw new Error(`Expected S3 to take it, got ${answer.status}`);
          }),
        ),
      );
      return forms.map(({ image_id }) => image_id);
    }),
  );
  // What moves by itself has moved. Sweep finds the rest, in two hours; so late, forms have expired and wrong clocks are overtaken.
  await quiet(stack);
  expect(stack.killsOwed()).toBe(0);
  stack.inject('off,sweep:skew=2h');
  const ended = await Promise.all(people.map((person, index) => person.ended(files[index] ?? [])));
  stack.inject('off');
  for (const image of ended.flat()) expect(image).toMatchObject(done);
  expect(await recount(stack)).toEqual([]);
});

describe('a photo deleted', () => {
  test('at any moment of its way leaves nothing behind', async () => {
    const person = await signUp(stack.url);
    const ids = await uploads(person, 9);
    const kept = ids.slice(0, 2);
    // One after the other while the stack works on them: each is met somewhere else.
    for (const id of ids.slice(2))
      expect((await person.call('DELETE', `/images/${id}?permanent=true`)).status).toBe(204);
    for (const id of ids.slice(2)) expect((await person.call('GET', `/images/${id}`)).status).toBe(404);
    for (const image of await person.ended(kept)) expect(image).toMatchObject(done);
    const [later = ''] = await uploads(person, 1);
    await person.ended([later]);
    expect((await person.call('DELETE', `/images/${later}?permanent=true`)).status).toBe(204);
    expect(await recount(stack)).toEqual([]);
    for (const id of [...ids.slice(2), later]) expect(await leftOf(id)).toEqual([]);
    expect(await toldOf(person, later)).toEqual(['erased', 'added']);
    expect((await person.images()).map(({ image_id }) => image_id).sort()).toEqual(kept.sort());
  });

  test('while the one who erases it dies leaves nothing behind', async () => {
    const people = await Promise.all([signUp(stack.url), signUp(stack.url)]);
    const before = await deaths('organize');
    await Promise.all(people.map(async (person) => person.ended(await uploads(person, 5))));
    await quiet(stack);
    const places = every(3, 24).map((place) => place + 1);
    stack.inject(deathsAt('organize', places));
    await Promise.all(
      people.map(async (person) => {
        const [kept, ...gone] = (await person.images()).map(({ image_id }) => image_id);
        for (const id of gone) expect((await person.call('DELETE', `/images/${id}?permanent=true`)).status).toBe(204);
        expect((await person.images()).map(({ image_id }) => image_id)).toEqual([kept]);
      }),
    );
    await vi.waitFor(() => expect(stack.killsOwed()).toBe(0), { timeout: 60_000 });
    expect(await recount(stack)).toEqual([]);
    expect((await deaths('organize')) - before).toBe(places.length);
  });

  test('before its bytes arrive: they are thrown away', async () => {
    const person = await signUp(stack.url);
    const bytes = await drawPicture({ seed: 1 });
    const form = await person.form({ filename: 'late.jpg', bytes });
    expect((await person.call('DELETE', `/images/${form.image_id}?permanent=true`)).status).toBe(204);
    expect((await post(form, bytes)).status).toBe(204);
    expect(await recount(stack)).toEqual([]);
    expect(await leftOf(form.image_id)).toEqual([]);
  });
});

// Last: it breaks what is stored on purpose.
test('the recount notices what is missing, too many or at odds', async () => {
  const person = await signUp(stack.url);
  await person.ended(await uploads(person, 4));
  await quiet(stack);
  const TableName = stack.outputs.TableName;
  const Bucket = stack.outputs.BucketName;
  const { region, credentials, endpoints } = stack;
  const table = DynamoDBDocumentClient.from(new DynamoDBClient({ region, credentials, endpoint: endpoints.dynamodb }));
  const s3 = new S3Client({ region, credentials, endpoint: endpoints.s3, forcePathStyle: true });
  const [{ user_id, image_id, sk } = { user_id: '', image_id: '', sk: '' }] = await memberships();
  expect(image_id).not.toBe('');
  await table.send(new DeleteCommand({ TableName, Key: { user_id, sk } }));
  await table.send(new DeleteCommand({ TableName, Key: { user_id, sk: `VECTOR#${image_id}` } }));
  await table.send(new PutCommand({ TableName, Item: { user_id, sk: 'CHECKSUM#ab', image_id: 'nobody' } }));
  await table.send(new PutCommand({ TableName, Item: { user_id, sk: 'STRANGER#ab' } }));
  await s3.send(new DeleteObjectCommand({ Bucket, Key: `thumbnails/${user_id}/${image_id}/small.webp` }));
  await s3.send(new PutObjectCommand({ Bucket, Key: `originals/${user_id}/${image_id}`, Body: 'other bytes' }));
  await s3.send(new PutObjectCommand({ Bucket, Key: `originals/${user_id}/nobody`, Body: 'x' }));
  const deviations = (await recount(stack)).join('\n');
  for (const words of [
    'an item nobody knows: STRANGER',
    `${image_id} is done without thumbnails/${user_id}/${image_id}/small.webp`,
    `${image_id}: its original is not what its record says`,
    `object originals/${user_id}/nobody belongs to nothing`,
    `${image_id} is described, but its embedding is lost`,
    `${image_id} has 1 vectors in the index`,
    'belongs to nobody, which is gone',
    `cluster ${user_id}/${sk.split('#')[1]} counts`,
    `${image_id} says that it is in cluster ${sk.split('#')[1]}, but is listed in no cluster`,
  ]) {
    expect(deviations).toContain(words);
  }

  // The doctor, from another process, finds what a stack at work may not have; what is left after it is for a person to look at.
  const found = await doctor();
  expect(found.code).toBe(1);
  expect(found.says).toContain(`${image_id} is described, but its embedding is lost`);
  const mended = await doctor('--repair');
  expect(mended.opinion.mended).toBeGreaterThan(3);
  expect(mended.opinion.users.flatMap(({ differences }) => differences).map(({ says = '' }) => says)).toEqual([
    expect.stringContaining('its original is not what its record says'),
    expect.stringContaining('small.webp'),
    expect.stringContaining('an item nobody knows: STRANGER'),
  ]);
  expect((await doctor('--data', tmpdir())).code).toBe(2);
});

interface Opinion {
  mended: number;
  users: { differences: { says?: string }[] }[];
}

/** `npm run doctor` on the stack; how it ends, and what it says. */
async function doctor(...options: string[]): Promise<{ code: number | null; says: string; opinion: Opinion }> {
  const script = join(import.meta.dirname, '../../bin/doctor.ts');
  const args = [script, '--data', stack.dataDir, '--wait', '0.2', '--json', ...options];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let says = '';
  for await (const part of child.stdout) says += part;
  const code = child.exitCode ?? ((await once(child, 'exit'))[0] as number | null);
  return { code, says, opinion: says === '' ? { mended: 0, users: [] } : JSON.parse(says) };
}

async function memberships() {
  return (await readStored(stack)).items.filter(({ sk }) => sk.startsWith('IN#'));
}

/** As a client that goes on trying. */
async function patiently<T>(run: () => Promise<T>): Promise<T> {
  return vi.waitFor(run, { timeout: 30_000, interval: 50 });
}

/** What the feed tells of an image, newest first. */
async function toldOf(person: Person, imageId: string): Promise<string[]> {
  const path = '/dashboard/recent-activity?limit=100';
  const { items } = await person.get<{ items: { type: string; image_id?: string }[] }>(path);
  return items.filter(({ image_id }) => image_id === imageId).map(({ type }) => type);
}

/** Keys of items and objects, and vectors, that name an image. That it came and went, and when, the feed may go on telling. */
async function leftOf(imageId: string): Promise<string[]> {
  const stored = await readStored(stack);
  const told = new Set(['user_id', 'sk', 'type', 'at', 'image_id', 'expires']);
  const isNews = (item: Item) => item.sk.startsWith('ACTIVITY#') && Object.keys(item).every((name) => told.has(name));
  const keys = [
    ...stored.items.filter((item) => !isNews(item)).map((item) => `${item.sk} ${item.image_id}`),
    ...stored.objects.map(({ key }) => key),
    ...stored.vectors.map(({ key }) => key),
  ];
  return keys.filter((key) => key.includes(imageId));
}
