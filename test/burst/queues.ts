import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { readQueueName } from '../../lib/queue-names.ts';
import { depthOf } from '../../local/queue-counts.ts';
import type { Aws } from '../e2e/support/stack.ts';

/** Messages of each work queue that wait, and that are hidden: being worked on, or told to wait. */
export interface Depths {
  [queue: string]: { waiting: number; hidden: number };
}

const WORK = ['ingest', 'describe', 'organize', 'jobs'] as const;

export async function openQueues({ region, credentials, endpoints }: Aws) {
  const sqs = new SQSClient({ region, credentials, endpoint: endpoints.sqs });
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
  const named = QueueUrls.map((url) => ({ url, ...readQueueName(url) }));
  const look = async (name: (typeof WORK)[number], dead: boolean) =>
    depthOf(sqs, named.find((each) => each.queue === name && each.dead === dead)?.url ?? '');
  return {
    async depths(): Promise<Depths> {
      return Object.fromEntries(await Promise.all(WORK.map(async (name) => [name, await look(name, false)] as const)));
    },
    async deadLetters(): Promise<number> {
      const found = await Promise.all(WORK.map((name) => look(name, true)));
      return found.reduce((sum, { waiting, hidden }) => sum + waiting + hidden, 0);
    },
    close: () => sqs.destroy(),
  };
}
