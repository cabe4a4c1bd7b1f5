import * as z from 'zod';
import type { NewMessage } from './messages.ts';

export const strings = z.record(z.string(), z.string());
export const onQueue = z.looseObject({ QueueUrl: z.string() });

const messageAttribute = z.object({
  DataType: z
    .string()
    .regex(/^(String|Number|Binary)(\..+)?$/, 'must be String, Number or Binary, with a label if wanted'),
  StringValue: z.string().optional(),
  BinaryValue: z.string().optional(),
});

export const sendInput = z.looseObject({
  MessageBody: z.string(),
  DelaySeconds: z.int().min(0).max(900).optional(),
  MessageAttributes: z.record(z.string(), messageAttribute).default({}),
  MessageGroupId: z.string().optional(),
  MessageDeduplicationId: z.string().optional(),
});
export const deleteInput = z.looseObject({ ReceiptHandle: z.string() });
export const changeInput = z.looseObject({
  ReceiptHandle: z.string(),
  VisibilityTimeout: z.int().min(0).max(43_200),
});

/** The store's view of a message as it came over the wire. */
export function messageOf(input: z.output<typeof sendInput>): NewMessage {
  return {
    body: input.MessageBody,
    attributes: input.MessageAttributes,
    groupId: input.MessageGroupId,
    deduplicationId: input.MessageDeduplicationId,
    delaySeconds: input.DelaySeconds,
  };
}
