import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { INGEST_STEPS } from '../../functions/ingest/ingest.ts';
import { createEraseAccount } from '../../functions/jobs/erase-account.ts';
import { type ErasingDeps, erasingSteps } from '../../functions/jobs/erasing-steps.ts';
import { createStuck } from '../../functions/sweep/stuck.ts';
import { createBelongings } from '../../shared/adapters/belongings.ts';
import { createChecksums } from '../../shared/adapters/checksums.ts';
import { createDepartures, unlessGone } from '../../shared/adapters/departures.ts';
import { createEmbeddings } from '../../shared/adapters/embeddings.ts';
import { createUserKeys } from '../../shared/adapters/encryption/user-keys.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { createJobs } from '../../shared/adapters/jobs.ts';
import { createLinks } from '../../shared/adapters/links.ts';
import { createObjects } from '../../shared/adapters/objects.ts';
import { createProfiles } from '../../shared/adapters/profiles.ts';
import { createQueues } from '../../shared/adapters/queues.ts';
import { createVectors } from '../../shared/adapters/vectors.ts';
import type { JobMessage } from '../../shared/contract/messages.ts';
import { DIMENSIONS } from '../../shared/domain/clustering/vectors.ts';
import { allImageKeys, downloadKey, jobKey } from '../../shared/domain/object-keys.ts';
import { drawPicture } from '../fixtures/pictures.ts';
import { openPhotos } from '../ingest/photos.ts';
import { leftIn } from '../support/departed.ts';
import { addKeys } from '../support/keys.ts';
import { Killed, mortal } from '../support/mortal.ts';
import { donePhoto, imageId } from '../support/records.ts';
import { BUCKET, startWorld, TABLE, VECTOR_BUCKET, type World } from '../support/world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let world: World;
let lives: ReturnType<typeof mortal>;
let now: number;
let user: string;
let users = 0;
/** Accounts the identity service still knows. */
let known: Set<string>;
const clock = () => new Date(now);

beforeAll(async () => {
  world = await startWorld();
  lives = mortal([world.table, world.s3, world.vectors]);
});
afterAll(() => world.stop());
beforeEach(() => {
  users += 1;
  user = `Uma${users}`;
  now = Date.parse('2026-03-04T05:06:07.000Z');
  known = new Set([user]);
});

const departures = () => createDepartures(world.table, TABLE, clock);
const objects = () => createObjects(world.s3, BUCKET);

function erasing(changes: Partial<ErasingDeps> = {}, runMs = MINUTE) {
  const steps = erasingSteps({
    keys: null,
    objects: objects(),
    vectors: createVectors(world.vectors, VECTOR_BUCKET),
    links: createLinks(world.table, TABLE, clock),
    belongings: createBelongings(world.table, TABLE),
    admin: { remove: async (userId) => known.delete(userId) || true },
    departures: departures(),
    ...changes,
  });
  return createEraseAccount({ departures: departures(), steps, clock, runMs });
}
/** Runs until it says that it has ended. */
async function eraseAll(run = erasing()): Promise<void> {
  for (let runs = 0; (await run(user)) === 'more'; runs += 1) expect(runs).toBeLessThan(50);
}

/** The messages by which sweep has the erasing gone on with. */
async function sweep(): Promise<JobMessage[]> {
  const queues = createQueues(world.sqs, world.urls);
  const deps = { images: createImages(world.table, TABLE, clock), jobs: createJobs(world.table, TABLE, clock) };
  await createStuck({ ...deps, departures: departures(), objects: objects(), queues, clock, staleMs: 15 * MINUTE })();
  const sent = (await world.drain('jobs')) as JobMessage[];
  return sent.filter(({ type, user_id }) => type === 'erase_account' && user_id === user);
}

