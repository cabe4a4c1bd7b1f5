import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  type Message,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SendMessageCommandInput,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type AwsProcess, acrossCrash, startTestAws, type TestAws } from './aws.ts';

/** What a test does with one queue. */
class TestQueue {
  readonly #client: SQSClient;
  readonly url: string;

  constructor(client: SQSClient, url: string) {
    this.#client = client;
    this.url = url;
  }

  static async create(client: SQSClient, name: string, Attributes: Record<string, string> = {}): Promise<TestQueue> {
    const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: name, Attributes }));
    return new TestQueue(client, QueueUrl ?? '');
  }

  send(MessageBody: string, input: Partial<SendMessageCommandInput> = {}) {
    return this.#client.send(new SendMessageCommand({ QueueUrl: this.url, MessageBody, ...input }));
  }

  async receive(input: Partial<ReceiveMessageCommandInput> = {}): Promise<Message[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: this.url,
      MaxNumberOfMessages: 10,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
      ...input,
    });
    return (await this.#client.send(command)).Messages ?? [];
  }

  async bodies(input: Partial<ReceiveMessageCommandInput> = {}): Promise<(string | undefined)[]> {
    return (await this.receive(input)).map((message) => message.Body);
  }

  delete({ ReceiptHandle }: Message) {
    return this.#client.send(new DeleteMessageCommand({ QueueUrl: this.url, ReceiptHandle }));
  }

  show({ ReceiptHandle }: Message, VisibilityTimeout = 0) {
    return this.#client.send(
      new ChangeMessageVisibilityCommand({ QueueUrl: this.url, ReceiptHandle, VisibilityTimeout }),
    );
  }

  async attributes(): Promise<Record<string, string>> {
    const command = new GetQueueAttributesCommand({ QueueUrl: this.url, AttributeNames: ['All'] });
    return (await this.#client.send(command)).Attributes ?? {};
  }
}

const FIFO = { FifoQueue: 'true' };
const inGroup = (MessageGroupId: string, MessageDeduplicationId: string) => ({
  MessageGroupId,
  MessageDeduplicationId,
});
const arnOf = (name: string) => `arn:aws:sqs:eu-central-1:000000000000:${name}`;

