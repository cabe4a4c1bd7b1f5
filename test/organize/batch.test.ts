import type { Context, SQSRecord } from 'aws-lambda';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { createBatch } from '../../functions/organize/batch.ts';
import { type OrganizeEvent, organizeEvent } from '../../shared/contract/messages.ts';
import { createLogger } from '../../shared/lambda/logger.ts';
import { queueHandler } from '../../shared/lambda/queue.ts';

const IMAGE = '01890a5d-ac96-774b-bcce-b302099a80';
let leftMs = 60_000;
let organized: string[] = [];
let shown: string[] = [];

function message(user: string, number: number, receiveCount = 1): SQSRecord {
  const image_id = `${IMAGE}${number}`;
  const event = { type: 'described', event_id: `described:${image_id}:1`, user_id: user, image_id };
  return {
    messageId: `m${number}`,
    receiptHandle: `r${number}`,
    body: JSON.stringify(event),
    attributes: { ApproximateReceiveCount: String(receiveCount), SentTimestamp: '0', MessageGroupId: user },
    messageAttributes: {},
  } as SQSRecord;
}

/** Organizing takes a user called `slow` fifty seconds a go, and others one. Answers what failed. */
async function run(...Records: SQSRecord[]): Promise<string[]> {
  const organize = async (userId: string, events: readonly OrganizeEvent[]) => {
    organized.push(`${userId} ${events.length}`);
    leftMs -= userId === 'slow' ? 50_000 : 1_000;
  };
  const postpone = async (receipt: string, seconds: number) => void shown.push(`${receipt} ${seconds}`);
  const handler = queueHandler<OrganizeEvent>({
    logger: createLogger('organize', 'ERROR'),
    parse: organizeEvent,
    fifo: true,
    handle: createBatch({ organize, postpone }),
  });
  const context = { getRemainingTimeInMillis: () => leftMs } as Context;
  const { batchItemFailures } = await handler({ Records }, context);
  return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
}

beforeEach(() => {
  leftMs = 60_000;
  organized = [];
  shown = [];
  vi.spyOn(console, 'info').mockImplementation(() => {});
});

describe('a batch of events', () => {
  test('is applied user by user, each as one', async () => {
    expect(await run(message('a', 10), message('b', 11), message('a', 12))).toEqual([]);
    expect(organized).toEqual(['a 2', 'b 1']);
    expect(shown).toEqual([]);
  });

  test('whose time runs out keeps what was applied, and gives the rest back at once, in order', async () => {
    const failed = await run(message('slow', 10), message('b', 11), message('slow', 12), message('b', 13));
    expect(failed).toEqual(['m11', 'm13']);
    expect(organized).toEqual(['slow 2']);
    expect(shown).toEqual(['r11 0', 'r13 0']);
  });

  test.each([2, 3])('whose events came %s times is given back from where its time ran out', async (times) => {
    const failed = await run(message('slow', 10, times), message('slow', 11, times), message('slow', 12, times));
    expect(failed).toEqual(['m11', 'm12']);
    expect(organized).toEqual(['slow 1']);
    expect(shown).toEqual(['r11 0', 'r12 0']);
  });
});