/** Some of everything there is, of one person. */
async function fill(userId: string, photos = 3): Promise<void> {
  const images = createImages(world.table, TABLE, clock);
  const embeddings = createEmbeddings(world.table, TABLE);
  const vector = new Float32Array(DIMENSIONS);
  vector[0] = 1;
  for (let number = 1; number <= photos; number += 1) {
    await images.create(donePhoto(userId, number));
    await embeddings.put(userId, imageId(number), vector);
    await createChecksums(world.table, TABLE).claim(userId, `sum${number}`, imageId(number));
    await createVectors(world.vectors, VECTOR_BUCKET).put(userId, imageId(number), vector);
    for (const key of allImageKeys(userId, imageId(number)).slice(0, 8))
      await objects().write(key, Buffer.from('bytes'), 'image/webp');
  }
  const jobs = createJobs(world.table, TABLE, clock);
  const job = await jobs.create(userId, { type: 'download', request: { of: 'all' } }, () => imageId(90));
  await objects().write(jobKey(userId, job.job_id), Buffer.from('[]'), 'application/json');
  await objects().write(downloadKey(userId, job.job_id, 1), Buffer.from('zip'), 'application/zip');
  const terms = { download: true, location: false, expiresAt: new Date(now + HOUR) };
  const links = createLinks(world.table, TABLE, clock);
  await links.create({ userId, albumId: imageId(80) }, `token of ${userId}`, terms, () => imageId(70));
  await createProfiles(world.table, TABLE, clock).setFaceDetection(userId, false);
}

test('everything goes, of everybody else nothing, and what stays says nothing but that it is gone', async () => {
  await fill(user);
  await fill(`${user}-other`);
  const others = await world.itemsOf(`${user}-other`);
  const kept = await world.keys(`originals/${user}-other/`);
  expect((await leftIn(world, user)).length).toBeGreaterThan(30);

  await departures().begin(user);
  expect(await erasing()(user)).toBe('ended');

  expect(await leftIn(world, user)).toEqual([]);
  expect(await world.itemsOf(`${user}-other`)).toEqual(others);
  expect(await world.keys(`originals/${user}-other/`)).toEqual(kept);
  expect(await createLinks(world.table, TABLE, clock).find(`token of ${user}-other`)).not.toBeNull();
  expect(known).toEqual(new Set());
  expect(await world.itemsOf(user)).toMatchObject([{ sk: 'PROFILE', deleted_at: clock().toISOString() }]);
});

test('killed before any of its requests and delivered again, it ends with nothing', async () => {
  await fill(user, 1);
  await departures().begin(user);
  let deaths = 0;
  for (let requests = 0; ; requests += 1) {
    lives.arm(requests);
    const end = await erasing()(user).catch((error: unknown) => error);
    lives.arm(null);
    if (end === 'ended') break;
    expect(end).toBeInstanceOf(Killed);
    deaths += 1;
  }
  expect(deaths).toBeGreaterThan(12);
  expect(await leftIn(world, user)).toEqual([]);
  expect(known).toEqual(new Set());
});

test('the key of their pictures goes before anything else', async () => {
  const { items, dataKeys } = await addKeys(world);
  const keys = createUserKeys({ items, dataKeys: async () => dataKeys, hasEncrypted: async () => false, clock });
  await keys.toWrite(user, () => undefined);
  await departures().begin(user);
  const firstKeys = () => Promise.reject(new Killed());
  const dies = erasing({ keys, objects: { firstKeys, remove: firstKeys } });
  await expect(dies(user)).rejects.toThrow(Killed);
  expect(await items.get(user)).toBe('erased');
});

test('what one run has no time for is left to the next', async () => {
  await fill(user);
  await departures().begin(user);
  let looked = 0;
  const firstKeys = async (prefix: string) => {
    looked += 1;
    now += MINUTE;
    return objects().firstKeys(prefix);
  };
  const run = erasing({ objects: { firstKeys, remove: (keys) => objects().remove(keys) } });
  expect(await run(user)).toBe('more');
  expect(looked).toBe(1);
  await eraseAll();
  expect(await leftIn(world, user)).toEqual([]);
});

test('an account that was not deleted loses nothing to a message', async () => {
  await fill(user);
  const before = await world.itemsOf(user);
  expect(await erasing()(user)).toBe('ended');
  expect(await world.itemsOf(user)).toEqual(before);
});

