import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { CannotLook, type LiveStack } from '../../bin/doctor/stack.ts';
import { asTable, type Letter } from '../../bin/redrive/describe-letter.ts';
import { chosenBy, createRedrive } from '../../bin/redrive/redrive.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { createJobs } from '../../shared/adapters/jobs.ts';
import type { QueueName } from '../../shared/contract/functions.ts';
import { hashUserId } from '../../shared/lambda/logger.ts';
import { mortal } from '../support/mortal.ts';
import { donePhoto, imageId } from '../support/records.ts';
import { startWorld, TABLE, type World } from '../support/world.ts';

const USER = 'ann@example.org';
const JOB = imageId(50);
const clock = () => new Date();
let world: World;
let life: ReturnType<typeof mortal>;
let queues: LiveStack['queues'];
let images: ReturnType<typeof createImages>;
let jobs: ReturnType<typeof createJobs>;
let times = 0;

beforeAll(async () => {
  world = await startWorld();
  life = mortal([world.sqs]);
  images = createImages(world.table, TABLE, clock);
  jobs = createJobs(world.table, TABLE, clock);
  const failed = { code: 'ingest_gave_up', message: 'It failed again and again.' };
  await images.create(donePhoto(USER, 1, { status: 'failed', error: failed }));
  await images.create(donePhoto(USER, 2));
  await jobs.create(USER, { type: 'group_people', request: {} }, () => JOB);
});
afterAll(() => world.stop());
beforeEach(async () => {
  times += 1;
  queues = {};
  for (const name of ['ingest', 'organize', 'jobs'] as const) {
    const fifo = name === 'organize';
    const made = ['dead', 'work'].map((part) =>
      world.sqs.send(
        new CreateQueueCommand({
          QueueName: `${name}-${part}-${times}${fifo ? '.fifo' : ''}`,
          Attributes: { VisibilityTimeout: '1', ...(fifo && { FifoQueue: 'true' }) },
        }),
      ),
    );
    const [dead = '', work = ''] = (await Promise.all(made)).map(({ QueueUrl = '' }) => QueueUrl);
    queues[name] = { dead, work };
  }
  const key = `incoming/${encodeURIComponent(USER)}/${imageId(1)}`;
  await bury('ingest', { Records: [{ s3: { object: { key } } }] });
  await bury('organize', { type: 'described', event_id: 'x', user_id: USER, image_id: imageId(2) });
  await bury('organize', { type: 'settled', event_id: 'y', user_id: USER, image_id: imageId(3) });
  await bury('jobs', { type: 'group_people', user_id: USER, job_id: JOB });
  await bury('jobs', 'what nobody can read');
});

async function bury(name: QueueName, body: unknown): Promise<void> {
  const QueueUrl = queues[name]?.dead;
  const fifo = name === 'organize' && { MessageDeduplicationId: JSON.stringify(body).slice(0, 100).replace(/\W/g, '') };
  const MessageBody = typeof body === 'string' ? body : JSON.stringify(body);
  await world.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, MessageGroupId: 'group-of-ann', ...fifo }));
}

/** What lies in a queue: body and group. */
async function lying(name: QueueName, part: 'dead' | 'work') {
  const found: string[] = [];
  for (;;) {
    const answer = await world.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: queues[name]?.[part],
        MaxNumberOfMessages: 10,
        MessageSystemAttributeNames: ['MessageGroupId'],
      }),
    );
    if (!answer.Messages?.length) return found;
    for (const { Body, Attributes } of answer.Messages) found.push(`${Attributes?.MessageGroupId} ${Body}`);
  }
}

/**
 * As SQS at its worst: who does not wait is told that there is nothing. Who waits, waits for nothing here, as all of it is there.
 */
const sampling = (visibility?: number) =>
  new Proxy(world.sqs, {
    get: (sqs, name) =>
      name === 'send'
        ? async (command: ReceiveMessageCommand) => {
            const { input } = command;
            if (!(command instanceof ReceiveMessageCommand)) return sqs.send(command);
            const seconds = { WaitTimeSeconds: 0, VisibilityTimeout: visibility ?? input.VisibilityTimeout };
            return input.WaitTimeSeconds ? sqs.send(new ReceiveMessageCommand({ ...input, ...seconds })) : {};
          }
        : Reflect.get(sqs, name),
  });

