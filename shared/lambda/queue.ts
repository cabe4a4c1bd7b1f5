import {
  BatchProcessor,
  EventType,
  processPartialResponse,
  SqsFifoPartialProcessorAsync,
} from '@aws-lambda-powertools/batch';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import * as z from 'zod';
import { traceIdOf } from '../adapters/trace.ts';
import { type Backlog, createReminders } from './backlog.ts';
import { hashUserId, type Logger } from './logger.ts';

/** What a handler is told beside the message itself. */
export interface Delivery<T> {
  /** Carries the message's and its image's ids in every line. */
  logger: Logger;
  messageId: string;
  receiptHandle: string;
  /** How often the message has been received, this time included: 1 or more. */
  receiveCount: number;
  /** When the message was sent. */
  sentAt: Date;
  /** All readable messages of the same group that came in the same batch, in order, this one included. */
  batch: readonly T[];
  /** Receipts of this message and of those of its group that stand behind it in the batch, readable or not. */
  receiptsFromHere: readonly string[];
  /** Milliseconds, as of the call, until the function is cut off. */
  remainingMs: () => number;
}

export interface QueueHandlerOptions<T> {
  logger: Logger;
  /** The shape of a message's body, after JSON. */
  parse: z.ZodType<T>;
  handle: (message: T, delivery: Delivery<T>) => Promise<void>;
  /**
   * The queue is FIFO: after a failure the later messages of the same group fail too, those of other groups go on. A message
   * that keeps failing is passed by from its third delivery on: else it would take its neighbours to the dead-letter queue,
   * for their deliveries are counted as well.
   */
  fifo?: boolean;
  /** A standard queue is to stay fair between groups for however long there is a backlog: see `backlog.ts`. */
  backlog?: Backlog<T>;
}

const PASSED_BY_AFTER = 3;

/** A message that is meant to come back later; nothing is wrong. Throw it to keep the message in its queue. */
export class MessagePostponed extends Error {
  override readonly name = 'MessagePostponed';
}

/** A body that no retry will make readable. It fails until its queue gives up and moves it to the dead-letter queue. */
export class UnreadableMessage extends Error {
  override readonly name = 'UnreadableMessage';
}

/** Sent once by S3 when notifications are configured. */
const s3TestEvent = z.object({ Event: z.literal('s3:TestEvent') });

const identified = z.object({
  user_id: z.string().optional(),
  image_id: z.string().optional(),
  job_id: z.string().optional(),
  cluster_id: z.string().optional(),
  event_id: z.string().optional(),
  type: z.string().optional(),
});

/**
 * A Lambda handler for an SQS queue: messages are handled one after another in the order in which they came, and only those
 * that failed stay in the queue (the event source must report batch item failures).
 */
export function queueHandler<T>(options: QueueHandlerOptions<T>) {
  const { logger } = options;
  const reminders = options.backlog && createReminders(options.backlog);

  async function handleBatch(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
    const read = new Map(event.Records.map((record) => [record.messageId, readBody(record, options.parse)]));
    const groups = Map.groupBy(event.Records, (record) => record.attributes.MessageGroupId ?? '');
    const groupOf = (record: SQSRecord) => groups.get(record.attributes.MessageGroupId ?? '') ?? [];
    const batchOf = (record: SQSRecord) =>
      groupOf(record).flatMap((other) => {
        const body = read.get(other.messageId);
        return body?.kind === 'message' ? [body.message] : [];
      });

    async function handleRecord(record: SQSRecord): Promise<void> {
      const about = logger.createChild();
      const receiveCount = Number(record.attributes.ApproximateReceiveCount);
      const sentBy = traceIdOf(record.attributes.AWSTraceHeader);
      about.appendKeys({
        message_id: record.messageId,
        receive_count: receiveCount,
        ...(sentBy && { sent_by_trace_id: sentBy }),
      });
      const body = read.get(record.messageId) ?? readBody(record, options.parse);
      try {
        if (body.kind === 'test') return;
        if (body.kind === 'unreadable') throw new UnreadableMessage(body.problem);
        about.appendKeys(idsOf(body.message));
        const { messageId, receiptHandle } = record;
        const sentAt = new Date(Number(record.attributes.SentTimestamp));
        const began = performance.now();
        const { MessageGroupId } = record.attributes;
        if (MessageGroupId && (await reminders?.remind(MessageGroupId, body.message, sentAt))) {
          about.info('Sent a message again, so that its queue remembers whose backlog this is');
          return;
        }
        const group = groupOf(record);
        await options.handle(body.message, {
          logger: about,
          messageId,
          receiptHandle,
          receiveCount,
          sentAt,
          batch: batchOf(record),
          receiptsFromHere: group.slice(group.indexOf(record)).map((other) => other.receiptHandle),
          remainingMs: () => context.getRemainingTimeInMillis(),
        });
        about.info('Worked on a message', { ms: Math.round(performance.now() - began) });
      } catch (error) {
        if (error instanceof MessagePostponed) about.info(error.message);
        else about.error('The message failed and stays in its queue.', error as Error);
        throw error;
      }
    }

    // Throwing on a batch that failed whole would only count a postponed photo as an error of the function.
    const throwOnFullBatchFailure = false;
    const received = event.Records.map(({ attributes }) => Number(attributes.ApproximateReceiveCount));
    if (options.fifo && Math.max(...received) < PASSED_BY_AFTER) {
      const processor = new SqsFifoPartialProcessorAsync();
      return processPartialResponse(event, handleRecord, processor, {
        skipGroupOnError: true,
        throwOnFullBatchFailure,
      });
    }
    const processor = new BatchProcessor(EventType.SQS);
    return processPartialResponse(event, handleRecord, processor, {
      processInParallel: false,
      throwOnFullBatchFailure,
    });
  }

  return middy<SQSEvent, SQSBatchResponse>()
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .handler(handleBatch);
}

type Body<T> = { kind: 'message'; message: T } | { kind: 'test' } | { kind: 'unreadable'; problem: string };

function readBody<T>(record: SQSRecord, schema: z.ZodType<T>): Body<T> {
  let json: unknown;
  try {
    json = JSON.parse(record.body);
  } catch {
    return {
      kind: 'unreadable',
      problem: `Expected a message of JSON, received ${record.body.length} other characters.`,
    };
  }
  const result = schema.safeParse(json);
  if (result.success) return { kind: 'message', message: result.data };
  if (s3TestEvent.safeParse(json).success) return { kind: 'test' };
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`);
  return { kind: 'unreadable', problem: `The message has not the expected shape: ${problems.join('; ')}` };
}

/** What a message is about, fit for a log. */
function idsOf(message: unknown): Record<string, string> {
  const { user_id: userId, ...ids } = identified.safeParse(message).data ?? {};
  return { ...ids, ...(userId !== undefined && { user: hashUserId(userId) }) };
}
