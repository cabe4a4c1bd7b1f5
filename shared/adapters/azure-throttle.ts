import { DeleteCommand, type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Clock } from './ids.ts';
import { changeItem, holds } from './table.ts';

/** A time in which nobody should call Azure. */
export interface Block {
  /** It may be over. */
  until: Date;
  /** Blocks in a row, this one included, without a call that succeeded between them. */
  failures: number;
}

const FIRST_WAIT_SECONDS = 15;
/** However long Azure asks to wait, it is asked again once an hour. */
const LONGEST_WAIT_SECONDS = 3_600;

/**
 * What all functions know about Azure's being away: one item in the table, which says until when to leave it alone. The first
 * photo that is turned away sets it, the others need not knock.
 */
export function createAzureThrottle(table: DynamoDBDocumentClient, tableName: string, clock: Clock) {
  // No user has this id: Firebase's have no `#`.
  const key = { user_id: '#service', sk: 'AZURE' };

  /** The last block, in force or over; `null` where Azure has answered since. */
  async function last(): Promise<Block | null> {
    const answer = await table.send(new GetCommand({ TableName: tableName, Key: key, ConsistentRead: true }));
    if (!answer.Item) return null;
    return { until: new Date(answer.Item.blocked_until as string), failures: answer.Item.failures as number };
  }

  return {
    last,

    /**
     * Blocks Azure for `seconds` (at most an hour), or, where it did not say how long, for 15 seconds, twice as long each
     * further time. A longer block that is in force stays. Answers when the block is over.
     */
    async block(seconds?: number): Promise<Date> {
      const before = await last();
      const now = clock().getTime();
      const inForce = before !== null && before.until.getTime() > now;
      // Several calls that fail at once are one failure.
      const failures = inForce ? before.failures : (before?.failures ?? 0) + 1;
      const wait = seconds ?? FIRST_WAIT_SECONDS * 2 ** (failures - 1);
      const until = new Date(now + Math.min(LONGEST_WAIT_SECONDS, wait) * 1_000);
      if (inForce && before.until >= until) return before.until;
      const written = await changeItem(table, tableName, key, {
        set: { blocked_until: until.toISOString(), failures },
        condition: {
          expression: 'attribute_not_exists(blocked_until) OR blocked_until < :until',
          values: { ':until': until.toISOString() },
        },
      });
      return written ? until : ((await last())?.until ?? until);
    },

    /** Azure has answered: the block that was seen counts no longer. One set meanwhile stays. */
    clear({ until }: Block): Promise<boolean> {
      return holds(
        table.send(
          new DeleteCommand({
            TableName: tableName,
            Key: key,
            ConditionExpression: 'blocked_until = :seen',
            ExpressionAttributeValues: { ':seen': until.toISOString() },
          }),
        ),
      );
    },
  };
}
export type AzureThrottle = ReturnType<typeof createAzureThrottle>;
