import * as z from 'zod';
import { AwsError } from '../errors.ts';
import { type JsonOperation, operation } from '../json-service.ts';
import { md5, md5OfAttributes, messageBytes } from './digest.ts';
import type { MessageStore } from './messages.ts';
import type { Queue } from './queues.ts';
import { changeInput, deleteInput, messageOf, onQueue, sendInput } from './shapes.ts';

const MAX_ENTRIES = 10;
const MAX_BATCH_BYTES = 1_048_576;
const withId = z.looseObject({ Id: z.string() });

/** What holds for a batch as a whole; single entries fail for themselves. */
function checkEntries(entries: { Id: string }[]): void {
  if (entries.length === 0)
    throw new AwsError('EmptyBatchRequest', 'There should be at least one entry in the request.');
  if (entries.length > MAX_ENTRIES) {
    throw new AwsError(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are ${MAX_ENTRIES}. You have sent ${entries.length}.`,
    );
  }
  if (new Set(entries.map((entry) => entry.Id)).size < entries.length) {
    throw new AwsError('BatchEntryIdsNotDistinct', 'Two or more batch entries in the request have the same Id.');
  }
  const bad = entries.find((entry) => !/^[\w-]{1,80}$/.test(entry.Id));
  if (bad) throw new AwsError('InvalidBatchEntryId', `'${bad.Id}': an entry id is 1 to 80 letters, digits, - and _.`);
}

/** Runs every entry; answers what succeeded and what failed, in the order sent. */
function runAll<E extends { Id: string }>(entries: E[], run: (entry: E) => object): object {
  const successful: object[] = [];
  const failed: object[] = [];
  for (const entry of entries) {
    try {
      successful.push({ Id: entry.Id, ...run(entry) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      failed.push({ Id: entry.Id, Code: error.code, Message: error.message, SenderFault: error.status < 500 });
    }
  }
  return { Successful: successful, Failed: failed };
}

/** SendMessageBatch, DeleteMessageBatch and ChangeMessageVisibilityBatch. */
export function batchOperations(parts: {
  find: (url: string) => Queue;
  messages: MessageStore;
}): Record<string, JsonOperation> {
  const { find, messages } = parts;
  return {
    SendMessageBatch: operation(onQueue.extend({ Entries: z.array(withId.extend(sendInput.shape)) }), (input) => {
      const queue = find(input.QueueUrl);
      checkEntries(input.Entries);
      const bytes = input.Entries.reduce(
        (sum, entry) => sum + messageBytes(entry.MessageBody, entry.MessageAttributes),
        0,
      );
      if (bytes > MAX_BATCH_BYTES) {
        throw new AwsError(
          'BatchRequestTooLong',
          `Batch requests cannot be longer than ${MAX_BATCH_BYTES} bytes. You have sent ${bytes} bytes.`,
        );
      }
      return runAll(input.Entries, (entry) => {
        const sent = messages.send(queue, messageOf(entry));
        return {
          MessageId: sent.id,
          MD5OfMessageBody: md5(entry.MessageBody),
          MD5OfMessageAttributes: md5OfAttributes(entry.MessageAttributes),
          SequenceNumber: queue.fifo ? sent.sequenceNumber : undefined,
        };
      });
    }),
    DeleteMessageBatch: operation(onQueue.extend({ Entries: z.array(withId.extend(deleteInput.shape)) }), (input) => {
      const queue = find(input.QueueUrl);
      checkEntries(input.Entries);
      return runAll(input.Entries, (entry) => {
        messages.delete(queue, entry.ReceiptHandle);
        return {};
      });
    }),
    ChangeMessageVisibilityBatch: operation(
      onQueue.extend({ Entries: z.array(withId.extend(changeInput.shape)) }),
      (input) => {
        const queue = find(input.QueueUrl);
        checkEntries(input.Entries);
        return runAll(input.Entries, (entry) => {
          messages.changeVisibility(queue, entry.ReceiptHandle, entry.VisibilityTimeout);
          return {};
        });
      },
    ),
  };
}