test('sweep goes on with it for as long as it is needed, has a last look when nothing can come any more, and then forgets', async () => {
  await fill(user, 1);
  await departures().begin(user);
  now += 16 * MINUTE;
  // Its first message was lost.
  expect(await sweep()).toEqual([{ type: 'erase_account', user_id: user }]);
  expect(await sweep()).toEqual([]);
  await eraseAll();
  now += HOUR;
  expect(await sweep()).toEqual([]);

  // Something wrote after that, and nobody has noticed.
  await objects().write(`thumbnails/${user}/late/small.webp`, Buffer.from('x'), 'image/webp');
  now += 2 * HOUR;
  expect(await sweep()).toHaveLength(1);
  await eraseAll();
  expect(await leftIn(world, user)).toEqual([]);
  now += 24 * HOUR;
  expect(await sweep()).toEqual([]);
  const [tombstone] = await world.itemsOf(user);
  expect(Object.keys(tombstone ?? {}).sort()).toEqual(['asked', 'deleted_at', 'expires', 'identity', 'sk', 'user_id']);
  const days = (Number(tombstone?.expires) * 1000 - now) / (24 * HOUR);
  expect(days).toBeGreaterThan(28);
  expect(days).toBeLessThanOrEqual(30);
});

test('an account the identity service may still let in is remembered for good', async () => {
  await departures().begin(user);
  now += 3 * HOUR;
  await departures().lookAgain(user);
  await eraseAll(erasing({ admin: { remove: async () => false } }));
  expect(await world.itemsOf(user)).toMatchObject([{ sk: 'PROFILE' }]);
  expect((await world.itemsOf(user))[0]).not.toHaveProperty('expires');
  expect(await departures().isGone(user)).toBe(true);
});

test('who has asked for another look while one was under way gets it, minutes later and with all the others', async () => {
  await departures().begin(user);
  let removals = 0;
  const remove = async () => {
    removals += 1;
    await departures().lookAgain(user);
    await departures().lookAgain(user);
    await objects().write(`raw/${user}/late.json`, Buffer.from('x'), 'application/json');
    return true;
  };
  const run = erasing({ admin: { remove } });
  // Its message does not come again.
  expect(await run(user)).toBe('ended');
  expect(await leftIn(world, user)).toHaveLength(1);
  expect(await sweep()).toEqual([]);
  now += 16 * MINUTE;
  expect(await sweep()).toHaveLength(1);
  expect(await run(user)).toBe('ended');
  expect(await leftIn(world, user)).toEqual([]);
  // The identity service is asked no more once it has said that the account is gone.
  expect(removals).toBe(1);
  now += 16 * MINUTE;
  expect(await sweep()).toEqual([]);
});

test.each(INGEST_STEPS)('an upload that is under way, before %s, leaves nothing behind', async (step) => {
  const photos = openPhotos(world, user);
  await photos.upload(1, await drawPicture({ seed: 1 }));
  // As the function's handler does.
  const clearUp = () => objects().remove(allImageKeys(user, imageId(1)));
  const deliver = (work: () => Promise<void>) => unlessGone(departures(), user, work, clearUp);
  const leave = async () => {
    await departures().begin(user);
    await eraseAll();
  };
  let reached = false;
  await deliver(async () => {
    reached = await photos.runWith(1, step, leave);
  }).catch(() => {});
  if (!reached) await leave();
  // The same message again, and bytes that come by a form that is still good.
  await photos.post(1, await drawPicture({ seed: 2 }));
  await deliver(() => photos.run(1));
  expect(await world.keys(`incoming/${user}`)).toEqual([]);
  await eraseAll();
  expect(await leftIn(world, user)).toEqual([]);
});

test.each([false, true])(
  'what a function still writes after its owner has left goes, too (it fails: %s)',
  async (fails) => {
    const run = unlessGone(departures(), user, async () => {
      await departures().begin(user);
      await eraseAll();
      await createChecksums(world.table, TABLE).claim(user, 'late', imageId(1));
      if (fails) throw new Error('as it found nothing');
    });
    await run.catch(() => {});
    expect(await leftIn(world, user)).toHaveLength(1);
    await eraseAll();
    expect(await leftIn(world, user)).toEqual([]);
  },
);

test('a function that is killed while its owner leaves is made up for when its message comes again', async () => {
  const photos = openPhotos(world, user);
  await photos.upload(1, await drawPicture({ seed: 1 }));
  expect(
    await photos.runUntil(1, 'finish').then(async (reached) => {
      await departures().begin(user);
      await eraseAll();
      // It had the bytes claimed in this very moment.
      await photos.checksums.claim(user, 'late', imageId(1));
      return reached;
    }),
  ).toBe(true);
  expect(await erasing()(user)).toBe('ended');
  expect(await leftIn(world, user)).toHaveLength(1);
  await unlessGone(departures(), user, () => photos.run(1));
  await eraseAll();
  expect(await leftIn(world, user)).toEqual([]);
});
