import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createWaitingSweep } from '../../functions/sweep/waiting.ts';
import { createImageEdits } from '../../shared/adapters/image-edits.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { createObjects } from '../../shared/adapters/objects.ts';
import { createPostings } from '../../shared/adapters/postings.ts';
import { createQueues } from '../../shared/adapters/queues.ts';
import { createSpendings } from '../../shared/adapters/spendings.ts';
import { typicalCostMicroDollars } from '../../shared/domain/cost.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';
import { storeListed } from '../support/listed.ts';
import { donePhoto, IN_TIME, imageId } from '../support/records.ts';
import { BUCKET, startWorld, TABLE, type World } from '../support/world.ts';

const MINUTE = 60_000;
const NOVEMBER = new Date('2026-11-20T12:00:00.000Z');
const DECEMBER = new Date('2026-12-01T00:30:00.000Z');
const LIMIT = 1_000_000;

let world: World;
let user: string;
let users = 0;
let now: Date;
const clock = () => now;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());
beforeEach(async () => {
  users += 1;
  user = `Wim${users}`;
  now = NOVEMBER;
  await world.drain('describe');
});

const spendings = () => createSpendings(world.table, TABLE, clock);
const images = () => createImages(world.table, TABLE, clock);
const sweep = (aiMicroUsd = LIMIT, until = IN_TIME, objects: { bucket: string } = createObjects(world.s3, BUCKET)) =>
  createWaitingSweep({
    spendings: spendings(),
    postings: createPostings(world.table, TABLE),
    images: images(),
    edits: createImageEdits(world.table, TABLE, clock),
    queues: createQueues(world.sqs, world.urls),
    objects,
    aiMicroUsd,
    clock,
    staleMs: 15 * MINUTE,
  })(until);
const sent = async () =>
  ((await world.drain('describe')) as { user_id: string; image_id: string }[])
    .filter(({ user_id }) => user_id === user)
    .map(({ image_id }) => Number(image_id.slice(-4)))
    .sort((a, b) => a - b);

function waiting(number: number, changes: Partial<ImageRecord> = {}): ImageRecord {
  const { stages } = donePhoto(user, number);
  const error = { code: 'over_budget', message: 'Waits.' };
  return donePhoto(user, number, {
    stages: { ...stages, describe: { state: 'waiting', attempts: 1, error } },
    described_by: undefined,
    described_in: undefined,
    ...changes,
  });
}

/** Photos that wait, of a person whose budget is used up. */
async function overBudget(...records: ImageRecord[]): Promise<void> {
  await spendings().noteWaiting(user);
  await storeListed(world, user, [...records, donePhoto(user, 99)]);
  await spendings().count(user, 'all of it', LIMIT);
}

test('photos that wait are left alone while the budget is used up, and described when the month begins', async () => {
  await overBudget(waiting(1), waiting(2));
  for (const minutes of [16, 32, 24 * 60]) {
    now = new Date(NOVEMBER.getTime() + minutes * MINUTE);
    await sweep();
    expect(await sent()).toEqual([]);
  }
  now = DECEMBER;
  await sweep();
  expect(await sent()).toEqual([1, 2]);
  expect(await images().get({ userId: user, imageId: imageId(1) })).toMatchObject({
    status: 'processing',
    generation: 1,
    stages: { describe: { state: 'pending', attempts: 0 }, ingest: { state: 'done' }, organize: { state: 'pending' } },
  });
  // Under way by now, though their entries still say that they wait.
  now = new Date(DECEMBER.getTime() + 16 * MINUTE);
  await sweep();
  expect(await sent()).toEqual([]);
});

test('they are described within minutes once the limit is raised', async () => {
  await overBudget(waiting(1));
  now = new Date(NOVEMBER.getTime() + 16 * MINUTE);
  await sweep(2 * LIMIT);
  expect(await sent()).toEqual([1]);
});

test('no more are sent at once than the budget has room for, the newest first', async () => {
  await overBudget(waiting(1), waiting(2), waiting(3));
  now = new Date(NOVEMBER.getTime() + 16 * MINUTE);
  await sweep(LIMIT + typicalCostMicroDollars() + 1);
  expect(await sent()).toEqual([2, 3]);
});

test('one that was trashed, erased or run again meanwhile is left alone', async () => {
  await overBudget(waiting(1), waiting(2), waiting(3), waiting(4));
  const edits = createImageEdits(world.table, TABLE, clock);
  await edits.trash({ userId: user, imageId: imageId(1) }, 30);
  await images().markDeleted({ userId: user, imageId: imageId(2) });
  await edits.rerun({ userId: user, imageId: imageId(3) }, ['describe']);
  now = DECEMBER;
  await sweep();
  expect(await sent()).toEqual([4]);
});

test('who has none any more is asked after once a day, and in the end no more', async () => {
  await spendings().noteWaiting(user);
  const mine = async () => (await Array.fromAsync(spendings().waiting(now))).some(({ user_id }) => user_id === user);
  now = new Date(NOVEMBER.getTime() + 25 * 60 * MINUTE);
  expect(await mine()).toBe(true);
  await sweep();
  now = new Date(now.getTime() + 23 * 60 * MINUTE);
  expect(await mine()).toBe(false);
  now = new Date(NOVEMBER.getTime() + 401 * 24 * 60 * MINUTE);
  await sweep();
  now = new Date(now.getTime() + 24 * 60 * MINUTE);
  expect(await mine()).toBe(false);
  // The next photo that waits is noted again.
  await spendings().noteWaiting(user);
  now = new Date(now.getTime() + 1);
  expect(await mine()).toBe(true);
});

test('when time is up no more are sent: who was not reached is next, and the rest of who was comes after', async () => {
  now = DECEMBER;
  await sweep();
  await world.drain('describe');
  await overBudget(waiting(1), waiting(2), waiting(3));
  const first = user;
  users += 1;
  user = `Wim${users}`;
  now = new Date(DECEMBER.getTime() + MINUTE);
  await overBudget(waiting(4));
  const allSent = async () =>
    ((await world.drain('describe')) as { user_id: string; image_id: string }[])
      .map(({ user_id, image_id }) => `${user_id} ${Number(image_id.slice(-4))}`)
      .sort();

  now = new Date('2027-01-01T00:30:00.000Z');
  const until = new Date(now.getTime() + 3 * MINUTE);
  const slow = {
    // Setting a photo going takes all the time there is.
    get bucket() {
      now = until;
      return BUCKET;
    },
  };
  expect(await sweep(LIMIT, until, slow)).toMatchObject({ sent: 1 });
  expect(await allSent()).toEqual([`${first} 3`]);
  now = new Date(until.getTime() + MINUTE);
  await sweep();
  expect(await allSent()).toEqual([`${user} 4`]);
  now = new Date(until.getTime() + 16 * MINUTE);
  await sweep();
  expect(await allSent()).toEqual([`${first} 1`, `${first} 2`]);
});
