import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { startAws } from '../../local/emulators/aws.ts';
import type { InvocationResult } from '../../local/lambda-host.ts';
import { failedMessages } from '../../local/queue-events.ts';
import type { QueueMapping } from '../../local/queue-mappings.ts';
import { startPoller } from '../../local/queues.ts';
import { temporaryFolder } from './fixtures/functions.ts';

const region = 'eu-central-1';

interface SqsEvent {
  Records: { messageId: string; receiptHandle: string; body: string; attributes: Record<string, string> }[];
}
type Worker = (event: SqsEvent) => Promise<InvocationResult> | InvocationResult;

const ok = (answer: unknown = null): InvocationResult => ({ ok: true, payload: JSON.stringify(answer) });
const crashed: InvocationResult = { ok: false, error: { errorType: 'Runtime.ExitError', errorMessage: 'exited' } };

/** A queue, its dead-letter queue and a poller in front of `work`, on the real SQS emulator. */
async function startQueue(work: Worker, options: Partial<QueueMapping> & { fifo?: boolean; timeScale?: number } = {}) {
  const { fifo = false, timeScale = 1, ...own } = options;
  const aws = await startAws({ dataDir: temporaryFolder(), region, accountId: '000000000000', timeScale });
  const sqs = new SQSClient({ region, credentials: aws.credentials, endpoint: aws.endpoints.sqs });
  const suffix = fifo ? '.fifo' : '';
  const attributes: Record<string, string> = fifo ? { FifoQueue: 'true', ContentBasedDeduplication: 'true' } : {};
  const create = (name: string, more: Record<string, string> = {}) =>
    sqs.send(new CreateQueueCommand({ QueueName: `${name}${suffix}`, Attributes: { ...attributes, ...more } }));
  const dead = (await create('dead')).QueueUrl ?? '';
  const visibilitySeconds = own.visibilitySeconds ?? 60;
  const QueueUrl =
    (
      await create('work', {
        VisibilityTimeout: String(visibilitySeconds),
        RedrivePolicy: JSON.stringify({
          deadLetterTargetArn: `arn:aws:sqs:${region}:000000000000:dead${suffix}`,
          maxReceiveCount: 2,
        }),
      })
    ).QueueUrl ?? '';
  const moved = new Set<string>();
  aws.onVisibilityChanged((receipt) => void moved.add(receipt));
  const errors: unknown[] = [];
  const poller = startPoller({
    mapping: {
      queueUrl: QueueUrl,
      queueArn: `arn:aws:sqs:${region}:000000000000:work${suffix}`,
      functionName: 'work',
      batchSize: 10,
      windowSeconds: 0,
      concurrency: 3,
      reportsFailures: true,
      visibilitySeconds,
      ...own,
    },
    sqs,
    invoke: async (_, event) => work(event as SqsEvent),
    region,
    timeScale,
    changes: { take: (receipt) => moved.delete(receipt) },
    onError: (error) => void errors.push(error),
  });
  onTestFinished(async () => {
    await poller.stop();
    sqs.destroy();
    await aws.stop();
  });
  return {
    sqs,
    QueueUrl,
    errors,
    send: (MessageBody: string, MessageGroupId?: string) =>
      sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, MessageGroupId })),
    async counts(url = QueueUrl) {
      const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] });
      const { Attributes = {} } = await sqs.send(command);
      return [Attributes.ApproximateNumberOfMessages, Attributes.ApproximateNumberOfMessagesNotVisible].map(Number);
    },
    async deadLetters() {
      const received = await sqs.send(new ReceiveMessageCommand({ QueueUrl: dead, WaitTimeSeconds: 20 }));
      return received.Messages?.map(({ Body }) => Body) ?? [];
    },
  };
}

describe('the report of a batch', () => {
  const ids = ['a', 'b'];
  test.each<[string, InvocationResult, string[]]>([
    ['null is success', ok(null), []],
    ['an empty object is success', ok({}), []],
    ['an empty list is success', ok({ batchItemFailures: [] }), []],
    ['null as list is success', ok({ batchItemFailures: null }), []],
    ['one name is one failure', ok({ batchItemFailures: [{ itemIdentifier: 'b' }] }), ['b']],
    ['an empty name fails all', ok({ batchItemFailures: [{ itemIdentifier: '' }] }), ids],
    ['another key fails all', ok({ batchItemFailures: [{ id: 'b' }] }), ids],
    ['a name not in the batch fails all', ok({ batchItemFailures: [{ itemIdentifier: 'z' }] }), ids],
    ['something else fails all', ok('done'), ids],
    ['a failed invocation fails all', crashed, ids],
  ])('%s', (_, result, failed) => {
    expect([...failedMessages(result, ids, true)]).toEqual(failed);
  });

  test('is not looked at where the mapping does not ask for it', () => {
    expect([...failedMessages(ok({ batchItemFailures: [{ itemIdentifier: 'b' }] }), ids, false)]).toEqual([]);
  });
});

