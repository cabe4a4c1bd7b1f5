import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { InvocationResult } from './lambda-host.ts';
import { createQueueEvent, failedMessages } from './queue-events.ts';
import type { QueueMapping } from './queue-mappings.ts';

/** Which messages a function moved itself (`ChangeMessageVisibility`) while it held them. */
export interface VisibilityChanges {
  /** Whether the message of this receipt was moved since it was received; forgets about it. */
  take(receiptHandle: string): boolean;
}

export interface PollerOptions {
  readonly mapping: QueueMapping;
  readonly sqs: SQSClient;
  readonly invoke: (functionName: string, event: unknown) => Promise<InvocationResult>;
  readonly region: string;
  readonly timeScale: number;
  readonly changes: VisibilityChanges;
  readonly onError: (error: unknown) => void;
  /** Told how many seconds each message had been there when it was received, however fast the stack’s own time passes. */
  readonly onReceived?: (ageSeconds: number) => void;
  readonly clock?: () => Date;
}

const LONGEST_POLL_SECONDS = 20;
const LARGEST_RECEIVE = 10;
const LONGEST_VISIBILITY_SECONDS = 43_200;
const RETRY_MS = 1000;

/**
 * Polls a queue and invokes its function, as Lambda's pollers do. Messages a function succeeded with are deleted; the others
 * come back when the queue's visibility timeout is over, counted from when they were received. A time scale shortens that
 * wait but not the time a function has: while it works, its messages stay hidden for as long as they would on AWS.
 */
export function startPoller(options: PollerOptions): { stop(): Promise<void> } {
  const { mapping, sqs, invoke, region, timeScale, changes, onError, clock = () => new Date() } = options;
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  // The emulator divides what it is told by the time scale.
  const hiddenSeconds = Math.min(LONGEST_VISIBILITY_SECONDS, mapping.visibilitySeconds * timeScale);

  async function receive(most: number, waitSeconds: number): Promise<Message[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: mapping.queueUrl,
      MaxNumberOfMessages: Math.min(most, LARGEST_RECEIVE),
      WaitTimeSeconds: waitSeconds,
      VisibilityTimeout: hiddenSeconds,
      MessageSystemAttributeNames: ['All'],
      MessageAttributeNames: ['All'],
    });
    const { Messages = [] } = await sqs.send(command, { abortSignal: stopping.signal });
    for (const { Attributes } of Messages) {
      const sent = Number(Attributes?.SentTimestamp);
      options.onReceived?.(Math.max(0, (clock().getTime() - sent) / 1000));
    }
    return Messages;
  }

  /** Waits for a first message, then, if the mapping has a window, gathers more until the batch is full or the window over. */
  async function gather(): Promise<{ batch: Message[]; receivedAt: number }> {
    const batch = await receive(mapping.batchSize, LONGEST_POLL_SECONDS);
    const receivedAt = clock().getTime();
    const until = receivedAt + (mapping.windowSeconds * 1000) / timeScale;
    while (batch.length > 0 && batch.length < mapping.batchSize && mapping.windowSeconds > 0) {
      const left = Math.ceil((until - clock().getTime()) / 1000);
      if (left <= 0 || stopping.signal.aborted) break;
      batch.push(...(await receive(mapping.batchSize - batch.length, Math.min(left, LONGEST_POLL_SECONDS))));
    }
    return { batch, receivedAt };
  }

  async function inTens(
    messages: readonly Message[],
    send: (part: readonly Message[]) => Promise<unknown>,
  ): Promise<void> {
    for (let start = 0; start < messages.length; start += LARGEST_RECEIVE) {
      await send(messages.slice(start, start + LARGEST_RECEIVE));
    }
  }

  /** Lets failed messages come back after the scaled rest of their visibility, unless their function moved them. */
  async function giveBack(messages: readonly Message[], receivedAt: number): Promise<void> {
    const mine = messages.filter(({ ReceiptHandle }) => !changes.take(ReceiptHandle ?? ''));
    if (timeScale === 1) return;
    const passed = ((clock().getTime() - receivedAt) / 1000) * timeScale;
    const left = Math.max(1, Math.ceil(mapping.visibilitySeconds - passed));
    await inTens(mine, (part) =>
      sqs.send(
        new ChangeMessageVisibilityBatchCommand({
          QueueUrl: mapping.queueUrl,
          Entries: part.map(({ ReceiptHandle }, index) => ({
            Id: String(index),
            ReceiptHandle,
            VisibilityTimeout: Math.min(left, LONGEST_VISIBILITY_SECONDS),
          })),
        }),
      ),
    );
    // These were changes of our own.
    for (const { ReceiptHandle } of mine) changes.take(ReceiptHandle ?? '');
  }

  async function work(batch: readonly Message[], receivedAt: number): Promise<void> {
    const result = await invoke(mapping.functionName, createQueueEvent(batch, mapping.queueArn, region));
    // A function cut off because the stack stops is no failure: what it held is released at the next start.
    if (stopping.signal.aborted && !result.ok) return;
    const ids = batch.map(({ MessageId }) => MessageId ?? '');
    const failed = failedMessages(result, ids, mapping.reportsFailures);
    const [bad, good] = [true, false].map((wanted) =>
      batch.filter(({ MessageId }) => failed.has(MessageId ?? '') === wanted),
    );
    for (const { ReceiptHandle } of good ?? []) changes.take(ReceiptHandle ?? '');
    await inTens(good ?? [], (part) =>
      sqs.send(
        new DeleteMessageBatchCommand({
          QueueUrl: mapping.queueUrl,
          Entries: part.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle })),
        }),
      ),
    );
    await giveBack(bad ?? [], receivedAt);
  }

  async function loop(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        const { batch, receivedAt } = await gather();
        if (batch.length === 0) continue;
        const task: Promise<void> = work(batch, receivedAt)
          .catch((error) => void (stopping.signal.aborted || onError(error)))
          .finally(() => running.delete(task));
        running.add(task);
        while (running.size >= mapping.concurrency) await Promise.race(running);
      } catch (error) {
        if (stopping.signal.aborted) return;
        onError(error);
        const { promise, resolve } = Promise.withResolvers<void>();
        const timer = setTimeout(resolve, RETRY_MS);
        stopping.signal.addEventListener('abort', () => resolve(), { once: true });
        await promise;
        clearTimeout(timer);
      }
    }
  }

  const looping = loop();
  return {
    async stop() {
      stopping.abort();
      await looping;
      await Promise.all(running);
    },
  };
}
