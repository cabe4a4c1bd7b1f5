import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { Clock } from '../../shared/adapters/ids.ts';
import type { Images } from '../../shared/adapters/images.ts';
import type { Jobs } from '../../shared/adapters/jobs.ts';
import type { QueueName } from '../../shared/contract/functions.ts';
import { CannotLook, type LiveStack, type QueuePair } from '../doctor/stack.ts';
import { aboutLetter, type Letter } from './describe-letter.ts';

/** How long a letter is hidden from others once it was looked at: time enough to read all of them, and to send them. */
const HIDDEN_SECONDS = 60;
/** Without waiting, SQS asks a sample of its servers only: an empty answer may come although there are letters. */
const WAIT_SECONDS = 1;
/** Of one queue, so many are looked at: more would no longer be hidden when the last is read. */
const MOST_LETTERS = 2_000;
/** Where time passes faster, in a local stack, those that were looked at are there again at once: after so many answers without a new one, that is all. */
const OLD_ANSWERS = 3;

export interface RedriveDeps {
  sqs: SQSClient;
  queues: LiveStack['queues'];
  images: Pick<Images, 'get'>;
  jobs: Pick<Jobs, 'get'>;
  clock: Clock;
}

/** Which letters are sent: those named, and with `all` every one that its function can read. */
export const chosenBy =
  (all: boolean, ids: ReadonlySet<string>) =>
  ({ id, readable }: Letter): boolean =>
    (all && readable) || ids.has(id);

/**
 * Looks at the dead letters of every queue, and sends those that are chosen back to the queue they came from: sent first, removed then. A
 * letter that is both by the time whoever does this dies is worked on, and found once more; working on it twice does nothing.
 */
export function createRedrive({ sqs, queues, images, jobs, clock }: RedriveDeps) {
  return async function redrive({
    queue: only,
    chosen,
  }: {
    queue?: string | undefined;
    chosen: (letter: Letter) => boolean;
  }): Promise<Letter[]> {
    const known = Object.entries(queues) as [QueueName, QueuePair][];
    const asked = known.filter(([name]) => only === undefined || name === only);
    if (asked.length === 0)
      throw new CannotLook(`--queue: expected one of ${known.map(([name]) => name).join(', ')}, got ${only}`);
    const letters: Letter[] = [];
    for (const [name, pair] of asked) {
      const looked: Message[] = [];
      for await (const message of look(pair.dead)) {
        const letter = await aboutLetter({ images, jobs, clock }, name, message);
        if (!chosen(letter)) {
          letters.push(letter);
          looked.push(message);
          continue;
        }
        await send(pair.work, message);
        await sqs.send(new DeleteMessageCommand({ QueueUrl: pair.dead, ReceiptHandle: message.ReceiptHandle }));
        letters.push({ ...letter, redriven: true });
      }
      for (const message of looked) await show(pair.dead, message);
    }
    return letters;
  };

  /**
   * Everything that lies in a queue, each once. Of one group of a FIFO queue the next come when the first are taken off, so that no more than
   * ten of each person's are seen where none is.
   */
  async function* look(QueueUrl: string): AsyncGenerator<Message> {
    const seen = new Set<string>();
    for (let old = 0; seen.size < MOST_LETTERS && old < OLD_ANSWERS; ) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: 10,
          WaitTimeSeconds: WAIT_SECONDS,
          VisibilityTimeout: HIDDEN_SECONDS,
          MessageSystemAttributeNames: ['All'],
          MessageAttributeNames: ['All'],
        }),
      );
      if (Messages.length === 0) return;
      const fresh = Messages.filter(({ MessageId = '' }) => !seen.has(MessageId));
      old = fresh.length === 0 ? old + 1 : 0;
      for (const message of fresh) {
        seen.add(message.MessageId ?? '');
        yield message;
      }
    }
  }

  /** Lets others see it again at once: whoever has looked will want to send it back. */
  async function show(QueueUrl: string, { ReceiptHandle }: Message): Promise<void> {
    try {
      await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
    } catch {
      // It is visible again already, or somebody has taken it off meanwhile.
    }
  }

  /** As it was sent first, in the same group. Another deduplication id: the queue may still remember the first one. */
  async function send(QueueUrl: string, { Body, Attributes = {}, MessageAttributes, MessageId }: Message) {
    const { MessageGroupId } = Attributes;
    await sqs.send(
      new SendMessageCommand({
        QueueUrl,
        MessageBody: Body,
        ...(MessageAttributes && { MessageAttributes }),
        ...(MessageGroupId !== undefined && { MessageGroupId }),
        ...(QueueUrl.endsWith('.fifo') && { MessageDeduplicationId: `redriven:${MessageId}:${clock().getTime()}` }),
      }),
    );
  }
}
