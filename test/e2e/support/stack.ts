import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { readQueueName } from '../../../lib/queue-names.ts';
import { depthOf, messagesIn } from '../../../local/queue-counts.ts';
import { type LocalStack, type StackOptions, startStack } from '../../../local/stack.ts';
import { waitFor } from '../../support/wait-for.ts';

/** What an AWS client needs to know to reach a stack's resources. */
export type Aws = Pick<LocalStack, 'region' | 'credentials' | 'endpoints'>;

export interface TestStack extends LocalStack {
  /** Stops the stack and removes all that it kept. */
  remove(): Promise<void>;
}

/** Fast enough that nobody waits for a visibility timeout, slow enough that what is told to wait is not asked every moment. */
const TIME_SCALE = 200;

/**
 * The synthesized stack in a folder of its own, with nobody's `.env` and nobody's environment. `faces`: looks for them, which takes
 * seconds of pure computation; else it has no function for it.
 */
export async function startTestStack({
  faces = false,
  env = {},
  ...options
}: Pick<StackOptions, 'env' | 'faults' | 'noAi'> & { faces?: boolean } = {}): Promise<TestStack> {
  const folder = await mkdtemp(join(tmpdir(), 'shoebox-e2e-'));
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 5 });
  try {
    const stack = await startStack({
      ...options,
      env: { FACES: faces ? 'on' : 'off', ...env },
      dataDir: join(folder, 'data'),
      timeScale: TIME_SCALE,
    });
    return {
      ...stack,
      async remove() {
        await stack.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** How many messages each queue holds, waiting, hidden or delayed; those that hold none are left out. */
export async function messagesLeft({ region, credentials, endpoints }: Aws): Promise<Record<string, number>> {
  const sqs = new SQSClient({ region, credentials, endpoint: endpoints.sqs });
  try {
    const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
    const counts = await Promise.all(
      QueueUrls.map(async (QueueUrl) => {
        return [QueueUrl.split('/').at(-1) ?? '', messagesIn(await depthOf(sqs, QueueUrl))] as const;
      }),
    );
    if (counts.length === 0) throw new Error('Expected the queues of a stack, found none');
    return Object.fromEntries(counts.filter(([, count]) => count > 0));
  } finally {
    sqs.destroy();
  }
}

const isDeadLetters = (queue: string) => readQueueName(queue)?.dead ?? false;

/**
 * Waits until nothing is under way any more. Dead letters stay where they are: they are for the recount to find. A function
 * holds its message until the ones it sends are sent, so two looks that find nothing mean that there is nothing.
 */
export async function quiet(aws: Aws, timeout = 60_000): Promise<void> {
  let looks = 0;
  await waitFor(
    async () => {
      const busy = Object.entries(await messagesLeft(aws)).filter(([queue]) => !isDeadLetters(queue));
      looks = busy.length === 0 ? looks + 1 : 0;
      if (looks < 2) throw new Error(`Expected the stack to come to rest, found messages: ${JSON.stringify(busy)}`);
    },
    { timeout, interval: 100 },
  );
}

export async function deadLetters(aws: Aws): Promise<string[]> {
  return Object.entries(await messagesLeft(aws))
    .filter(([queue]) => isDeadLetters(queue))
    .map(([queue, count]) => `${count} in ${queue}`);
}
