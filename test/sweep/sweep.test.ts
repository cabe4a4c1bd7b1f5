import { CreateQueueCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createDeadLetterSweep } from '../../functions/sweep/dead-letters.ts';
import { createRun } from '../../functions/sweep/run.ts';
import { createStuck } from '../../functions/sweep/stuck.ts';
import { writeItems } from '../../shared/adapters/batch-write.ts';
import { createDeadLetters } from '../../shared/adapters/dead-letters.ts';
import { createDepartures } from '../../shared/adapters/departures.ts';
import { createImages, type UnderWay } from '../../shared/adapters/images.ts';
import { createJobs } from '../../shared/adapters/jobs.ts';
import { createObjects } from '../../shared/adapters/objects.ts';
import { createQueues } from '../../shared/adapters/queues.ts';
import type { QueueName } from '../../shared/contract/functions.ts';
import { freshStages, type ImageRecord, STAGES, type StageName } from '../../shared/domain/image.ts';
import type { Logger } from '../../shared/lambda/logger.ts';
import { AT, donePhoto, IN_TIME, imageId, imageRecord } from '../support/records.ts';
import { BUCKET, startWorld, TABLE, type World } from '../support/world.ts';

const USER = 'Ann';
const MINUTE = 60_000;
const key = { userId: USER, imageId: imageId(1) };
const incoming = `incoming/${USER}/${imageId(1)}`;
const original = `originals/${USER}/${imageId(1)}`;

let world: World;
let now: Date;
const clock = () => now;
let deps: ReturnType<typeof adapters>;

function adapters() {
  return {
    images: createImages(world.table, TABLE, clock),
    jobs: createJobs(world.table, TABLE, clock),
    departures: createDepartures(world.table, TABLE, clock),
    objects: createObjects(world.s3, BUCKET),
    queues: createQueues(world.sqs, world.urls),
    clock,
  };
}

beforeAll(async () => {
  world = await startWorld();
  deps = adapters();
});
afterAll(() => world.stop());
beforeEach(async () => {
  now = AT;
  for (const name of ['ingest', 'describe', 'faces', 'organize', 'jobs'] as const) await world.drain(name);
  await deps.images.erase(key);
  await deps.objects.remove([incoming, original]);
});

/** A photo whose stages before `stage` are done and which stopped moving in `stage`. */
async function stuckIn(stage: StageName, attempts = 1): Promise<ImageRecord> {
  const stages = freshStages();
  for (const name of STAGES) {
    if (name === stage) break;
    stages[name] = { state: 'done', attempts: 1 };
  }
  stages[stage] = { state: 'running', attempts, started_at: AT.toISOString() };
  const record = imageRecord(USER, 1, { status: 'processing', stages });
  await deps.images.create(record);
  return record;
}

/** Announced uploads ahead of the photo at `key`, all in its shard. Answers what removes them. */
async function fill(count: number): Promise<() => Promise<void>> {
  await deps.images.create(imageRecord('Bob', 1));
  const [one] = await world.itemsOf('Bob');
  const puts = Array.from({ length: count }, (_, index) => {
    const image_id = imageId(10_000 + index);
    return {
      ...one,
      user_id: 'Bob',
      image_id,
      sk: `IMAGE#${image_id}`,
      since: new Date(AT.getTime() - 1).toISOString(),
    };
  });
  await writeItems(world.table, TABLE, { puts });
  const deletes = [...puts, { user_id: 'Bob', sk: `IMAGE#${imageId(1)}` }].map(({ user_id, sk }) => ({ user_id, sk }));
  return () => writeItems(world.table, TABLE, { deletes });
}

