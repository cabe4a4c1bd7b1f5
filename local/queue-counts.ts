import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';

export interface QueueCounts {
  /** Waiting, delayed or being worked on. */
  readonly waiting: number;
  /** In its dead-letter queue. */
  readonly dead: number;
}

async function read(sqs: SQSClient, QueueUrl: string): Promise<{ messages: number; redrivePolicy: string }> {
  const answer = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
  const Attributes: Partial<Record<string, string>> = answer.Attributes ?? {};
  const states = ['', 'NotVisible', 'Delayed'];
  const messages = states.reduce(
    (sum, state) => sum + Number(Attributes[`ApproximateNumberOfMessages${state}`] ?? 0),
    0,
  );
  return { messages, redrivePolicy: Attributes.RedrivePolicy ?? '{}' };
}

/** How many messages a queue and its dead-letter queue hold now. */
export async function countQueue(sqs: SQSClient, queueUrl: string): Promise<QueueCounts> {
  const { messages, redrivePolicy } = await read(sqs, queueUrl);
  const target: string | undefined = JSON.parse(redrivePolicy).deadLetterTargetArn;
  if (target === undefined) return { waiting: messages, dead: 0 };
  const deadUrl = `${queueUrl.slice(0, queueUrl.lastIndexOf('/'))}/${target.split(':').at(-1)}`;
  return { waiting: messages, dead: (await read(sqs, deadUrl)).messages };
}
