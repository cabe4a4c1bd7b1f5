import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';

/** Messages of one queue, about. */
export interface QueueDepth {
  /** To be received now. */
  readonly waiting: number;
  /** Being worked on, or told to wait. */
  readonly hidden: number;
  /** Not to be received yet. */
  readonly delayed: number;
}

export interface QueueCounts {
  /** Waiting, delayed or being worked on. */
  readonly waiting: number;
  /** In its dead-letter queue. */
  readonly dead: number;
}

async function read(sqs: SQSClient, QueueUrl: string): Promise<{ depth: QueueDepth; redrivePolicy: string }> {
  const answer = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
  const Attributes: Partial<Record<string, string>> = answer.Attributes ?? {};
  const [waiting = 0, hidden = 0, delayed = 0] = ['', 'NotVisible', 'Delayed'].map((state) =>
    Number(Attributes[`ApproximateNumberOfMessages${state}`] ?? 0),
  );
  return { depth: { waiting, hidden, delayed }, redrivePolicy: Attributes.RedrivePolicy ?? '{}' };
}

/** How many messages a queue holds now. */
export async function depthOf(sqs: SQSClient, queueUrl: string): Promise<QueueDepth> {
  return (await read(sqs, queueUrl)).depth;
}

/** All of them. */
export const messagesIn = ({ waiting, hidden, delayed }: QueueDepth): number => waiting + hidden + delayed;

/** How many messages a queue and its dead-letter queue hold now. */
export async function countQueue(sqs: SQSClient, queueUrl: string): Promise<QueueCounts> {
  const { depth, redrivePolicy } = await read(sqs, queueUrl);
  const waiting = messagesIn(depth);
  const target: string | undefined = JSON.parse(redrivePolicy).deadLetterTargetArn;
  if (target === undefined) return { waiting, dead: 0 };
  const deadUrl = `${queueUrl.slice(0, queueUrl.lastIndexOf('/'))}/${target.split(':').at(-1)}`;
  return { waiting, dead: messagesIn(await depthOf(sqs, deadUrl)) };
}