describe('SQS', () => {
  let aws: TestAws;
  let client: SQSClient;
  /** Shifts the emulators' clock, so that no test has to wait. */
  let offset = 0;
  const later = (seconds: number) => {
    offset += seconds * 1000;
  };

  beforeAll(async () => {
    aws = await startTestAws({ clock: () => new Date(Date.now() + offset) });
    // The client follows the emulators' clock, as it would follow a server's.
    client = new SQSClient({ ...aws.config('sqs') });
    client.middlewareStack.add(
      (next) => (args) => {
        client.config.systemClockOffset = offset;
        return next(args);
      },
      { step: 'initialize' },
    );
  });
  afterAll(() => aws.dispose());

  describe('a standard queue of many tenants', () => {
    /** A queue with a backlog of one tenant, 40 messages of it in flight. */
    async function crowded(name: string): Promise<TestQueue> {
      const queue = await TestQueue.create(client, name, { VisibilityTimeout: '600' });
      for (let sent = 0; sent < 50; sent += 1) await queue.send(`loud${sent}`, { MessageGroupId: 'loud' });
      for (let taken = 0; taken < 40; taken += 10) expect(await queue.receive()).toHaveLength(10);
      return queue;
    }

    test('gives what quiet tenants sent before what a noisy one sent earlier', async () => {
      const queue = await crowded('crowded');
      await queue.send('quiet', { MessageGroupId: 'quiet' });
      await queue.send('anonymous');
      expect(await queue.bodies({ MaxNumberOfMessages: 3 })).toEqual(['quiet', 'anonymous', 'loud40']);
    });

    test('gives a noisy tenant’s messages where there are no others', async () => {
      const queue = await crowded('crowded-alone');
      expect(await queue.bodies()).toEqual(Array.from({ length: 10 }, (_, index) => `loud${40 + index}`));
    });

    test('counts few messages as noisy that take long, and of two noisy tenants prefers the one with less in flight', async () => {
      const queue = await TestQueue.create(client, 'crowded-slow', { VisibilityTimeout: '600' });
      for (const body of ['slow1', 'slow2']) await queue.send(body, { MessageGroupId: 'slow' });
      for (let sent = 0; sent < 40; sent += 1) await queue.send(`loud${sent}`, { MessageGroupId: 'loud' });
      const [first] = await queue.receive({ MaxNumberOfMessages: 1 });
      await new Promise((resolve) => setTimeout(resolve, 30));
      if (first) await queue.delete(first);
      await queue.send('quiet', { MessageGroupId: 'quiet' });
      // "slow" has used all of the processing time there was.
      expect((await queue.bodies({ MaxNumberOfMessages: 2 })).at(-1)).not.toBe('slow2');
      for (let taken = 0; taken < 3; taken += 1) await queue.receive();
      expect(await queue.bodies({ MaxNumberOfMessages: 2 })).toEqual(['quiet', 'slow2']);
    });
  });

  describe('queues', () => {
    test('are made once with the same attributes, and answer them with the defaults', async () => {
      const attributes = { VisibilityTimeout: '180', MessageRetentionPeriod: '1209600' };
      const queue = await TestQueue.create(client, 'made', attributes);
      expect((await TestQueue.create(client, 'made', attributes)).url).toBe(queue.url);
      await expect(TestQueue.create(client, 'made', { VisibilityTimeout: '1' })).rejects.toMatchObject({
        name: 'QueueNameExists',
      });
      expect(await queue.attributes()).toMatchObject({
        ...attributes,
        QueueArn: arnOf('made'),
        DelaySeconds: '0',
        ApproximateNumberOfMessages: '0',
      });
      expect((await client.send(new GetQueueUrlCommand({ QueueName: 'made' }))).QueueUrl).toBe(queue.url);
      expect((await client.send(new ListQueuesCommand({ QueueNamePrefix: 'mad' }))).QueueUrls).toEqual([queue.url]);
    });

    test('change their attributes and go away', async () => {
      const queue = await TestQueue.create(client, 'changed');
      await client.send(
        new SetQueueAttributesCommand({ QueueUrl: queue.url, Attributes: { VisibilityTimeout: '77' } }),
      );
      expect((await queue.attributes()).VisibilityTimeout).toBe('77');
      const bad = new SetQueueAttributesCommand({ QueueUrl: queue.url, Attributes: { VisibilityTimeout: '43201' } });
      await expect(client.send(bad)).rejects.toMatchObject({ name: 'InvalidAttributeValue' });
      await client.send(new DeleteQueueCommand({ QueueUrl: queue.url }));
      await expect(queue.send('x')).rejects.toMatchObject({ name: 'QueueDoesNotExist' });
    });

    test('are FIFO by name and attribute together', async () => {
      await expect(TestQueue.create(client, 'no-suffix', FIFO)).rejects.toMatchObject({
        name: 'InvalidParameterValue',
      });
      await expect(TestQueue.create(client, 'no-attribute.fifo')).rejects.toMatchObject({
        name: 'InvalidParameterValue',
      });
    });

    test('need their dead-letter queue first', async () => {
      const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arnOf('nowhere'), maxReceiveCount: 3 });
      await expect(TestQueue.create(client, 'orphan', { RedrivePolicy })).rejects.toMatchObject({
        name: 'InvalidParameterValue',
      });
    });
  });

  describe('a standard queue', () => {
    test('hands a message to one consumer, hides it, and shows it again until it is deleted', async () => {
      const queue = await TestQueue.create(client, 'standard', { VisibilityTimeout: '30' });
      await queue.send('work', {
        MessageAttributes: {
          kind: { DataType: 'String', StringValue: 'photo' },
          raw: { DataType: 'Binary', BinaryValue: Buffer.from([1, 2]) },
        },
      });
      const [first] = await queue.receive();
      expect(first?.Attributes).toMatchObject({ ApproximateReceiveCount: '1', SentTimestamp: expect.any(String) });
      expect(first?.MessageAttributes?.kind?.StringValue).toBe('photo');
      expect(await queue.bodies()).toEqual([]);
      later(29);
      expect(await queue.bodies()).toEqual([]);
      later(2);
      const [second] = await queue.receive();
      expect([second?.Body, second?.Attributes?.ApproximateReceiveCount]).toEqual(['work', '2']);
      expect(second?.MessageId).toBe(first?.MessageId);
      if (first) await queue.delete(first);
      expect((await queue.attributes()).ApproximateNumberOfMessagesNotVisible).toBe('1');
      if (second) await queue.delete(second);
      later(60);
      expect(await queue.bodies()).toEqual([]);
    });

    test('moves visibility, to zero and into the future', async () => {
      const queue = await TestQueue.create(client, 'visibility');
      await queue.send('work');
      const [message] = await queue.receive();
      if (!message) throw new Error('nothing received');
      await queue.show(message, 3600);
      later(3599);
      expect(await queue.bodies()).toEqual([]);
      later(2);
      const [again] = await queue.receive({ VisibilityTimeout: 10 });
      if (!again) throw new Error('nothing received');
      await expect(queue.show(message)).rejects.toMatchObject({ name: 'MessageNotInflight' });
      await queue.show(again);
      const [third] = await queue.receive();
      expect(third?.Attributes?.ApproximateReceiveCount).toBe('3');
    });

    test('delays a message by its own or the queue’s delay', async () => {
      const queue = await TestQueue.create(client, 'delays', { DelaySeconds: '5' });
      await queue.send('queue');
      await queue.send('own', { DelaySeconds: 900 });
      expect(await queue.bodies()).toEqual([]);
      expect((await queue.attributes()).ApproximateNumberOfMessagesDelayed).toBe('2');
      later(5);
      expect(await queue.bodies()).toEqual(['queue']);
      later(895);
      expect(await queue.bodies()).toContain('own');
    });

    test('takes a message group (fair queues) without ordering by it', async () => {
      const queue = await TestQueue.create(client, 'fair');
      await queue.send('a', { MessageGroupId: 'user-1' });
      await queue.send('b', { MessageGroupId: 'user-1' });
      const messages = await queue.receive();
      expect(messages.map((message) => message.Attributes?.MessageGroupId)).toEqual(['user-1', 'user-1']);
    });

    test('waits for a message (long polling), also for one that is hidden or delayed', async () => {
      const queue = await TestQueue.create(client, 'waiting');
      const waiting = queue.bodies({ WaitTimeSeconds: 20 });
      await queue.send('arrives');
      expect(await waiting).toEqual(['arrives']);
      const started = Date.now();
      await queue.send('delayed', { DelaySeconds: 1 });
      expect(await queue.bodies({ WaitTimeSeconds: 10 })).toEqual(['delayed']);
      expect(Date.now() - started).toBeLessThan(5000);
      expect(await queue.bodies({ WaitTimeSeconds: 1 })).toEqual([]);
    });

    test('gives nothing to a consumer that hung up while waiting', async () => {
      const queue = await TestQueue.create(client, 'hung-up');
      const abort = new AbortController();
      aws.resetRequests();
      const command = new ReceiveMessageCommand({ QueueUrl: queue.url, WaitTimeSeconds: 20 });
      const gone = client.send(command, { abortSignal: abort.signal }).catch((error: Error) => error.name);
      await vi.waitFor(() => expect(aws.requests()).toEqual({ 'sqs:ReceiveMessage': 1 }));
      abort.abort();
      expect(await gone).toBe('AbortError');
      // An empty wait gives the hang-up time to arrive.
      await queue.receive({ WaitTimeSeconds: 1 });
      await queue.send('for the living');
      expect(await queue.bodies({ WaitTimeSeconds: 5 })).toEqual(['for the living']);
    });

    test('refuses what SQS refuses', async () => {
      const queue = await TestQueue.create(client, 'strict', { MaximumMessageSize: '1024' });
      await expect(queue.send('x'.repeat(1025))).rejects.toMatchObject({ name: 'InvalidParameterValue' });
      await expect(queue.send('\u0001')).rejects.toMatchObject({ name: 'InvalidMessageContents' });
      await expect(queue.send('x', { DelaySeconds: 901 })).rejects.toMatchObject({ name: 'InvalidParameterValue' });
      await expect(queue.receive({ MaxNumberOfMessages: 11 })).rejects.toMatchObject({ name: 'InvalidParameterValue' });
      await queue.send('emoji 😀 are fine');
    });

    test('forgets messages after the retention period, and all of them when purged', async () => {
      const queue = await TestQueue.create(client, 'retention', { MessageRetentionPeriod: '60' });
      await queue.send('old');
      later(61);
      expect(await queue.bodies()).toEqual([]);
      await queue.send('new');
      await client.send(new PurgeQueueCommand({ QueueUrl: queue.url }));
      expect(await queue.bodies()).toEqual([]);
    });
  });

  describe('batches', () => {
    test('succeed and fail entry by entry', async () => {
      const queue = await TestQueue.create(client, 'batch', { MaximumMessageSize: '1024' });
      const Entries = [
        { Id: 'a', MessageBody: 'fine' },
        { Id: 'b', MessageBody: 'x'.repeat(2000) },
        { Id: 'c', MessageBody: 'fine too', MessageGroupId: 'g' },
      ];
      const sent = await client.send(new SendMessageBatchCommand({ QueueUrl: queue.url, Entries }));
      expect(sent.Successful?.map((entry) => entry.Id)).toEqual(['a', 'c']);
      expect(sent.Failed).toMatchObject([{ Id: 'b', Code: 'InvalidParameterValue', SenderFault: true }]);

      const [one, two] = await queue.receive();
      const changed = await client.send(
        new ChangeMessageVisibilityBatchCommand({
          QueueUrl: queue.url,
          Entries: [
            { Id: '1', ReceiptHandle: one?.ReceiptHandle, VisibilityTimeout: 0 },
            { Id: '2', ReceiptHandle: 'unknown', VisibilityTimeout: 0 },
          ],
        }),
      );
      expect([changed.Successful?.[0]?.Id, changed.Failed?.[0]?.Code]).toEqual(['1', 'MessageNotInflight']);
      const deleted = await client.send(
        new DeleteMessageBatchCommand({
          QueueUrl: queue.url,
          Entries: [{ Id: '2', ReceiptHandle: two?.ReceiptHandle }],
        }),
      );
      expect(deleted.Successful?.map((entry) => entry.Id)).toEqual(['2']);
      expect(await queue.bodies()).toEqual([one?.Body]);
    });

    test('are refused as a whole when empty, too many, too long or ambiguous', async () => {
      const queue = await TestQueue.create(client, 'batch-limits');
      const send = (Entries: { Id: string; MessageBody: string }[]) =>
        client.send(new SendMessageBatchCommand({ QueueUrl: queue.url, Entries }));
      await expect(send([])).rejects.toMatchObject({ name: 'EmptyBatchRequest' });
      const many = Array.from({ length: 11 }, (_, n) => ({ Id: `${n}`, MessageBody: 'x' }));
      await expect(send(many)).rejects.toMatchObject({ name: 'TooManyEntriesInBatchRequest' });
      const long = ['a', 'b'].map((Id) => ({ Id, MessageBody: 'x'.repeat(600_000) }));
      await expect(send(long)).rejects.toMatchObject({ name: 'BatchRequestTooLong' });
      const same = ['a', 'a'].map((Id) => ({ Id, MessageBody: 'x' }));
      await expect(send(same)).rejects.toMatchObject({ name: 'BatchEntryIdsNotDistinct' });
    });
  });

  describe('a FIFO queue', () => {
    test('keeps the order within a group and blocks a group while it has a message in flight', async () => {
      const queue = await TestQueue.create(client, 'groups.fifo', { ...FIFO, VisibilityTimeout: '60' });
      for (const [group, body] of [
        ['A', 'a1'],
        ['A', 'a2'],
        ['B', 'b1'],
        ['A', 'a3'],
      ] as const)
        await queue.send(body, inGroup(group, body));
      const [a1] = await queue.receive({ MaxNumberOfMessages: 1 });
      expect(a1?.Body).toBe('a1');
      // A is blocked; B is not.
      expect(await queue.bodies()).toEqual(['b1']);
      expect(await queue.bodies()).toEqual([]);
      if (a1) await queue.delete(a1);
      expect(await queue.bodies()).toEqual(['a2', 'a3']);
    });

    test('fills a batch from one group before the next', async () => {
      const queue = await TestQueue.create(client, 'batches.fifo', FIFO);
      for (const body of ['a1', 'b1', 'a2', 'b2', 'a3']) await queue.send(body, inGroup(body.slice(0, 1), body));
      expect(await queue.bodies({ MaxNumberOfMessages: 4 })).toEqual(['a1', 'a2', 'a3', 'b1']);
    });

    test('gives a failed batch again in order, when its visibility ends or is set to zero', async () => {
      const queue = await TestQueue.create(client, 'again.fifo', { ...FIFO, VisibilityTimeout: '60' });
      for (const body of ['1', '2', '3']) await queue.send(body, inGroup('A', body));
      const first = await queue.receive();
      later(61);
      const second = await queue.receive();
      expect(second.map((message) => message.Body)).toEqual(['1', '2', '3']);
      await expect(queue.delete(first[0] as Message)).resolves.toBeDefined();
      await queue.delete(second[0] as Message);
      for (const message of second.slice(1)) await queue.show(message);
      expect(await queue.bodies()).toEqual(['2', '3']);
    });

    test('refuses to delete by a receipt whose visibility has ended', async () => {
      const queue = await TestQueue.create(client, 'receipt.fifo', { ...FIFO, VisibilityTimeout: '10' });
      await queue.send('1', inGroup('A', '1'));
      const [message] = await queue.receive();
      later(11);
      await expect(queue.delete(message as Message)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
      expect(await queue.bodies()).toEqual(['1']);
    });

    test('drops a repeated deduplication id for five minutes, also when the first is gone', async () => {
      const queue = await TestQueue.create(client, 'dedup.fifo', FIFO);
      const first = await queue.send('one', inGroup('A', 'id'));
      const repeat = await queue.send('two', inGroup('B', 'id'));
      expect([repeat.MessageId, repeat.SequenceNumber]).toEqual([first.MessageId, first.SequenceNumber]);
      const [message] = await queue.receive();
      await queue.delete(message as Message);
      later(299);
      await queue.send('three', inGroup('A', 'id'));
      expect(await queue.bodies()).toEqual([]);
      later(2);
      await queue.send('four', inGroup('A', 'id'));
      expect(await queue.bodies()).toEqual(['four']);
    });

    test('takes the body as deduplication id where configured, and asks for one where not', async () => {
      const byContent = await TestQueue.create(client, 'content.fifo', { ...FIFO, ContentBasedDeduplication: 'true' });
      await byContent.send('same', { MessageGroupId: 'A' });
      await byContent.send('same', { MessageGroupId: 'A' });
      expect(await byContent.bodies()).toEqual(['same']);
      const explicit = await TestQueue.create(client, 'explicit.fifo', FIFO);
      await expect(explicit.send('x', { MessageGroupId: 'A' })).rejects.toMatchObject({
        name: 'InvalidParameterValue',
      });
      await expect(explicit.send('x', { MessageDeduplicationId: '1' })).rejects.toMatchObject({
        name: 'MissingParameter',
      });
      await expect(explicit.send('x', { ...inGroup('A', '1'), DelaySeconds: 1 })).rejects.toMatchObject({
        name: 'InvalidParameterValue',
      });
    });

    test('wakes a waiting consumer when a group is free again', async () => {
      const queue = await TestQueue.create(client, 'wake.fifo', FIFO);
      await queue.send('1', inGroup('A', '1'));
      await queue.send('2', inGroup('A', '2'));
      const [first] = await queue.receive({ MaxNumberOfMessages: 1 });
      const waiting = queue.bodies({ WaitTimeSeconds: 10 });
      await queue.delete(first as Message);
      expect(await waiting).toEqual(['2']);
    });
  });

  describe('redrive', () => {
    test.each([
      ['standard', 'dead', 'source', {}],
      ['FIFO', 'dead.fifo', 'source.fifo', FIFO],
    ])('moves a %s message to the dead-letter queue after maxReceiveCount, whole', async (_, dead, source, fifo) => {
      const dlq = await TestQueue.create(client, dead, fifo);
      const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arnOf(dead), maxReceiveCount: 2 });
      const queue = await TestQueue.create(client, source, { ...fifo, RedrivePolicy });
      const group = 'FifoQueue' in fifo ? inGroup('A', '1') : { MessageGroupId: 'A' };
      const attributes = { MessageAttributes: { trace: { DataType: 'String', StringValue: 't' } } };
      const { MessageId } = await queue.send('poison', { ...group, ...attributes });
      for (const attempt of [1, 2]) {
        const [message] = await queue.receive();
        expect(message?.Attributes?.ApproximateReceiveCount).toBe(String(attempt));
        await queue.show(message as Message);
      }
      const waiting = dlq.receive({ WaitTimeSeconds: 5 });
      expect(await queue.bodies()).toEqual([]);
      const [moved] = await waiting;
      expect(moved).toMatchObject({
        MessageId,
        Body: 'poison',
        Attributes: { MessageGroupId: 'A', DeadLetterQueueSourceArn: arnOf(source) },
        MessageAttributes: { trace: { StringValue: 't' } },
      });
      expect(await queue.attributes()).toMatchObject({
        ApproximateNumberOfMessages: '0',
        ApproximateNumberOfMessagesNotVisible: '0',
      });
    });

    test('unblocks the group for what comes after', async () => {
      await TestQueue.create(client, 'dead-2.fifo', FIFO);
      const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arnOf('dead-2.fifo'), maxReceiveCount: 1 });
      const queue = await TestQueue.create(client, 'source-2.fifo', { ...FIFO, RedrivePolicy });
      await queue.send('poison', inGroup('A', '1'));
      await queue.send('healthy', inGroup('A', '2'));
      const [poison] = await queue.receive({ MaxNumberOfMessages: 1 });
      await queue.show(poison as Message);
      expect(await queue.bodies({ MaxNumberOfMessages: 1 })).toEqual(['healthy']);
    });
  });

  test('makes everything in flight visible again when told that all consumers are gone', async () => {
    await aws.releaseInFlight();
    const queue = await TestQueue.create(client, 'released', { VisibilityTimeout: '43200' });
    const ordered = await TestQueue.create(client, 'released.fifo', { ...FIFO, VisibilityTimeout: '43200' });
    for (const n of ['1', '2']) {
      await queue.send(n);
      await ordered.send(n, inGroup('A', n));
    }
    await queue.send('delayed', { DelaySeconds: 900 });
    await queue.receive();
    await ordered.receive();
    expect(await aws.releaseInFlight()).toBe(4);
    expect((await queue.bodies()).toSorted()).toEqual(['1', '2']);
    expect(await ordered.bodies()).toEqual(['1', '2']);
  });
});

