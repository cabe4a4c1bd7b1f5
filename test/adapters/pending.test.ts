import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeItems } from '../../shared/adapters/batch-write.ts';
import { createDepartures } from '../../shared/adapters/departures.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { createJobs } from '../../shared/adapters/jobs.ts';
import { createSpendings } from '../../shared/adapters/spendings.ts';
import { AT, imageId, imageRecord } from '../support/records.ts';
import { startWorld, TABLE, type World } from '../support/world.ts';

const MANY = 1_300;
let world: World;
let now = AT;
const clock = () => now;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

test('however many photos are ahead, accounts, jobs and people who wait are found, each by its own kind', async () => {
  const images = createImages(world.table, TABLE, clock);
  const jobs = createJobs(world.table, TABLE, clock);
  const departures = createDepartures(world.table, TABLE, clock);
  const spendings = createSpendings(world.table, TABLE, clock);
  // Ids that all spread alike: photos, job and people meet wherever kinds share what they are found in.
  const user = imageId(0);
  await images.create(imageRecord('Bob', 0, { status: 'processing' }));
  const [one] = await world.itemsOf('Bob');
  await writeItems(world.table, TABLE, {
    puts: Array.from({ length: MANY }, (_, index) => {
      const image_id = imageId(10_000 + index);
      return { ...one, user_id: 'Bob', image_id, sk: `IMAGE#${image_id}` };
    }),
  });
  now = new Date(AT.getTime() + 1);
  await departures.begin(user);
  await spendings.noteWaiting(user);
  await jobs.create('Bob', { type: 'recluster', request: { k: 'auto', names: true } }, () => user);
  now = new Date(AT.getTime() + 2);

  expect(await Array.fromAsync(departures.stale(now))).toMatchObject([{ sk: 'PROFILE', user_id: user }]);
  expect(await Array.fromAsync(spendings.waiting(now))).toMatchObject([{ sk: 'WAITING', user_id: user }]);
  expect(await Array.fromAsync(jobs.stale(now))).toMatchObject([{ job_id: user }]);
  const found = (await Array.fromAsync(images.stale(now))).map(({ image_id }) => image_id);
  expect(new Set(found).size).toBe(MANY + 1);
  expect(found).toHaveLength(MANY + 1);
  // What has shown a sign of life since is not stale.
  expect(await Array.fromAsync(departures.stale(new Date(AT.getTime() + 1)))).toEqual([]);
});

test('of what is read together the oldest comes first, whichever shard it is in', async () => {
  const jobs = createJobs(world.table, TABLE, clock);
  const order = [9, 4, 7, 1, 8];
  for (const [index, number] of order.entries()) {
    now = new Date(AT.getTime() + 1_000 + index);
    await jobs.create('Cy', { type: 'recluster', request: { k: 'auto', names: true } }, () => imageId(number));
  }
  now = new Date(AT.getTime() + 2_000);
  const found = (await Array.fromAsync(jobs.stale(now))).filter(({ user_id }) => user_id === 'Cy');
  expect(found.map(({ job_id }) => job_id)).toEqual(order.map(imageId));
});
