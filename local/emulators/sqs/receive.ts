import * as z from 'zod';
import { type JsonOperation, operation } from '../json-service.ts';
import { type MessageAttribute, md5, md5OfAttributes } from './digest.ts';
import type { MessageStore } from './messages.ts';
import type { Waiters } from './polling.ts';
import type { Queue } from './queues.ts';
import type { MessageRow } from './schema.ts';
import { onQueue } from './shapes.ts';

const input = onQueue.extend({
  MaxNumberOfMessages: z.int().min(1).max(10).default(1),
  VisibilityTimeout: z.int().min(0).max(43_200).optional(),
  WaitTimeSeconds: z.int().min(0).max(20).optional(),
  AttributeNames: z.array(z.string()).default([]),
  MessageSystemAttributeNames: z.array(z.string()).default([]),
  MessageAttributeNames: z.array(z.string()).default([]),
});

/** Picks message attributes by name, `All`, `.*` or `prefix.*`. */
function chosen(attributes: Record<string, MessageAttribute>, names: string[]): Record<string, MessageAttribute> {
  const wanted = (name: string) =>
    names.some((pattern) =>
      pattern === 'All' || pattern === '.*'
        ? true
        : pattern.endsWith('.*')
          ? name.startsWith(pattern.slice(0, -1))
          : name === pattern,
    );
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => wanted(name)));
}

/** ReceiveMessage with long polling. A client that hangs up while it waits takes no message with it. */
export function receiveOperation(parts: {
  find: (url: string) => Queue;
  messages: MessageStore;
  waiters: Waiters;
  clock: () => Date;
  accountId: string;
}): JsonOperation {
  const { find, messages, waiters, clock } = parts;

  function toMessage(queue: Queue, row: MessageRow, systemNames: string[], attributeNames: string[]): object {
    const system: Record<string, string | null> = {
      SenderId: parts.accountId,
      SentTimestamp: String(row.sent),
      ApproximateReceiveCount: String(row.receives),
      ApproximateFirstReceiveTimestamp: String(row.first_received),
      MessageGroupId: row.group_id,
      MessageDeduplicationId: row.deduplication_id,
      SequenceNumber: queue.fifo ? String(row.seq).padStart(20, '0') : null,
      DeadLetterQueueSourceArn: row.source_arn,
    };
    const wanted = Object.entries(system).filter(
      ([name, value]) => value !== null && (systemNames.includes('All') || systemNames.includes(name)),
    );
    const attributes = chosen(JSON.parse(row.attributes), attributeNames);
    const any = Object.keys(attributes).length > 0;
    return {
      MessageId: row.id,
      ReceiptHandle: row.receipt,
      Body: row.body,
      MD5OfBody: md5(row.body),
      Attributes: wanted.length > 0 ? Object.fromEntries(wanted) : undefined,
      MessageAttributes: any ? attributes : undefined,
      MD5OfMessageAttributes: any ? md5OfAttributes(attributes) : undefined,
    };
  }

  return operation(input, async (request, { signal }) => {
    const started = clock().getTime();
    const systemNames = [...request.AttributeNames, ...request.MessageSystemAttributeNames];
    for (;;) {
      const queue = find(request.QueueUrl);
      const visibility = request.VisibilityTimeout ?? Number(queue.attributes.VisibilityTimeout);
      const rows = signal.aborted ? [] : messages.receive(queue, request.MaxNumberOfMessages, visibility);
      const waitSeconds = request.WaitTimeSeconds ?? Number(queue.attributes.ReceiveMessageWaitTimeSeconds);
      const deadline = started + waitSeconds * 1000;
      if (rows.length > 0) {
        return { Messages: rows.map((row) => toMessage(queue, row, systemNames, request.MessageAttributeNames)) };
      }
      if (signal.aborted || clock().getTime() >= deadline) return {};
      await waiters.wait(queue.name, Math.min(deadline, messages.nextVisible(queue) ?? deadline), signal);
    }
  });
}
