import type { Context, SQSRecord } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { createLogger, hashUserId } from '../../shared/lambda/logger.ts';
import { type Delivery, MessagePostponed, queueHandler } from '../../shared/lambda/queue.ts';

const message = z.object({ user_id: z.string(), image_id: z.string() });
type Message = z.infer<typeof message>;

const context = { awsRequestId: 'request-1', functionName: 'f', getRemainingTimeInMillis: () => 30_000 } as Context;

let nextMessage = 0;
function record(body: unknown, group = 'user-a', receiveCount = 2): SQSRecord {
  nextMessage += 1;
  return {
    messageId: `m${nextMessage}`,
    receiptHandle: `r${nextMessage}`,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    attributes: {
      ApproximateReceiveCount: String(receiveCount),
      SentTimestamp: '0',
      SenderId: 's',
      ApproximateFirstReceiveTimestamp: '0',
      MessageGroupId: group,
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:eu-central-1:000000000000:q',
    awsRegion: 'eu-central-1',
  };
}

let lines: Record<string, unknown>[] = [];
beforeEach(() => {
  nextMessage = 0;
  lines = [];
  // While it is set the logger writes to the global console, where the lines are read back from.
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  const write = (chunk: unknown) => {
    lines.push(JSON.parse(String(chunk)));
    return true;
  };
  for (const method of ['info', 'error', 'warn', 'debug'] as const) vi.spyOn(console, method).mockImplementation(write);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

function start(handle: (message: Message, delivery: Delivery<Message>) => Promise<void>, fifo = false) {
  const handler = queueHandler({ logger: createLogger('test', 'INFO'), parse: message, handle, fifo });
  return async (...records: SQSRecord[]) => {
    const answer = await handler({ Records: records }, context);
    return answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  };
}

const image = (id: string, user = 'user-a') => ({ user_id: user, image_id: id });

describe('queueHandler', () => {
  test('answers which messages failed, and handles the others', async () => {
    const handled: string[] = [];
    const run = start(async ({ image_id }) => {
      if (image_id === 'bad') throw new Error('no');
      handled.push(image_id);
    });
    expect(await run(record(image('1')), record(image('bad')), record(image('2')))).toEqual(['m2']);
    expect(handled).toEqual(['1', '2']);
  });

  test('does not throw when every message failed', async () => {
    const run = start(async () => {
      throw new Error('no');
    });
    expect(await run(record(image('1')), record(image('2')))).toEqual(['m1', 'm2']);
  });

  test.each([
    ['no JSON', 'not json'],
    ['another shape', { user_id: 7 }],
    ['an array', []],
  ])('fails a message with %s and says what was expected, without its content', async (_, body) => {
    const run = start(async () => expect.unreachable());
    expect(await run(record(body))).toEqual(['m1']);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ level: 'ERROR', error: { name: 'UnreadableMessage' } });
    expect(JSON.stringify(lines)).not.toContain('not json');
  });

  test("acknowledges S3's test event without a word", async () => {
    const run = start(async () => expect.unreachable());
    const body = { Service: 'Amazon S3', Event: 's3:TestEvent', Time: '2025-01-01T00:00:00Z', Bucket: 'b' };
    expect(await run(record(body))).toEqual([]);
    expect(lines).toEqual([]);
  });

  test('fails the later messages of the same group only, on a FIFO queue', async () => {
    const handled: string[] = [];
    const run = start(async ({ image_id }) => {
      if (image_id === 'bad') throw new Error('no');
      handled.push(image_id);
    }, true);
    const failed = await run(
      record(image('a1'), 'a'),
      record(image('b1', 'user-b'), 'b'),
      record(image('bad'), 'a'),
      record(image('b2', 'user-b'), 'b'),
      record(image('a3'), 'a'),
    );
    expect(failed).toEqual(['m3', 'm5']);
    expect(handled).toEqual(['a1', 'b1', 'b2']);
  });

  test('passes by a message that keeps failing, so that its neighbours do not end as dead letters with it', async () => {
    const handled: string[] = [];
    const run = start(async ({ image_id }) => {
      if (image_id === 'bad') throw new Error('no');
      handled.push(image_id);
    }, true);
    const failed = await run(record(image('bad'), 'a', 3), record(image('a2'), 'a', 3), record(image('a3'), 'a', 1));
    expect(failed).toEqual(['m1']);
    expect(handled).toEqual(['a2', 'a3']);
  });

  test('tells each message of its receipt and of its group in the batch', async () => {
    const seen: unknown[] = [];
    const run = start(async (_, { receiptHandle, receiveCount, batch }) => {
      seen.push({ receiptHandle, receiveCount, batch: batch.map(({ image_id }) => image_id) });
    }, true);
    await run(record(image('a1'), 'a'), record(image('b1'), 'b'), record('broken', 'b'), record(image('a2'), 'a'));
    expect(seen).toEqual([
      { receiptHandle: 'r1', receiveCount: 2, batch: ['a1', 'a2'] },
      { receiptHandle: 'r2', receiveCount: 2, batch: ['b1'] },
      { receiptHandle: 'r4', receiveCount: 2, batch: ['a1', 'a2'] },
    ]);
  });

  test('logs with ids, each message its own, and never the user as such', async () => {
    const run = start(async ({ image_id }, { logger }) => {
      logger.info(`saw ${image_id}`);
    });
    const [first, sent] = [record(image('1')), record(image('2'))];
    sent.attributes.AWSTraceHeader = 'Root=1-5f84c7a5-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=1';
    await run(first, sent);
    const own = lines.filter(({ message: text }) => String(text).startsWith('saw'));
    // Each message leaves a line, also where nothing else is said of it.
    expect(lines.filter(({ message: text }) => text === 'Worked on a message').map(({ image_id }) => image_id)).toEqual(
      ['1', '2'],
    );
    expect(own.map(({ sent_by_trace_id }) => sent_by_trace_id)).toEqual([
      undefined,
      '1-5f84c7a5-0123456789abcdef01234567',
    ]);
    expect(own).toMatchObject([
      {
        message: 'saw 1',
        image_id: '1',
        message_id: 'm1',
        function_request_id: 'request-1',
        user: hashUserId('user-a'),
      },
      {
        message: 'saw 2',
        image_id: '2',
        message_id: 'm2',
        function_request_id: 'request-1',
        user: hashUserId('user-a'),
      },
    ]);
    expect(JSON.stringify(lines)).not.toContain('user-a');
  });

  test('keeps a postponed message without calling it an error', async () => {
    const run = start(async () => {
      throw new MessagePostponed('Azure asked to wait.');
    });
    expect(await run(record(image('1')))).toEqual(['m1']);
    expect(lines).toMatchObject([{ level: 'INFO', message: 'Azure asked to wait.' }]);
  });
});

describe('a backlog on a queue that is fair between groups', () => {
  const now = new Date('2026-11-21T12:00:00Z');

  /** Messages of a queue that is worked on for a backlog: `waited` and `later` are seconds. */
  function open() {
    const again: Message[] = [];
    const handled: string[] = [];
    let time = now;
    let waiting = 30;
    const handler = queueHandler({
      logger: createLogger('test', 'INFO'),
      parse: message,
      handle: async ({ image_id }) => void handled.push(image_id),
      backlog: { again: async (body) => void again.push(body), waiting: async () => waiting, clock: () => time },
    });
    const receive = async (
      id: string,
      waited: number,
      { user = 'user-a', later = 0, receives = 1, grouped = true } = {},
    ) => {
      time = new Date(now.getTime() + later * 1_000);
      const received = record(image(id, user), user, receives);
      received.attributes.SentTimestamp = String(time.getTime() - waited * 1_000);
      if (!grouped) delete received.attributes.MessageGroupId;
      return handler({ Records: [received] }, context);
    };
    const shorten = () => {
      waiting = 29;
    };
    return { again, handled, receive, shorten };
  }

  test('one message of a group that has stood in it is sent again instead of handled, once a minute', async () => {
    const { again, handled, receive } = open();
    expect(await receive('first', 61)).toEqual({ batchItemFailures: [] });
    await receive('second', 90);
    await receive('third', 90, { later: 59 });
    expect(again).toEqual([image('first')]);
    expect(handled).toEqual(['second', 'third']);
    await receive('fourth', 90, { later: 60 });
    expect(again).toEqual([image('first'), image('fourth')]);
  });

  test('each group is spoken for', async () => {
    const { again, receive } = open();
    await receive('first', 61);
    await receive('second', 61, { user: 'user-b' });
    expect(again).toEqual([image('first'), image('second', 'user-b')]);
  });

  test('what has hardly waited, or belongs to no group, is handled at once', async () => {
    const { again, handled, receive } = open();
    await receive('young', 59);
    await receive('nobodys', 600, { grouped: false });
    expect(again).toEqual([]);
    expect(handled).toEqual(['young', 'nobodys']);
  });

  test('what comes back is sent again in a backlog, and handled without one, however long ago it was sent', async () => {
    const { again, handled, receive, shorten } = open();
    await receive('first', 600, { receives: 4 });
    shorten();
    await receive('second', 600, { receives: 4, later: 60 });
    await receive('third', 600, { user: 'user-b' });
    expect(again).toEqual([image('first')]);
    expect(handled).toEqual(['second', 'third']);
  });

  test('a message that cannot be sent again stays in its queue', async () => {
    const handler = queueHandler({
      logger: createLogger('test', 'INFO'),
      parse: message,
      handle: async () => {},
      backlog: { again: () => Promise.reject(new Error('SQS is away')), waiting: async () => 30, clock: () => now },
    });
    const answer = await handler({ Records: [record(image('first'), 'user-a', 1)] }, context);
    expect(answer.batchItemFailures).toHaveLength(1);
  });
});
