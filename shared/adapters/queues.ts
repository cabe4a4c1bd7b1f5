import {
  ChangeMessageVisibilityCommand,
  GetQueueAttributesCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { QueueName } from '../contract/functions.ts';
import type { DescribeMessage, FacesMessage, JobMessage, OrganizeEvent } from '../contract/messages.ts';
import { canBeOrganized, hasEnded, type ImageRecord, isTerminal } from '../domain/image.ts';
import { incomingKey } from '../domain/object-keys.ts';
import { currentTrace } from './trace.ts';

const SQS_BATCH = 10;

/**
 * Sends work on. A message carries its user as group: standard queues then stay fair between users, and `organize.fifo` works
 * on one batch per user at a time.
 */
export function createQueues(
  sqs: SQSClient,
  known: Partial<Record<QueueName, string | undefined>>,
  trace: () => string | undefined = currentTrace,
) {
  /** A function knows only the queues it sends to. */
  function urlOf(name: QueueName): string {
    const url = known[name];
    if (!url) throw new Error(`This function was given no URL for the queue ${name}; add it in lib/`);
    return url;
  }

  /** Whoever works on the message is told which run sent it. */
  const traced = () => {
    const header = trace();
    return header && { MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: header } } };
  };

  const sendFair = (url: string, userId: string, body: unknown) =>
    sqs.send(
      new SendMessageCommand({
        QueueUrl: url,
        MessageBody: JSON.stringify(body),
        MessageGroupId: userId,
        ...traced(),
      }),
    );

  async function describe(message: DescribeMessage): Promise<void> {
    await sendFair(urlOf('describe'), message.user_id, message);
  }

  /** Sends events in order. A repeated `event_id` within five minutes is dropped by the queue. Throws when any is refused. */
  async function organize(events: readonly OrganizeEvent[]): Promise<void> {
    for (let start = 0; start < events.length; start += SQS_BATCH) {
      const batch = events.slice(start, start + SQS_BATCH);
      const answer = await sqs.send(
        new SendMessageBatchCommand({
          QueueUrl: urlOf('organize'),
          Entries: batch.map((event, index) => ({
            Id: String(index),
            MessageBody: JSON.stringify(event),
            MessageGroupId: event.user_id,
            MessageDeduplicationId: event.event_id,
            ...traced(),
          })),
        }),
      );
      const refused = answer.Failed?.[0];
      if (refused) throw new Error(`SQS refused an organize event: ${refused.Code} ${refused.Message ?? ''}`.trim());
    }
  }

  /**
   * Has ingest read a photo, by the message S3 would send but for its source: this one says whose it is. `sentAt`: when S3 told of
   * it, where this goes on in its stead.
   */
  async function ingest(bucket: string, userId: string, key: string, sentAt?: Date): Promise<void> {
    const Records = [{ eventSource: 'shoebox', s3: { bucket: { name: bucket }, object: { key } } }];
    const body = { Records, ...(sentAt && { sent_at: sentAt.toISOString() }) };
    await sendFair(urlOf('ingest'), userId, body);
  }

  /** Where faces are not looked for there is no such queue: ingest says so on the record, and goes on. */
  async function faces(bucket: string, message: FacesMessage): Promise<void> {
    const { user_id, image_id } = message;
    if (!known.faces) return ingest(bucket, user_id, incomingKey(user_id, image_id));
    await sendFair(known.faces, user_id, message);
  }

  return {
    describe,
    faces,
    organize,
    ingest,

    async jobs(message: JobMessage): Promise<void> {
      await sendFair(urlOf('jobs'), message.user_id, message);
    },

    /** Sends the first messages of the round a photo begins: those of its first stages which have not ended. */
    async resume(bucket: string, { user_id, image_id, generation, stages }: ImageRecord): Promise<void> {
      if (!hasEnded(stages.ingest.state)) return ingest(bucket, user_id, incomingKey(user_id, image_id));
      if (!canBeOrganized(stages)) {
        if (!hasEnded(stages.faces.state)) await faces(bucket, { user_id, image_id });
        if (!hasEnded(stages.describe.state)) await describe({ user_id, image_id });
        return;
      }
      const event_id = `described:${image_id}:${generation}`;
      return organize([{ type: 'described', event_id, user_id, image_id }]);
    },

    /**
     * Has what is derived from restored photos follow. One that is placed anew is `processing`; those whose earlier stages are still
     * under way have a message to come.
     */
    async restored(records: readonly ImageRecord[]): Promise<void> {
      await organize(
        records.flatMap(({ user_id, image_id, status, stages, generation, edit_revision }): OrganizeEvent[] => {
          const to = { user_id, image_id };
          if (isTerminal(status)) return [{ type: 'edited', event_id: `edited:${image_id}:${edit_revision}`, ...to }];
          if (!hasEnded(stages.ingest.state) || !hasEnded(stages.describe.state)) return [];
          return [{ type: 'described', event_id: `described:${image_id}:${generation}`, ...to }];
        }),
      );
    },

    /** About how many messages nobody has in hand. None where there is no such queue. */
    async waiting(name: QueueName): Promise<number> {
      if (!known[name]) return 0;
      const AttributeName = 'ApproximateNumberOfMessages';
      const asked = new GetQueueAttributesCommand({ QueueUrl: known[name], AttributeNames: [AttributeName] });
      return Number((await sqs.send(asked)).Attributes?.[AttributeName] ?? 0);
    },

    /** Lets a received message come back after `seconds` (0–43200), whatever the queue's own visibility. */
    async postpone(name: QueueName, receiptHandle: string, seconds: number): Promise<void> {
      await sqs.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: urlOf(name),
          ReceiptHandle: receiptHandle,
          VisibilityTimeout: Math.min(43_200, Math.max(0, Math.ceil(seconds))),
        }),
      );
    },
  };
}
export type Queues = ReturnType<typeof createQueues>;
