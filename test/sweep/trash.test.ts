import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createStuck } from '../../functions/sweep/stuck.ts';
import { createDepartures } from '../../shared/adapters/departures.ts';
import { createImageEdits } from '../../shared/adapters/image-edits.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { createJobs } from '../../shared/adapters/jobs.ts';
import { createObjects } from '../../shared/adapters/objects.ts';
import { createQueues } from '../../shared/adapters/queues.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';
import { AT, donePhoto, IN_TIME, imageId, imageRecord } from '../support/records.ts';
import { BUCKET, startWorld, TABLE, type World } from '../support/world.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const key = { userId: 'Ann', imageId: imageId(1) };
let world: World;
let now: Date;
const clock = () => now;
const later = (milliseconds: number) => {
  now = new Date(AT.getTime() + milliseconds);
};

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());
beforeEach(async () => {
  now = AT;
  await world.drain('organize');
  await images().erase(key);
});

const images = () => createImages(world.table, TABLE, clock);
const edits = () => createImageEdits(world.table, TABLE, clock);
function sweep() {
  const queues = createQueues(world.sqs, world.urls);
  const departures = createDepartures(world.table, TABLE, clock);
  const deps = { images: images(), jobs: createJobs(world.table, TABLE, clock), departures, queues, clock };
  return createStuck({ ...deps, objects: createObjects(world.s3, BUCKET), staleMs: 15 * MINUTE })(IN_TIME);
}
const told = async () => ((await world.drain('organize')) as { type: string }[]).map(({ type }) => type);
/** A photo in the trash for thirty days, with which organize has done; `changes` are what became of it meanwhile. */
async function settled(changes: Partial<ImageRecord> = {}): Promise<void> {
  await images().create(donePhoto('Ann', 1, changes));
  await edits().trash(key, 30);
  const record = await images().get(key);
  if (record) await images().settle(key, record);
}

test('a photo in the trash rests there until it is due, and then is erased', async () => {
  await settled();
  for (const days of [1, 29]) {
    later(days * DAY);
    await sweep();
    expect(await told()).toEqual([]);
  }
  later(30 * DAY + 16 * MINUTE);
  await sweep();
  expect(await told()).toEqual(['removed']);
  expect((await images().get(key))?.deleted_at).toBe(now.toISOString());
});

test('one that was restored in the last moment stays', async () => {
  await settled();
  later(30 * DAY + 16 * MINUTE);
  const stale = await Array.fromAsync(images().stale(now));
  await edits().restore(key);
  for (const record of stale) expect(await images().purge(key, record)).toBeNull();
  await sweep();
  expect(await told()).toEqual([]);
  expect(await images().get(key)).not.toHaveProperty('deleted_at');
});

test('what organize has not followed yet is told again, and not erased', async () => {
  await images().create(donePhoto('Ann', 1));
  await edits().trash(key, 30);
  later(16 * MINUTE);
  await sweep();
  expect(await told()).toEqual(['settled']);
  expect(await images().get(key)).not.toHaveProperty('deleted_at');
});

test('one of which, after all, no bytes were kept is erased soon', async () => {
  await images().create(imageRecord('Ann', 1, { status: 'queued' }));
  await edits().trash(key, 30);
  await images().reject(key, { code: 'not_a_picture', message: 'This is no picture.' });
  const rejected = await images().get(key);
  expect(rejected).toMatchObject({ status: 'rejected', trashed_at: AT.toISOString() });
  if (rejected) await images().settle(key, rejected);
  later(16 * MINUTE);
  await sweep();
  expect(await told()).toEqual(['removed']);
});

test('one that is in line is left alone until it is due', async () => {
  await images().create(donePhoto('Ann', 1));
  await edits().trash(key, 30);
  const trashed = await images().get(key);
  if (trashed) await images().settle(key, trashed);
  later(DAY);
  await sweep();
  expect(await told()).toEqual([]);
  later(31 * DAY);
  await sweep();
  expect(await told()).toEqual(['removed']);
});
