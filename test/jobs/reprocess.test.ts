import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createReprocess } from '../../functions/jobs/reprocess.ts';
import { createImageEdits } from '../../shared/adapters/image-edits.ts';
import { createImageIndex } from '../../shared/adapters/image-index.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { createJobs, type Job } from '../../shared/adapters/jobs.ts';
import { createObjects } from '../../shared/adapters/objects.ts';
import { createPostings } from '../../shared/adapters/postings.ts';
import { createQueues } from '../../shared/adapters/queues.ts';
import { createSummaries } from '../../shared/adapters/summaries.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';
import { planRerun, type RerunRequest } from '../../shared/domain/rerun-plan.ts';
import { storeListed } from '../support/listed.ts';
import { Killed, mortal } from '../support/mortal.ts';
import { donePhoto, imageId, imageRecord } from '../support/records.ts';
import { BUCKET, startWorld, TABLE, type World } from '../support/world.ts';

let world: World;
let user: string;
let users = 0;
let lives: ReturnType<typeof mortal>;
let deps: Parameters<typeof createReprocess>[0];
/** Newer than every photo but those from 8,000 on. */
const JOB = imageId(8_000);

beforeAll(async () => {
  world = await startWorld();
  lives = mortal([world.table, world.sqs]);
  const clock = () => new Date();
  deps = {
    jobs: createJobs(world.table, TABLE, clock),
    images: createImages(world.table, TABLE, clock),
    edits: createImageEdits(world.table, TABLE, clock),
    postings: createPostings(world.table, TABLE),
    queues: createQueues(world.sqs, world.urls),
    objects: createObjects(world.s3, BUCKET),
  };
});
afterAll(() => world.stop());
beforeEach(async () => {
  users += 1;
  user = `Jo${users}`;
  lives.arm(null);
  await world.drain('describe');
  await world.drain('ingest');
});

const run = () => createReprocess(deps)(user, JOB);
async function ask(request: RerunRequest): Promise<void> {
  const counters = await createSummaries(world.table, TABLE).get(user);
  const { plan, estimate } = planRerun(request, counters, { hasModel: true });
  await deps.jobs.create(user, { type: 'reprocess', request: plan }, () => JOB, { ...estimate });
}
const generations = async (numbers: number[]) => {
  const records = await deps.images.getMany(user, numbers.map(imageId), { consistent: true });
  return Object.fromEntries(records.map(({ image_id, generation }) => [Number(image_id.slice(-4)), generation]));
};
const job = () => deps.jobs.get(user, JOB);

test('sends those that are meant, as they are by now, and says how many', async () => {
  const { stages, original } = donePhoto(user, 1);
  const refused = { ...stages, describe: { state: 'refused', attempts: 1 } } as const;
  await storeListed(world, user, [
    donePhoto(user, 1, { stages: refused }),
    donePhoto(user, 2),
    // Listed as degraded still, but run again since.
    donePhoto(user, 3, { stages: refused }),
    donePhoto(user, 4, { stages: refused }),
    donePhoto(user, 5, { stages: refused, described_by: undefined }),
    imageRecord(user, 6, { status: 'failed', original }),
    // Uploaded after the job was asked for.
    donePhoto(user, 8_001, { stages: refused }),
  ]);
  await deps.edits.rerun({ userId: user, imageId: imageId(3) }, ['describe']);
  await deps.images.markDeleted({ userId: user, imageId: imageId(4) });
  await ask({ status: 'degraded', stages: ['describe'] });
  expect(await run()).toBe('ended');
  expect(await generations([1, 2, 3, 5, 6, 8_001])).toEqual({ 1: 1, 2: 0, 3: 1, 5: 1, 6: 0, 8001: 0 });
  expect(await world.drain('describe')).toEqual(
    expect.arrayContaining([1, 5].map((number) => ({ user_id: user, image_id: imageId(number) }))),
  );
  expect(await job()).toMatchObject({ status: 'done', progress: 1, result: { images: 4, sent: 2, skipped: 2 } });
  // A repeated message does nothing.
  await run();
  expect(await world.drain('describe')).toEqual([]);
});