describe('a run', () => {
  const info: unknown[] = [];
  const logger = { info: (...words: unknown[]) => void info.push(words), error() {} } as unknown as Logger;

  test('a letter that cannot be ended keeps sweep from nothing else, and the run says so at the end', async () => {
    const ids = [imageId(1), imageId(2)];
    // The first has lost its worker; the second was given up, and the service that keeps keys is out of reach.
    await stuckIn('describe');
    await deps.images.create(imageRecord(USER, 2));
    await deps.objects.write(`incoming/${USER}/${ids[1]}`, new Uint8Array(3), 'image/jpeg');
    await deps.queues.ingest(BUCKET, USER, `incoming/${USER}/${ids[1]}`);
    const unreachable = Object.assign(new Error('no answer'), { name: 'KMSInternalException' });
    const objects = { ...deps.objects, writeOnce: () => Promise.reject(unreachable) };
    now = new Date(AT.getTime() + 16 * MINUTE);
    const letters = createDeadLetters(world.sqs);
    const ends: Record<string, Date> = {};
    const stuck = createStuck({ ...deps, staleMs: 15 * MINUTE });
    const run = createRun({
      deadLetters: createDeadLetterSweep({ ...deps, objects, logger, letters, urls: { ingest: world.urls.ingest } }),
      stuck: (until) => {
        ends.stuck = until;
        return stuck(until);
      },
      waiting: async (until) => {
        ends.waiting = until;
        return { people: 0, sent: 0 };
      },
      clock,
      logger,
    });
    await expect(run(4 * MINUTE)).rejects.toMatchObject({
      message: '1 of 3 could not be swept: KMSInternalException',
      errors: [unreachable],
    });
    expect(await world.drain('describe')).toMatchObject([{ image_id: ids[0] }]);
    expect(ends).toEqual({
      stuck: new Date(now.getTime() + 3 * MINUTE),
      waiting: new Date(now.getTime() + 3.5 * MINUTE),
    });
    expect(info).toEqual([['Swept.', { stuck: { accounts: 0, jobs: 0, images: 1 }, waiting: { people: 0, sent: 0 } }]]);
    await world.aws.releaseInFlight();
    await deps.images.erase({ userId: USER, imageId: imageId(2) });
    await deps.objects.remove([`incoming/${USER}/${ids[1]}`]);
  });

  test('letters that time does not suffice for stay', async () => {
    await deps.queues.describe({ user_id: USER, image_id: imageId(1) });
    const letters = createDeadLetters(world.sqs);
    const sweep = createDeadLetterSweep({ ...deps, logger, letters, urls: { describe: world.urls.describe } });
    expect(await sweep(now)).toEqual({ letters: 0, unreadable: 0 });
    await world.aws.releaseInFlight();
    expect(await sweep(IN_TIME)).toEqual({ letters: 1, unreadable: 0 });
  });
});

test('a photo whose queue is long stands in line: its message is not sent again, for a good while', async () => {
  await stuckIn('describe');
  for (let waiting = 0; waiting < 500; waiting += 1)
    await deps.queues.describe({ user_id: 'Bob', image_id: imageId(9) });
  const sweep = createStuck({ ...deps, staleMs: 15 * MINUTE });
  const sent = async () => (await deps.queues.waiting('describe')) - 500;
  now = new Date(AT.getTime() + 16 * MINUTE);
  await sweep(new Date(now.getTime() + MINUTE));
  expect(await sent()).toBe(0);
  now = new Date(AT.getTime() + 6 * 60 * MINUTE + 1);
  await sweep(new Date(now.getTime() + MINUTE));
  expect(await sent()).toBe(1);
  // One that waits for something else is sent at once.
  await deps.images.erase(key);
  await stuckIn('organize');
  now = new Date(now.getTime() + 16 * MINUTE);
  await sweep(new Date(now.getTime() + MINUTE));
  expect(await world.drain('organize')).toHaveLength(1);
});