test('a message reaches the function in the shape of an SQS event, and is deleted when it succeeds', async () => {
  const events: SqsEvent[] = [];
  const queue = await startQueue((event) => {
    events.push(event);
    return ok();
  });
  await queue.send('{"n":1}');
  await vi.waitFor(() => expect(events).toHaveLength(1));
  expect(events[0]?.Records[0]).toMatchObject({
    body: '{"n":1}',
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:${region}:000000000000:work`,
    awsRegion: region,
    attributes: { ApproximateReceiveCount: '1', SentTimestamp: expect.stringMatching(/^\d{13}$/) },
    messageAttributes: {},
    md5OfBody: expect.any(String),
  });
  await vi.waitFor(async () => expect(await queue.counts()).toEqual([0, 0]));
});

test('of a batch only what failed comes back, and after too many receives goes to the dead-letter queue', async () => {
  const seen: string[][] = [];
  const queue = await startQueue(
    ({ Records }) => {
      seen.push(Records.map(({ body }) => body).sort());
      const bad = Records.filter(({ body }) => body.startsWith('bad'));
      return ok({ batchItemFailures: bad.map(({ messageId }) => ({ itemIdentifier: messageId })) });
    },
    { timeScale: 60 },
  );
  await Promise.all(['good', 'bad', 'good too'].map((body) => queue.send(body)));
  expect(await queue.deadLetters()).toEqual(['bad']);
  expect(seen.flat().filter((body) => body === 'bad')).toHaveLength(2);
  expect(seen.flat().filter((body) => body.startsWith('good'))).toHaveLength(2);
  expect(await queue.counts()).toEqual([0, 0]);
});

test('a message stays hidden while its function works, however short the time scale makes the wait', async () => {
  const receives: string[] = [];
  const { promise: release, resolve } = Promise.withResolvers<void>();
  const queue = await startQueue(
    async ({ Records }) => {
      receives.push(Records[0]?.attributes.ApproximateReceiveCount ?? '');
      if (receives.length === 1) await release;
      return receives.length === 1 ? crashed : ok();
    },
    // A scaled visibility of one second.
    { timeScale: 60 },
  );
  await queue.send('slow');
  await vi.waitFor(() => expect(receives).toHaveLength(1));
  const began = Date.now();
  await vi.waitFor(
    async () => {
      expect(Date.now() - began).toBeGreaterThan(2_000);
      expect(await queue.counts()).toEqual([0, 1]);
    },
    { timeout: 60_000 },
  );
  expect(receives).toEqual(['1']);
  resolve();
  await vi.waitFor(() => expect(receives).toEqual(['1', '2']), { timeout: 60_000 });
});

test('a visibility the function chose stands', async () => {
  const receives: number[] = [];
  const queue = await startQueue(
    async ({ Records }) => {
      receives.push(Date.now());
      const [record] = Records;
      if (receives.length > 1 || !record) return ok();
      await queue.sqs.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: queue.QueueUrl,
          ReceiptHandle: record.receiptHandle,
          // Three seconds, where the queue's own would be one.
          VisibilityTimeout: 180,
        }),
      );
      return ok({ batchItemFailures: [{ itemIdentifier: record.messageId }] });
    },
    { timeScale: 60 },
  );
  await queue.send('later');
  await vi.waitFor(() => expect(receives).toHaveLength(2), { timeout: 60_000 });
  expect((receives[1] ?? 0) - (receives[0] ?? 0)).toBeGreaterThan(2_500);
});

test('invocations run beside each other up to the mapping’s concurrency', async () => {
  let running = 0;
  let most = 0;
  let done = 0;
  const { promise: three, resolve } = Promise.withResolvers<void>();
  const queue = await startQueue(
    async () => {
      running += 1;
      most = Math.max(most, running);
      if (running === 3) resolve();
      await three;
      running -= 1;
      done += 1;
      return ok();
    },
    { batchSize: 1, concurrency: 3 },
  );
  await Promise.all(Array.from({ length: 6 }, (_, index) => queue.send(String(index))));
  await vi.waitFor(() => expect(done).toBe(6));
  expect(most).toBe(3);
});

test('a FIFO group waits for its failed message, others go on, and its order is kept', async () => {
  const seen: string[] = [];
  let failures = 0;
  const queue = await startQueue(
    ({ Records }) => {
      const failed: { itemIdentifier: string }[] = [];
      const blocked = new Set<string>();
      for (const { body, messageId, attributes } of Records) {
        const group = attributes.MessageGroupId ?? '';
        if (blocked.has(group) || (body === 'a1' && failures === 0)) {
          if (body === 'a1') failures += 1;
          blocked.add(group);
          failed.push({ itemIdentifier: messageId });
        } else {
          seen.push(body);
        }
      }
      return ok({ batchItemFailures: failed });
    },
    { fifo: true, timeScale: 60 },
  );
  for (const body of ['a1', 'a2', 'b1', 'b2']) await queue.send(body, body[0]);
  await vi.waitFor(() => expect(seen).toHaveLength(4), { timeout: 60_000 });
  expect(failures).toBe(1);
  expect(seen.filter((body) => body.startsWith('a'))).toEqual(['a1', 'a2']);
  expect(seen.filter((body) => body.startsWith('b'))).toEqual(['b1', 'b2']);
  expect(seen.indexOf('b1')).toBeLessThan(seen.indexOf('a1'));
});
