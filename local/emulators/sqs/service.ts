import { join } from 'node:path';
import * as z from 'zod';
import type { Authenticator } from '../authenticator.ts';
import { openDatabase } from '../database.ts';
import type { AwsError } from '../errors.ts';
import type { Service } from '../gate.ts';
import { type JsonOperation, jsonService, operation } from '../json-service.ts';
import { batchOperations } from './batches.ts';
import { md5, md5OfAttributes } from './digest.ts';
import { type Detour, openMessages } from './messages.ts';
import { createWaiters } from './polling.ts';
import { openQueues, queueNameOf } from './queues.ts';
import { receiveOperation } from './receive.ts';
import { SCHEMA } from './schema.ts';
import { changeInput, deleteInput, messageOf, onQueue, sendInput, strings } from './shapes.ts';

/** Codes whose name in the older query protocol differs; SDKs read that one from a header. */
const QUERY_CODES: Record<string, string> = {
  QueueDoesNotExist: 'AWS.SimpleQueueService.NonExistentQueue',
  QueueNameExists: 'QueueAlreadyExists',
  MessageNotInflight: 'AWS.SimpleQueueService.MessageNotInflight',
  TooManyEntriesInBatchRequest: 'AWS.SimpleQueueService.TooManyEntriesInBatchRequest',
  EmptyBatchRequest: 'AWS.SimpleQueueService.EmptyBatchRequest',
  BatchEntryIdsNotDistinct: 'AWS.SimpleQueueService.BatchEntryIdsNotDistinct',
  BatchRequestTooLong: 'AWS.SimpleQueueService.BatchRequestTooLong',
  InvalidBatchEntryId: 'AWS.SimpleQueueService.InvalidBatchEntryId',
};

export interface SqsOptions {
  directory: string;
  region: string;
  accountId: string;
  timeScale: number;
  authenticator: Authenticator;
  clock: () => Date;
  newId: () => string;
  /** `http://127.0.0.1:<port>`; asked at each call, as the port is known only once the gate listens. */
  endpoint: () => string;
  /** Asked about every message sent: what becomes of it on the way into that queue. */
  detourOf?: ((queue: string) => Detour | undefined) | undefined;
}

export interface Sqs extends Service {
  /** Called with the receipt of every message whose visibility a client has changed. */
  onVisibilityChanged(listener: (receipt: string) => void): void;
  /** Makes every in-flight message visible at once; answers how many there were. */
  releaseInFlight(): number;
  stop(): void;
}

/**
 * SQS over its JSON protocol: standard and FIFO queues, redrive to dead-letter queues, long polling, batches.
 * Visibility timeouts and delays last `1 / timeScale` of what they say, but a second at least; queue attributes
 * answer what was set. Deduplication (5 minutes) and retention are not scaled.
 */
