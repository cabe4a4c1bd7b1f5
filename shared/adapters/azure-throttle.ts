import { createHash } from 'node:crypto';
import { DeleteCommand, type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Clock } from './ids.ts';
import { changeItem, holds } from './table.ts';

/** A time in which nobody should call Azure. */
export interface Block {
  /** It may be over. */
  until: Date;
  /** Blocks in a row, this one included, without a call that succeeded between them. */
  failures: number;
  /** Whose calls were refused since it began, by digests of their ids; others may still try their luck. */
  askers: readonly string[];
}

const FIRST_WAIT_SECONDS = 15;
/** However long Azure asks to wait, it is asked again once an hour. */
const LONGEST_WAIT_SECONDS = 3_600;
/** So many people find out for themselves that Azure is away; then nobody asks before the block is over. */
const MOST_ASKERS = 16;

/** Who asked, without saying who: the item outlives accounts. */
const digestOf = (userId: string) => createHash('sha256').update(userId).digest('base64url').slice(0, 16);

/**
 * Whether this person's photos are to leave Azure alone for now. A block comes from somebody having asked too much, and while they are
 * silent Azure has room again before it is over: whoever has not been refused since it began may ask, and need not stand behind
 * thousands of another's photos.
 */
export function heeds(block: Block, userId: string, now: Date): boolean {
  if (block.until <= now) return false;
  return block.askers.length >= MOST_ASKERS || block.askers.includes(digestOf(userId));
}

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
    const { blocked_until, failures, askers = [] } = answer.Item;
    return { until: new Date(blocked_until as string), failures: failures as number, askers: askers as string[] };
  }

  return {
    last,

    /**
     * Blocks Azure for `seconds` (at most an hour), or, where it did not say how long, for 15 seconds, twice as long each
     * further time. A longer block that is in force stays. `userId`: whose call it was. Answers when the block is over.
     */
    async block(seconds?: number, userId?: string): Promise<Date> {
      const before = await last();
      const now = clock().getTime();
      const inForce = before !== null && before.until.getTime() > now;
      // Several calls that fail at once are one failure.
      const failures = inForce ? before.failures : (before?.failures ?? 0) + 1;
      const wait = seconds ?? FIRST_WAIT_SECONDS * 2 ** (failures - 1);
      // Those who try their luck during a block, and learn nothing new, must not lengthen it for all.
      const guessedAgain = inForce && seconds === undefined;
      const until = guessedAgain ? before.until : new Date(now + Math.min(LONGEST_WAIT_SECONDS, wait) * 1_000);
      const known = inForce ? before.askers : [];
      const askers = userId === undefined ? known : [...new Set([...known, digestOf(userId)])];
      if (inForce && before.until >= until) {
        const seen = { expression: 'blocked_until = :seen', values: { ':seen': before.until.toISOString() } };
        if (askers.length > known.length) await changeItem(table, tableName, key, { set: { askers }, condition: seen });
        return before.until;
      }
      const written = await changeItem(table, tableName, key, {
        set: { blocked_until: until.toISOString(), failures, askers },
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