test('SQS shortens visibility timeouts and delays by the time scale, but not below a second', async () => {
  let offset = 0;
  const aws = await startTestAws({ timeScale: 60, clock: () => new Date(Date.now() + offset) });
  try {
    const client = new SQSClient(aws.config('sqs'));
    const queue = await TestQueue.create(client, 'scaled', { VisibilityTimeout: '360', DelaySeconds: '30' });
    expect(await queue.attributes()).toMatchObject({ VisibilityTimeout: '360', DelaySeconds: '30' });
    await queue.send('30 s become 1 s');
    expect(await queue.bodies()).toEqual([]);
    offset += 1000;
    expect(await queue.bodies()).toHaveLength(1);
    offset += 5500;
    expect(await queue.bodies()).toEqual([]);
    offset += 1000;
    const [message] = await queue.receive({ VisibilityTimeout: 600 });
    offset += 9500;
    expect(await queue.bodies()).toEqual([]);
    await queue.show(message as Message, 3600);
    offset += 59_000;
    expect(await queue.bodies()).toEqual([]);
    offset += 1500;
    const [again] = await queue.receive();
    await queue.show(again as Message, 0);
    expect(await queue.bodies()).toHaveLength(1);
  } finally {
    await aws.dispose();
  }
});

test('SQS keeps messages, receipts, receive counts and deduplication ids through SIGKILL', async () => {
  const open = (aws: AwsProcess) => new SQSClient(aws.config('sqs'));
  await acrossCrash(
    async (aws) => {
      const client = open(aws);
      const queue = await TestQueue.create(client, 'kept', { VisibilityTimeout: '600' });
      const ordered = await TestQueue.create(client, 'kept.fifo', { ...FIFO, VisibilityTimeout: '600' });
      for (const n of ['1', '2', '3']) {
        await queue.send(n);
        await ordered.send(n, inGroup('A', n));
      }
      const [taken] = await queue.receive({ MaxNumberOfMessages: 1 });
      const [head] = await ordered.receive({ MaxNumberOfMessages: 1 });
      return { url: queue.url, orderedUrl: ordered.url, taken: taken as Message, head: head as Message };
    },
    async (aws, { url, orderedUrl, taken, head }) => {
      const client = open(aws);
      const queue = new TestQueue(client, url);
      const ordered = new TestQueue(client, orderedUrl);
      expect(await queue.bodies()).toEqual(['2', '3']);
      await queue.show(taken);
      const [again] = await queue.receive();
      expect([again?.Body, again?.Attributes?.ApproximateReceiveCount]).toEqual(['1', '2']);
      expect(await ordered.bodies()).toEqual([]);
      await ordered.send('repeat', inGroup('A', '3'));
      await ordered.delete(head);
      expect(await ordered.bodies()).toEqual(['2', '3']);
    },
  );
});
