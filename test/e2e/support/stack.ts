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
 * seconds of pure computation; else it has no function for it. `plainSight`: where nothing depends on what is seen in pictures.
 */
export async function startTestStack({
  faces = false,
  env = {},
  ...options
}: Pick<StackOptions, 'env' | 'faults' | 'noAi' | 'plainSight'> & { faces?: boolean } = {}): Promise<TestStack> {
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

type Messages = Readonly<Record<string, number>>;
const nameOf = (queueUrl: string) => queueUrl.split('/').at(-1) ?? '';
const isDeadLetters = (queueUrl: string) => readQueueName(nameOf(queueUrl))?.dead ?? false;

/** Looks at the queues of a stack that are `wanted`: how many messages each holds, waiting, hidden or delayed, if any. */
async function withQueues<T>(
  { region, credentials, endpoints }: Aws,
  wanted: (queueUrl: string) => boolean,
  use: (look: () => Promise<Messages>) => Promise<T>,
): Promise<T> {
  const sqs = new SQSClient({ region, credentials, endpoint: endpoints.sqs });
  try {
    const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
    const urls = QueueUrls.filter(wanted);
    if (urls.length === 0) throw new Error('Expected the queues of a stack, found none');
    return await use(async () => {
      const counts = await Promise.all(
        urls.map(async (url) => [nameOf(url), messagesIn(await depthOf(sqs, url))] as const),
      );
      return Object.fromEntries(counts.filter(([, messages]) => messages > 0));
    });
  } finally {
    sqs.destroy();
  }
}

/**
 * Waits until nothing is under way any more. Dead letters stay where they are: they are for the recount to find. A function
 * holds its message until the ones it sends are sent, so two looks that find nothing mean that there is nothing.
 */
export async function quiet(aws: Aws, timeout = 60_000): Promise<void> {
  const atWork = (queueUrl: string) => !isDeadLetters(queueUrl);
  await withQueues(aws, atWork, async (look) => {
    let looks = 0;
    await waitFor(
      async () => {
        const busy = await look();
        looks = Object.keys(busy).length === 0 ? looks + 1 : 0;
        if (looks < 2) throw new Error(`Expected the stack to come to rest, found messages: ${JSON.stringify(busy)}`);
      },
      { timeout, interval: 100 },
    );
  });
}

export async function deadLetters(aws: Aws): Promise<string[]> {
  const letters = await withQueues(aws, isDeadLetters, (look) => look());
  return Object.entries(letters).map(([queue, count]) => `${count} in ${queue}`);
}
