import { DeleteMessageCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';

export interface DeadLetter {
  body: string;
  /** Takes it off its queue. Not calling it leaves it there, to be seen (and re-driven) again. */
  remove: () => Promise<void>;
}

/** How long a dead letter stays hidden after it was looked at: less than the time between two sweeps. */
const LOOK_SECONDS = 60;

/** What gave up: the messages of one dead-letter queue, looked at without taking them. */
export function createDeadLetters(sqs: SQSClient) {
  return {
    /** Up to `limit` letters. An empty answer may come although there are some: SQS samples; the next look finds them. */
    async look(url: string, limit: number): Promise<DeadLetter[]> {
      const letters: DeadLetter[] = [];
      while (letters.length < limit) {
        const answer = await sqs.send(
          new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10, VisibilityTimeout: LOOK_SECONDS }),
        );
        if (!answer.Messages?.length) break;
        for (const { Body, ReceiptHandle } of answer.Messages) {
          letters.push({
            body: Body ?? '',
            remove: async () => {
              await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle }));
            },
          });
        }
      }
      return letters;
    },
  };
}
export type DeadLetters = ReturnType<typeof createDeadLetters>;