export function createSqs(options: SqsOptions): Sqs {
  const { clock, newId, timeScale } = options;
  const database = openDatabase(join(options.directory, 'sqs.db'), SCHEMA);
  const waiters = createWaiters(clock);
  const queues = openQueues(database, `arn:aws:sqs:${options.region}:${options.accountId}`, clock);
  const scale = (seconds: number) =>
    timeScale === 1 || seconds <= 0 ? seconds * 1000 : Math.max(1000, Math.ceil((seconds * 1000) / timeScale));
  const stored = openMessages({
    database,
    clock,
    newId,
    scale,
    timeScale,
    findQueue: queues.find,
    onChange: waiters.wake,
  });
  const visibilityListeners: ((receipt: string) => void)[] = [];
  const messages: typeof stored = {
    ...stored,
    send: (queue, message) => stored.send(queue, message, options.detourOf?.(queue.name)),
    changeVisibility(queue, receipt, seconds) {
      stored.changeVisibility(queue, receipt, seconds);
      for (const listener of visibilityListeners) listener(receipt);
    },
  };
  const urlOf = (name: string) => `${options.endpoint()}/${options.accountId}/${name}`;
  const find = (url: string) => queues.get(queueNameOf(url));

  const operations: Record<string, JsonOperation> = {
    CreateQueue: operation(
      z.looseObject({ QueueName: z.string(), Attributes: strings.optional(), tags: strings.optional() }),
      (input) => ({ QueueUrl: urlOf(queues.create(input.QueueName, input.Attributes ?? {}, input.tags ?? {}).name) }),
    ),
    GetQueueUrl: operation(z.looseObject({ QueueName: z.string() }), (input) => ({
      QueueUrl: urlOf(queues.get(input.QueueName).name),
    })),
    ListQueues: operation(z.looseObject({ QueueNamePrefix: z.string().default('') }), (input) => ({
      QueueUrls: queues.list(input.QueueNamePrefix).map((queue) => urlOf(queue.name)),
    })),
    DeleteQueue: operation(onQueue, (input) => {
      const { name } = find(input.QueueUrl);
      queues.remove(name);
      waiters.wake(name);
      return {};
    }),
    GetQueueAttributes: operation(onQueue.extend({ AttributeNames: z.array(z.string()).default([]) }), (input) => {
      const queue = find(input.QueueUrl);
      const { visible, inFlight, delayed } = messages.counts(queue);
      const all: Record<string, string> = {
        ...queue.attributes,
        QueueArn: queue.arn,
        ApproximateNumberOfMessages: String(visible),
        ApproximateNumberOfMessagesNotVisible: String(inFlight),
        ApproximateNumberOfMessagesDelayed: String(delayed),
        CreatedTimestamp: String(Math.floor(queue.created / 1000)),
        LastModifiedTimestamp: String(Math.floor(queue.modified / 1000)),
      };
      const wanted = input.AttributeNames.includes('All') ? Object.keys(all) : input.AttributeNames;
      return { Attributes: Object.fromEntries(wanted.flatMap((name) => (all[name] ? [[name, all[name]]] : []))) };
    }),
    SetQueueAttributes: operation(onQueue.extend({ Attributes: strings }), (input) => {
      queues.setAttributes(find(input.QueueUrl).name, input.Attributes);
      return {};
    }),
    TagQueue: operation(onQueue.extend({ Tags: strings }), (input) => {
      const { name } = find(input.QueueUrl);
      queues.setTags(name, { ...queues.tags(name), ...input.Tags });
      return {};
    }),
    ListQueueTags: operation(onQueue, (input) => ({ Tags: queues.tags(find(input.QueueUrl).name) })),
    PurgeQueue: operation(onQueue, (input) => {
      messages.purge(find(input.QueueUrl));
      return {};
    }),
    SendMessage: operation(onQueue.extend(sendInput.shape), (input) => {
      const sent = messages.send(find(input.QueueUrl), messageOf(input));
      return {
        MessageId: sent.id,
        MD5OfMessageBody: md5(input.MessageBody),
        MD5OfMessageAttributes: md5OfAttributes(input.MessageAttributes),
        SequenceNumber: input.QueueUrl.endsWith('.fifo') ? sent.sequenceNumber : undefined,
      };
    }),
    DeleteMessage: operation(onQueue.extend(deleteInput.shape), (input) => {
      messages.delete(find(input.QueueUrl), input.ReceiptHandle);
      return {};
    }),
    ChangeMessageVisibility: operation(onQueue.extend(changeInput.shape), (input) => {
      messages.changeVisibility(find(input.QueueUrl), input.ReceiptHandle, input.VisibilityTimeout);
      return {};
    }),
    ReceiveMessage: receiveOperation({ find, messages, waiters, clock, accountId: options.accountId }),
    ...batchOperations({ find, messages }),
  };

  const service = jsonService({
    name: 'sqs',
    authenticator: options.authenticator,
    operations,
    operationOf: (exchange) => String(exchange.headers['x-amz-target'] ?? '').replace('AmazonSQS.', ''),
    contentType: 'application/x-amz-json-1.0',
    validationCode: 'InvalidParameterValue',
    maxBytes: 4 * 1024 * 1024,
    errorEnvelope: (error: AwsError) => ({
      headers: {
        'x-amzn-query-error': `${QUERY_CODES[error.code] ?? error.code};${error.status < 500 ? 'Sender' : 'Receiver'}`,
      },
      body: { __type: `com.amazonaws.sqs#${error.code}`, message: error.message },
    }),
  });

  return {
    ...service,
    onVisibilityChanged: (listener) => void visibilityListeners.push(listener),
    releaseInFlight: messages.releaseInFlight,
    stop() {
      waiters.wakeAll();
      database.close();
    },
  };
}
