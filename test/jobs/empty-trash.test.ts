import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createEmptyTrash } from '../../functions/jobs/empty-trash.ts';
import { createImageEdits } from '../../shared/adapters/image-edits.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { createJobs } from '../../shared/adapters/jobs.ts';
import { createPostings } from '../../shared/adapters/postings.ts';
import { createQueues } from '../../shared/adapters/queues.ts';
import { storeListed } from '../support/listed.ts';
import { Killed, mortal } from '../support/mortal.ts';
import { donePhoto, imageId } from '../support/records.ts';
import { startWorld, TABLE, type World } from '../support/world.ts';

const UNTIL = '2026-01-03T00:00:00.000Z';
let world: World;
let user: string;
let users = 0;
let lives: ReturnType<typeof mortal>;
let deps: Parameters<typeof createEmptyTrash>[0];

beforeAll(async () => {
  world = await startWorld();
  lives = mortal([world.table, world.sqs]);
  const clock = () => new Date();
  deps = {
    jobs: createJobs(world.table, TABLE, clock),
    images: createImages(world.table, TABLE, clock),
    postings: createPostings(world.table, TABLE),
    queues: createQueues(world.sqs, world.urls),
  };
});
afterAll(() => world.stop());
beforeEach(() => {
  users += 1;
  user = `Jo${users}`;
});

const JOB = imageId(1);
const numbered = (number: number) => users * 1_000 + number;
const run = () => createEmptyTrash(deps)(user, JOB);
const ask = (images: number) =>
  deps.jobs.create(user, { type: 'empty_trash', request: { trashed_until: UNTIL } }, () => JOB, { images });
const trashed = (number: number, trashed_at: string) =>
  donePhoto(user, numbered(number), { trashed_at, purge_at: '2026-02-01T00:00:00.000Z' });
/** Numbers of the photos that organize is told to erase. */
const told = async () =>
  ((await world.drain('organize')) as { type: string; image_id: string }[])
    .filter(({ type }) => type === 'removed')
    .map(({ image_id }) => Number(image_id.slice(-12)) - numbered(0))
    .sort((one, other) => one - other);
const deleted = async (number: number) =>
  (await deps.images.get({ userId: user, imageId: imageId(numbered(number)) }))?.deleted_at !== undefined;

test('erases what lay in the trash when it was asked for, and what has been restored since not', async () => {
  await storeListed(world, user, [
    trashed(1, '2026-01-01T00:00:00.000Z'),
    trashed(2, UNTIL),
    trashed(3, '2026-01-03T00:00:00.001Z'),
    trashed(4, '2026-01-02T00:00:00.000Z'),
    donePhoto(user, numbered(5)),
  ]);
  const edits = createImageEdits(world.table, TABLE, () => new Date());
  await edits.restore({ userId: user, imageId: imageId(numbered(4)) });
  await ask(4);
  expect(await run()).toBe('ended');
  expect(await told()).toEqual([1, 2]);
  expect(await Promise.all([1, 2, 3, 4, 5].map(deleted))).toEqual([true, true, false, false, false]);
  expect(await deps.jobs.get(user, JOB)).toMatchObject({ status: 'done', result: { images: 2 } });
});

test('killed before any request and run again, it erases all, and counts each once', { timeout: 30_000 }, async () => {
  let died = true;
  for (let requests = 0; died; requests += 1) {
    users += 1;
    user = `Jo${users}`;
    await storeListed(world, user, [trashed(1, UNTIL), trashed(2, UNTIL)]);
    await ask(2);
    lives.arm(requests);
    died = await run().then(
      () => false,
      (error: Error) => {
        expect(error).toBeInstanceOf(Killed);
        return true;
      },
    );
    lives.arm(null);
    await run();
    expect([...new Set(await told())], `killed before request ${requests}`).toEqual([1, 2]);
    expect(await deps.jobs.get(user, JOB)).toMatchObject({ status: 'done', result: { images: 2 } });
  }
});

test('leaves the rest of a large trash to the next run', async () => {
  const page = Array.from({ length: 50 }, (_, index) => ({ image_id: imageId(index), trashed_at: UNTIL }));
  await ask(2_000);
  let pages = 0;
  const purged: (string | undefined)[] = [];
  const many = {
    ...deps,
    postings: {
      page: async () => {
        pages += 1;
        return { items: page, more: pages < 30 };
      },
    },
    images: {
      ...deps.images,
      purge: async ({ imageId: id }: { imageId: string }) => {
        purged.push(id);
        return null;
      },
      get: async () => null,
    },
  };
  expect(await createEmptyTrash(many)(user, JOB)).toBe('more');
  expect(purged).toHaveLength(1_000);
  expect((await deps.jobs.get(user, JOB))?.checkpoint).toMatchObject({ runs: 1, skipped: 1_000 });
  expect(await createEmptyTrash(many)(user, JOB)).toBe('ended');
  expect(purged).toHaveLength(1_500);
});