describe('what is stuck', () => {
  const sweep = () => createStuck({ ...deps, staleMs: 15 * MINUTE })(IN_TIME);
  const later = (minutes: number) => {
    now = new Date(AT.getTime() + minutes * MINUTE);
  };

  test.each([
    ['ingest', 'ingest', { s3: { bucket: { name: BUCKET }, object: { key: incoming } } }],
    ['describe', 'describe', { user_id: USER, image_id: imageId(1) }],
    ['organize', 'organize', { type: 'described', image_id: imageId(1) }],
  ] as const)('in %s has its message sent again, once per waiting time', async (stage, queue, message) => {
    await stuckIn(stage);
    later(14);
    await sweep();
    expect(await world.drain(queue)).toEqual([]);
    later(16);
    await sweep();
    await sweep();
    const [sent, ...more] = await world.drain(queue);
    expect(stage === 'ingest' ? (sent as { Records: unknown[] }).Records[0] : sent).toMatchObject(message);
    expect(more).toEqual([]);
    later(32);
    await sweep();
    expect(await world.drain(queue)).toHaveLength(1);
  });

  test('standing still for days is sent again less and less often, four times a day in the end; moved since, as at first', async () => {
    await stuckIn('describe');
    let minutes = 0;
    // A minute more than the waiting time each: what is due must have been due for a moment.
    for (const pause of [15, 15, 30, 60, 120, 240, 360, 360, 360]) {
      later(minutes + pause);
      await sweep();
      expect(await world.drain('describe'), `after ${pause} minutes`).toEqual([]);
      minutes += pause + 1;
      later(minutes);
      await sweep();
      expect(await world.drain('describe'), `after more than ${pause} minutes`).toHaveLength(1);
    }
    const record = await deps.images.get(key);
    expect(await deps.images.beginStage(key, 'describe', record as ImageRecord)).not.toBeNull();
    later(minutes + 16);
    await sweep();
    expect(await world.drain('describe')).toHaveLength(1);
  });

  test.each(['done', 'rejected', 'failed'] as const)(
    'what is derived from a photo that is %s has not followed: organize is told again, until it has settled the photo',
    async (status) => {
      const ended = { state: 'done', attempts: 1 } as const;
      const stages = { ingest: ended, describe: ended, faces: ended, organize: ended };
      const record = imageRecord(USER, 1, { status, stages, generation: 3 });
      await deps.images.create(record);
      for (const minutes of [16, 32]) {
        later(minutes);
        await sweep();
        await sweep();
        const [sent, ...more] = (await world.drain('organize')) as { event_id: string }[];
        expect(sent).toMatchObject({ type: 'settled', image_id: imageId(1), user_id: USER });
        expect(sent?.event_id).toMatch(new RegExp(`^settled:${imageId(1)}:3:${status}:`));
        expect(more).toEqual([]);
      }
      await deps.images.settle(key, (await deps.images.get(key)) as ImageRecord);
      later(60);
      await sweep();
      expect(await world.drain('organize')).toEqual([]);
    },
  );

  test('all stages ended, only the status is missing: it is done, and organize is told', async () => {
    const ended = { state: 'done', attempts: 1 } as const;
    const stages = { ingest: ended, describe: ended, faces: ended, organize: ended };
    await deps.images.create(imageRecord(USER, 1, { status: 'processing', stages }));
    later(16);
    await sweep();
    expect(await deps.images.get(key)).toMatchObject({ status: 'done' });
    expect(await world.drain('organize')).toMatchObject([{ type: 'settled', image_id: imageId(1) }]);
  });

  test('an upload that never came expires when its form has, with a reason', async () => {
    await deps.images.create(imageRecord(USER, 1));
    later(59);
    await sweep();
    expect(await deps.images.get(key)).toMatchObject({ status: 'awaiting_upload' });
    later(76);
    await sweep();
    expect(await deps.images.get(key)).toMatchObject({
      status: 'expired',
      error: { code: 'upload_expired', message: expect.stringContaining('new one') },
    });
    expect(await world.drain('organize')).toMatchObject([{ type: 'settled', image_id: imageId(1) }]);
  });

  test('bytes that came but whose event was lost are read', async () => {
    await deps.images.create(imageRecord(USER, 1));
    await deps.objects.write(incoming, new Uint8Array(3), 'image/jpeg');
    later(76);
    await sweep();
    await sweep();
    expect(await deps.images.get(key)).toMatchObject({ status: 'awaiting_upload' });
    expect(await world.drain('ingest')).toHaveLength(1);
  });

  test('many announced uploads of one user do not keep sweep from what is stuck', async () => {
    const clear = await fill(1_300);
    await stuckIn('describe');
    later(16);
    await sweep();
    expect(await world.drain('describe')).toHaveLength(1);
    await clear();
  });

  test('what time does not suffice for waits; accounts and jobs come before photos, of those the oldest first', async () => {
    for (const number of [3, 1, 2]) {
      const updated_at = new Date(AT.getTime() + number).toISOString();
      await deps.images.create(imageRecord(USER, number, { status: 'processing', updated_at }));
    }
    const job = await deps.jobs.create(USER, { type: 'recluster', request: { k: 'auto', names: true } }, () =>
      imageId(53),
    );
    await deps.departures.begin('Eve');
    later(16);
    const until = new Date(now.getTime() + MINUTE);
    const objects = {
      ...deps.objects,
      // Setting a photo going takes all the time there is.
      get bucket() {
        now = until;
        return BUCKET;
      },
    };
    const run = createStuck({ ...deps, objects, staleMs: 15 * MINUTE });
    expect(await run(until)).toEqual({ accounts: 1, jobs: 1, images: 1 });
    expect(await world.drain('jobs')).toMatchObject([{ type: 'erase_account' }, { type: 'recluster' }]);
    expect(JSON.stringify(await world.drain('ingest'))).toContain(imageId(1));
    expect(await sweep()).toEqual({ accounts: 0, jobs: 0, images: 2 });
    await deps.jobs.fail(USER, job.job_id, { code: 'c', message: 'm' });
    await deps.departures.settle('Eve', { user_id: 'Eve', deleted_at: '', asked: 0 }, null);
    for (const number of [2, 3]) await deps.images.erase({ userId: USER, imageId: imageId(number) });
  });

  test('describe and faces run beside each other, and are both set going again', async () => {
    await stuckIn('describe');
    later(16);
    await sweep();
    expect(await world.drain('describe')).toEqual([{ user_id: USER, image_id: imageId(1) }]);
    expect(await world.drain('faces')).toEqual([{ user_id: USER, image_id: imageId(1) }]);
    expect(await world.drain('organize')).toEqual([]);
  });

  test('one photo that cannot be swept does not keep sweep from the others, and is not passed over in silence', async () => {
    await stuckIn('describe');
    const broken = imageRecord(USER, 2, { status: 'processing' });
    await deps.images.create({ ...broken, stages: undefined as never });
    later(16);
    await expect(sweep()).rejects.toThrow('1 of');
    expect(await world.drain('describe')).toHaveLength(1);
    await deps.images.erase({ userId: USER, imageId: imageId(2) });
  });

  test('a photo half erased is erased on', async () => {
    await deps.images.create(imageRecord(USER, 1, { status: 'processing' }));
    await deps.images.markDeleted(key);
    later(16);
    await sweep();
    expect(await world.drain('organize')).toMatchObject([{ type: 'removed', image_id: imageId(1) }]);
  });

  test('a job of another kind is sent again as what it is', async () => {
    const request = { stages: ['describe' as const], lists: ['STATUS#done'] };
    const job = await deps.jobs.create(USER, { type: 'reprocess', request }, () => imageId(52));
    later(16);
    await sweep();
    expect(await world.drain('jobs')).toMatchObject([{ type: 'reprocess', job_id: job.job_id }]);
    await deps.jobs.fail(USER, job.job_id, { code: 'c', message: 'm' });
  });

  test('a job is sent again, and fails after a day', async () => {
    const job = await deps.jobs.create(USER, { type: 'recluster', request: { k: 'auto', names: true } }, () =>
      imageId(50),
    );
    later(16);
    await sweep();
    expect(await world.drain('jobs')).toMatchObject([{ type: 'recluster', job_id: job.job_id }]);
    // Then after as long again, for it may be what kills whoever does it.
    later(33);
    await sweep();
    expect(await world.drain('jobs')).toHaveLength(1);
    later(49);
    await sweep();
    expect(await world.drain('jobs')).toEqual([]);
    later(67);
    await sweep();
    expect(await world.drain('jobs')).toHaveLength(1);
    later(25 * 60);
    await sweep();
    expect(await world.drain('jobs')).toEqual([]);
    expect(await deps.jobs.get(USER, job.job_id)).toMatchObject({ status: 'failed', error: { code: 'timed_out' } });
  });
});

