import { GetQueueAttributesCommand, ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Aws } from '../e2e/support/stack.ts';

/** Messages of each work queue that wait, and that are hidden: being worked on, or told to wait. */
export interface Depths {
  [queue: string]: { waiting: number; hidden: number };
}

const WORK = ['Ingest', 'Describe', 'Organize', 'Jobs'] as const;

export async function openQueues({ region, credentials, endpoints }: Aws) {
  const sqs = new SQSClient({ region, credentials, endpoint: endpoints.sqs });
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
  async function look(QueueUrl: string) {
    const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
    const { ApproximateNumberOfMessages: waiting, ApproximateNumberOfMessagesNotVisible: hidden } = Attributes;
    return { waiting: Number(waiting), hidden: Number(hidden) };
  }
  const find = (name: string, dead: boolean) =>
    QueueUrls.find((url) => url.includes(`${name}Queue`) && /dead/i.test(url) === dead) ?? '';
  return {
    async depths(): Promise<Depths> {
      return Object.fromEntries(
        await Promise.all(WORK.map(async (name) => [name.toLowerCase(), await look(find(name, false))] as const)),
      );
    },
    async deadLetters(): Promise<number> {
      const found = await Promise.all(WORK.map((name) => look(find(name, true))));
      return found.reduce((sum, { waiting, hidden }) => sum + waiting + hidden, 0);
    },
    close: () => sqs.destroy(),
  };
}
