import type { Message } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import type { InvocationResult } from './lambda-host.ts';

/** Message attributes as an event names them: lower-case, and binary values as base64. */
function eventAttributes(attributes: Message['MessageAttributes']): object {
  const entries = Object.entries(attributes ?? {}).map(([name, value]) => [
    name,
    {
      stringValue: value.StringValue,
      binaryValue: value.BinaryValue && Buffer.from(value.BinaryValue).toString('base64'),
      stringListValues: [],
      binaryListValues: [],
      dataType: value.DataType,
    },
  ]);
  return Object.fromEntries(entries);
}

/** The event of an SQS event source (Lambda developer guide, "Using Lambda with Amazon SQS"). */
export function createQueueEvent(messages: readonly Message[], queueArn: string, region: string): object {
  return {
    Records: messages.map((message) => ({
      messageId: message.MessageId,
      receiptHandle: message.ReceiptHandle,
      body: message.Body,
      attributes: message.Attributes ?? {},
      messageAttributes: eventAttributes(message.MessageAttributes),
      md5OfBody: message.MD5OfBody,
      eventSource: 'aws:sqs',
      eventSourceARN: queueArn,
      awsRegion: region,
    })),
  };
}

const reportSchema = z
  .object({ batchItemFailures: z.array(z.object({ itemIdentifier: z.string().min(1) })).nullish() })
  .nullable();

/**
 * The messages that failed, by Lambda's rules for partial batch responses: nothing or an empty list means all succeeded; what
 * cannot be read, or names a message that is not in the batch, means all failed.
 */
export function failedMessages(
  result: InvocationResult,
  ids: readonly string[],
  reportsFailures: boolean,
): Set<string> {
  if (!result.ok) return new Set(ids);
  if (!reportsFailures) return new Set();
  const report = reportSchema.safeParse(JSON.parse(result.payload));
  if (!report.success) return new Set(ids);
  const named = (report.data?.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier);
  return new Set(named.every((id) => ids.includes(id)) ? named : ids);
}