const redrive = (chosen: (letter: Letter) => boolean, queue?: string, visibility?: number) =>
  createRedrive({ sqs: sampling(visibility), queues, images, jobs, clock })({ chosen, queue });

test('dead letters of every queue are told, with what is known of why, and of nobody who it is', async () => {
  const letters = await redrive(() => false);
  expect(letters.map(({ queue, type, image_id, job_id, reason }) => [queue, type, image_id ?? job_id, reason])).toEqual(
    [
      ['ingest', null, imageId(1), 'ingest_gave_up'],
      ['organize', 'described', imageId(2), 'its photo is done'],
      ['organize', 'settled', imageId(3), 'its photo is gone'],
      ['jobs', 'group_people', JOB, 'its job is queued'],
      ['jobs', null, null, 'nobody can read it'],
    ],
  );
  expect(letters[0]).toMatchObject({ user: hashUserId(USER), received: 1, redriven: false });
  const table = asTable(letters);
  expect(table).toMatch(/\nNone was sent again\.\n4 left, as nobody asked for them: --all sends all, --id ID one\.\n/);
  expect(table).toMatch(/\n1 left that no function can read.*--id ID sends one all the same\.\n$/);
  expect(table).toMatch(/^ingest +\d+ s +1 {2}/m);
  expect(table + JSON.stringify(letters)).not.toMatch(/ann|beach|Sand/i);
  expect(await lying('organize', 'work')).toEqual([]);
  expect(asTable([])).toBe('There are no dead letters.\n');
});

test('chosen ones go back to where they came from, in their group; the others stay', async () => {
  const letters = await redrive(({ image_id }) => image_id === imageId(2), 'organize');
  expect(letters.map(({ redriven }) => redriven)).toEqual([true, false]);
  const [sent, ...more] = await lying('organize', 'work');
  expect(sent).toContain(`group-of-ann {"type":"described"`);
  expect(more).toEqual([]);
  // Those that were only looked at are not hidden.
  expect(await redrive(() => true)).toHaveLength(4);
  expect(await lying('ingest', 'work')).toHaveLength(1);
  expect(await lying('jobs', 'work')).toHaveLength(2);
});

test('all are sent but what no function can read, which is sent where it is named', async () => {
  const letters = await redrive(chosenBy(true, new Set()));
  expect(letters.filter(({ redriven }) => !redriven).map(({ queue, reason }) => [queue, reason])).toEqual([
    ['jobs', 'nobody can read it'],
  ]);
  expect(asTable(letters)).toMatch(/\n4 sent again\.\n1 left that no function can read/);
  expect(await lying('jobs', 'work')).toHaveLength(1);
  const [left] = letters.filter(({ readable }) => !readable);
  expect(await redrive(chosenBy(false, new Set([left?.id ?? ''])))).toMatchObject([{ redriven: true }]);
});

test('where those that were looked at are there again at once, looking ends, and names each once', async () => {
  const letters = await redrive(() => false, 'jobs', 0);
  expect(new Set(letters.map(({ id }) => id)).size).toBe(2);
  expect(letters).toHaveLength(2);
});

test('killed before any request: no letter is lost', async () => {
  for (let n = 0; ; n += 1) {
    await bury('jobs', { type: 'group_people', user_id: USER, job_id: `${n}` });
    life.arm(n);
    const died = await redrive(() => true, 'jobs').then(
      () => false,
      () => true,
    );
    life.arm(null);
    if (!died) break;
    expect(n).toBeLessThan(30);
  }
  const sent = (await lying('jobs', 'work')).join(' ');
  // What was looked at when it died is hidden for a minute, and not lost.
  const hidden = await world.aws.releaseInFlight();
  const left = (await lying('jobs', 'dead')).join(' ');
  expect(hidden).toBeGreaterThan(0);
  for (const job of [JOB, '0', '1', '2']) expect(sent + left).toContain(`"job_id":"${job}"`);
});

test('a queue there is none of is a person’s slip', async () => {
  await expect(redrive(() => false, 'letters')).rejects.toThrow(CannotLook);
  await expect(redrive(() => false, 'letters')).rejects.toThrow(/expected one of ingest, organize, jobs/);
});