test('goes through every version of the prompt of a model', async () => {
  const by = (prompt_version: string, model = 'gpt-4o-mini') => ({
    model,
    prompt_version,
    at: '2026-01-01T00:00:00.000Z',
  });
  await storeListed(world, user, [
    donePhoto(user, 1, { described_by: by('describe-0') }),
    donePhoto(user, 2, { described_by: by('describe-1') }),
    donePhoto(user, 3, { described_by: by('describe-1', 'gpt-5') }),
  ]);
  await ask({ model: 'gpt-4o-mini', stages: ['describe'] });
  await run();
  expect(await generations([1, 2, 3])).toEqual({ 1: 1, 2: 1, 3: 0 });
});

test('those that failed begin at their bytes; those without any are passed over', async () => {
  const { original } = donePhoto(user, 1);
  await storeListed(world, user, [
    imageRecord(user, 1, { status: 'failed', original }),
    imageRecord(user, 2, { status: 'failed' }),
  ]);
  await ask({ status: 'failed', stages: ['describe'] });
  await run();
  expect(await world.drain('ingest')).toHaveLength(1);
  expect(await job()).toMatchObject({ result: { images: 2, sent: 1, skipped: 1 } });
});

/** Puts the photos of a page on a round and lets them end it, as fast as could be. */
async function endRounds(records: ImageRecord[]): Promise<void> {
  for (const { user_id, image_id, stages } of records) {
    if (stages.describe.state !== 'pending') continue;
    const key = { userId: user_id, imageId: image_id };
    await deps.images.endStage(key, 'describe', { state: 'done' });
    await deps.images.endStage(key, 'organize', { state: 'done' });
  }
}

test('killed before any of its requests and repeated, no photo begins two rounds, and all begin one', async () => {
  const numbers = Array.from({ length: 6 }, (_, index) => index + 1);
  await storeListed(
    world,
    user,
    numbers.map((number) => donePhoto(user, number)),
  );
  await ask({ stages: ['describe'] });
  let deaths = 0;
  for (let requests = 1; ; requests += 1) {
    lives.arm(requests);
    const end = await run().catch((error: unknown) => error);
    lives.arm(null);
    // Half of them end their round in between, and are done again when the next run comes by; the others are under way.
    await endRounds(await deps.images.getMany(user, [1, 2, 3].map(imageId), { consistent: true }));
    if (end === 'ended') break;
    expect(end).toBeInstanceOf(Killed);
    deaths += 1;
  }
  expect(deaths).toBeGreaterThan(5);
  expect(await generations(numbers)).toEqual(Object.fromEntries(numbers.map((number) => [number, 1])));
  expect(await job()).toMatchObject({ status: 'done', result: { images: 6, sent: 6, skipped: 0 } });
});

test('leaves what is more than a thousand to the next run, which goes on where it ended', async () => {
  const numbers = Array.from({ length: 1_150 }, (_, index) => index + 1);
  // Only their postings are there: looking at them is all there is to do.
  const postings = numbers.map((number) => ({ list: 'STATUS#done', image_id: imageId(number) }));
  await createImageIndex(world.table, TABLE).writePostings(user, postings, []);
  await ask({ stages: ['organize'] });
  expect(await run()).toBe('more');
  const left = (await job()) as Job<'reprocess'> | null;
  expect(left).toMatchObject({ status: 'running', checkpoint: { runs: 1 } });
  expect(left?.checkpoint?.skipped).toBeGreaterThanOrEqual(1_000);
  expect(left?.checkpoint?.skipped).toBeLessThan(1_150);
  expect(await run()).toBe('ended');
  expect(await job()).toMatchObject({ status: 'done', result: { images: 1_150, sent: 0, skipped: 1_150 } });
});

test('a photo that has begun a round since it was asked for begins no other, though it has ended it', async () => {
  await storeListed(world, user, [donePhoto(user, 1)]);
  const key = { userId: user, imageId: imageId(1) };
  const asked = { askedAt: new Date().toISOString() };
  expect(await deps.edits.rerun(key, ['describe'], asked)).toMatchObject({ state: 'changed' });
  expect(await deps.edits.rerun(key, ['describe'], asked)).toMatchObject({ state: 'unchanged' });
  await endRounds(await deps.images.getMany(user, [imageId(1)], { consistent: true }));
  expect(await deps.edits.rerun(key, ['describe'], asked)).toMatchObject({
    state: 'unchanged',
    record: { status: 'done' },
  });
  expect(await generations([1])).toEqual({ 1: 1 });
});