describe('dead letters', () => {
  /** What was logged as an error. */
  let logged: unknown[] = [];
  const logger = { error: (...message: unknown[]) => void logged.push(message) } as unknown as Logger;
  const sweepUrls = (urls: Partial<Record<QueueName, string>>) =>
    createDeadLetterSweep({ ...deps, logger, letters: createDeadLetters(world.sqs), urls })(IN_TIME);
  // The live queues stand in for the dead-letter ones: what lies in them is the same. But organize's, which sweep sends to as well.
  const sweepOf = (name: QueueName) => sweepUrls({ [name]: name === 'organize' ? dead : world.urls[name] });
  const sweep = () => sweepOf('ingest');
  let dead: string;
  let deadQueue: ReturnType<typeof createQueues>;
  beforeAll(async () => {
    const Attributes = { FifoQueue: 'true', VisibilityTimeout: '30' };
    dead =
      (await world.sqs.send(new CreateQueueCommand({ QueueName: 'dead-organize.fifo', Attributes }))).QueueUrl ?? '';
    deadQueue = createQueues(world.sqs, { organize: dead });
  });
  beforeEach(() => {
    logged = [];
  });

  test('ingest gave up: failed, with a reason and its bytes kept where originals lie', async () => {
    await stuckIn('ingest');
    await deps.objects.write(incoming, new Uint8Array([1, 2, 3]), 'image/jpeg');
    await deps.queues.ingest(BUCKET, USER, incoming);
    const url = world.urls.ingest;
    const letters = createDeadLetters(world.sqs);
    expect(await sweep()).toEqual({ letters: 1, unreadable: 0 });
    // The letter stays, to be re-driven, also when it is looked at again.
    await world.aws.releaseInFlight();
    expect(await sweep()).toEqual({ letters: 1, unreadable: 0 });
    await world.aws.releaseInFlight();
    expect(await letters.look(url, 10)).toHaveLength(1);
    await world.aws.releaseInFlight();
    expect(await world.drain('organize')).toMatchObject([{ type: 'settled', image_id: imageId(1) }]);
    expect(await deps.images.get(key)).toMatchObject({
      status: 'failed',
      error: { code: 'ingest_gave_up' },
      original: { key: original, bytes: 3 },
    });
    expect(await deps.objects.read(original)).toEqual(new Uint8Array([1, 2, 3]));
    expect(await deps.objects.read(incoming)).toBeNull();
  });

  test('bytes that came after their upload had expired, and could not be read, are kept too', async () => {
    await deps.images.create(imageRecord(USER, 1));
    await deps.images.expire(key);
    await deps.objects.write(incoming, new Uint8Array([1, 2, 3]), 'image/jpeg');
    await deps.queues.ingest(BUCKET, USER, incoming);
    await sweep();
    expect(await deps.images.get(key)).toMatchObject({ status: 'failed', original: { key: original, bytes: 3 } });
    expect(await deps.objects.read(original)).toEqual(new Uint8Array([1, 2, 3]));
  });

  test('reading an accepted photo again gave up: it keeps what it has, and goes on', async () => {
    const done = donePhoto(USER, 1, { generation: 1, status: 'processing' });
    const small = { key: 'small', content_type: 'image/webp', bytes: 1, width: 200, height: 150 };
    const stages = freshStages();
    const thumbnails = { small, medium: small };
    await deps.images.create({
      ...done,
      thumbnails,
      stages: { ...done.stages, ingest: stages.ingest, organize: stages.organize },
    });
    await deps.queues.ingest(BUCKET, USER, incoming);
    await sweep();
    expect(await deps.images.get(key)).toMatchObject({
      status: 'processing',
      stages: { ingest: { state: 'failed', error: { code: 'ingest_gave_up' } }, organize: { state: 'pending' } },
      original: done.original,
      thumbnails,
    });
    expect(await world.drain('organize')).toMatchObject([{ type: 'described', image_id: imageId(1) }]);
  });

  test.each(['done', 'failed'] as const)(
    'ingest died each time before it removed what arrived: of a %s photo none of it stays',
    async (status) => {
      const photo = donePhoto(USER, 1, { status });
      await deps.images.create(photo);
      await deps.objects.write(incoming, new Uint8Array([1, 2, 3]), 'image/jpeg');
      await deps.queues.ingest(BUCKET, USER, incoming);
      await sweep();
      expect(await deps.objects.read(incoming)).toBeNull();
      expect(await deps.images.get(key)).toMatchObject({ status, original: photo.original });
    },
  );

  test.each(['rejected', 'duplicate'] as const)(
    'ingest died each time before it removed what it had written of a %s photo: nothing of it stays',
    async (status) => {
      const { original: _, ...photo } = donePhoto(USER, 1, { status });
      await deps.images.create(photo);
      for (const at of [incoming, original]) await deps.objects.write(at, new Uint8Array([1, 2, 3]), 'image/jpeg');
      await deps.queues.ingest(BUCKET, USER, incoming);
      await sweep();
      for (const at of [incoming, original]) expect(await deps.objects.read(at)).toBeNull();
    },
  );

  test('an original whose record is gone stays: where the table was restored it is the only copy', async () => {
    for (const at of [incoming, original]) await deps.objects.write(at, new Uint8Array([1, 2, 3]), 'image/jpeg');
    await deps.queues.ingest(BUCKET, USER, incoming);
    await sweep();
    expect(await deps.objects.read(incoming)).toBeNull();
    expect(await deps.objects.read(original)).toEqual(new Uint8Array([1, 2, 3]));
  });

  test('bytes of a photo that failed without any stay for its letter to be sent again', async () => {
    const { original: _, ...photo } = donePhoto(USER, 1, { status: 'failed' });
    await deps.images.create(photo);
    await deps.objects.write(incoming, new Uint8Array([1, 2, 3]), 'image/jpeg');
    await deps.queues.ingest(BUCKET, USER, incoming);
    await sweep();
    expect(await deps.objects.read(incoming)).toEqual(new Uint8Array([1, 2, 3]));
  });

  test('a photo that was accepted meanwhile is not called failed', async () => {
    await stuckIn('describe');
    expect(await deps.images.fail(key, 'ingest', { code: 'c', message: 'm' })).toBeNull();
    expect(await deps.images.get(key)).toMatchObject({ status: 'processing', stages: { ingest: { state: 'done' } } });
  });

  test('a photo whose description was only ever told to wait goes on waiting', async () => {
    const record = await stuckIn('describe');
    await deps.images.postponeStage(key, 'describe', record, now);
    await deps.queues.describe({ user_id: USER, image_id: imageId(1) });
    await sweepOf('describe');
    expect(await deps.images.get(key)).toMatchObject({ stages: { describe: { state: 'pending', attempts: 0 } } });
    await world.aws.releaseInFlight();
    expect(await world.drain('describe')).toEqual([{ user_id: USER, image_id: imageId(1) }]);
  });

  test('more letters of one user than a queue shows at once are all ended', async () => {
    const numbers = Array.from({ length: 15 }, (_, index) => 100 + index);
    const ended = { state: 'done', attempts: 1 } as const;
    for (const number of numbers) {
      const stages = { ...freshStages(), ingest: ended, describe: ended, faces: ended };
      await deps.images.create(imageRecord(USER, number, { status: 'processing', stages }));
      const id = imageId(number);
      await deadQueue.organize([{ type: 'described', event_id: `described:${id}`, user_id: USER, image_id: id }]);
    }
    await sweepOf('organize');
    await sweepOf('organize');
    const records = await deps.images.getMany(USER, numbers.map(imageId));
    expect(records.map(({ status }) => status)).toEqual(numbers.map(() => 'done'));
    for (const number of numbers) await deps.images.erase({ userId: USER, imageId: imageId(number) });
  });

  test('a letter about an account that is erased is removed: what is left of it is found by itself', async () => {
    await deps.queues.jobs({ type: 'erase_account', user_id: USER });
    expect(await sweepOf('jobs')).toEqual({ letters: 1, unreadable: 0 });
    await world.aws.releaseInFlight();
    expect(await world.drain('jobs')).toEqual([]);
  });

  test('a letter about a photo that is gone is removed', async () => {
    await deps.queues.describe({ user_id: USER, image_id: imageId(1) });
    const remaining = async () => (await createDeadLetters(world.sqs).look(world.urls.describe, 10)).length;
    await sweepOf('describe');
    expect(await remaining()).toBe(0);
  });

  test('describe gave up: the photo goes on without words', async () => {
    await stuckIn('describe', 5);
    await deps.queues.describe({ user_id: USER, image_id: imageId(1) });
    await sweepOf('describe');
    expect(await deps.images.get(key)).toMatchObject({
      status: 'processing',
      stages: { describe: { state: 'failed', error: { code: 'describe_gave_up' } } },
    });
    expect(await world.drain('organize')).toMatchObject([{ type: 'described', image_id: imageId(1) }]);
  });

  test('faces gave up: the photo goes on without them; one that was only refused is sent again', async () => {
    await stuckIn('faces', 5);
    await deps.queues.faces(BUCKET, { user_id: USER, image_id: imageId(1) });
    await sweepOf('faces');
    expect(await deps.images.get(key)).toMatchObject({
      status: 'processing',
      stages: { faces: { state: 'failed', error: { code: 'faces_gave_up' } } },
    });
    expect(await world.drain('organize')).toMatchObject([{ type: 'described', image_id: imageId(1) }]);
    await deps.images.erase(key);
    await stuckIn('faces', 1);
    await deps.queues.faces(BUCKET, { user_id: USER, image_id: imageId(1) });
    await sweepOf('faces');
    expect(await deps.images.get(key)).toMatchObject({ stages: { faces: { state: 'running' } } });
    expect(await world.drain('faces')).toEqual([{ user_id: USER, image_id: imageId(1) }]);
  });

  test('organize gave up: the photo is done, and its stage says what is missing', async () => {
    const record = await stuckIn('organize');
    const event_id = `described:${record.image_id}:0`;
    await deadQueue.organize([{ type: 'described', event_id, user_id: USER, image_id: record.image_id }]);
    await sweepOf('organize');
    expect(await deps.images.get(key)).toMatchObject({ status: 'done', stages: { organize: { state: 'failed' } } });
    expect(await world.drain('organize')).toMatchObject([{ type: 'settled', image_id: imageId(1) }]);
  });

  test('a letter of before a photo was run again does not end the new run', async () => {
    const { image_id } = await stuckIn('describe');
    await deadQueue.organize([{ type: 'described', event_id: `described:${image_id}:0:old`, user_id: USER, image_id }]);
    await sweepOf('organize');
    expect(await deps.images.get(key)).toMatchObject({ stages: { organize: { state: 'pending' } } });
  });

  test.each(['settled', 'edited'] as const)(
    'a photo that could not be indexed (%s) stays on the list of what is under way, and an error says so',
    async (type) => {
      const { image_id } = imageRecord(USER, 1);
      await deps.images.create(imageRecord(USER, 1, { status: 'done' }));
      const before = (await deps.images.get(key)) as UnderWay | null;
      await deadQueue.organize([{ type, event_id: `${type}:${image_id}`, user_id: USER, image_id }]);
      await sweepOf('organize');
      expect(logged).toMatchObject([[expect.stringContaining('cannot be indexed'), { image_id }]]);
      expect(await deps.images.get(key)).toMatchObject({ since: before?.since });
      expect(before?.since).toBeDefined();
      expect(await createDeadLetters(world.sqs).look(dead, 10)).toEqual([]);
    },
  );

  test('a job gave up: failed, with a reason', async () => {
    const job = await deps.jobs.create(USER, { type: 'recluster', request: { k: 'auto', names: true } }, () =>
      imageId(51),
    );
    await deps.queues.jobs({ type: 'recluster', user_id: USER, job_id: job.job_id });
    await sweepOf('jobs');
    expect(await deps.jobs.get(USER, job.job_id)).toMatchObject({ status: 'failed', error: { code: 'gave_up' } });
  });

  test('what nobody can read is counted and stays', async () => {
    await world.sqs.send(new SendMessageCommand({ QueueUrl: world.urls.ingest, MessageBody: 'not JSON' }));
    expect(await sweep()).toEqual({ letters: 1, unreadable: 1 });
  });
});
