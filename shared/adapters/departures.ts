import { type DynamoDBDocumentClient, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { Clock } from './ids.ts';
import { changeItem, holds, pendingShard, staleItems } from './table.ts';

/** Milliseconds for which the id of somebody who left is remembered: longer than any message, form or token of theirs lives. */
const REMEMBERED_MS = 30 * 86_400_000;

/**
 * What stays of an account while it is erased, and for a while after: it lies where the profile lay and holds nothing of it, so that
 * whoever asks after the profile knows.
 */
export interface Departure {
  user_id: string;
  /** ISO 8601. */
  deleted_at: string;
  /** `gone`: the account at the identity service was deleted, too. */
  identity?: 'gone';
  /** How often somebody has met the id since, and asked for another look at what may be left. */
  asked?: number;
  /** When it is to be looked at (again); absent when nothing is left to do. */
  since?: string;
  /** Seconds since the epoch: when the id is forgotten. Absent while the identity service may still let it sign in. */
  expires?: number;
}

const THERE = { expression: 'attribute_exists(deleted_at)' };

/** Accounts that are being erased, or were: `PROFILE` items with `deleted_at`. Every method may be repeated. */
export function createDepartures(table: DynamoDBDocumentClient, tableName: string, clock: Clock) {
  const key = (userId: string) => ({ user_id: userId, sk: 'PROFILE' });
  const now = () => clock().toISOString();

  async function get(userId: string): Promise<Departure | null> {
    const answer = await table.send(new GetCommand({ TableName: tableName, Key: key(userId), ConsistentRead: true }));
    const item = answer.Item as Departure | undefined;
    return item?.deleted_at === undefined ? null : item;
  }

  return {
    get,

    /** Whether this account is being erased, or was. */
    isGone: async (userId: string): Promise<boolean> => (await get(userId)) !== null,

    /** Ends an account, at once and for good: one write puts this in the place of the profile. */
    async begin(userId: string): Promise<void> {
      const at = now();
      const Item = { ...key(userId), deleted_at: at, asked: 0, shard: pendingShard(userId), since: at };
      await holds(
        table.send(
          new PutCommand({ TableName: tableName, Item, ConditionExpression: 'attribute_not_exists(deleted_at)' }),
        ),
      );
    },

    /** Notes that something may have been left behind since the last look; sweep has it looked at again. */
    async lookAgain(userId: string): Promise<void> {
      await holds(
        table.send(
          new UpdateCommand({
            TableName: tableName,
            Key: key(userId),
            UpdateExpression: 'SET asked = asked + :one, #shard = :shard, #since = :now',
            ConditionExpression: 'attribute_exists(deleted_at)',
            ExpressionAttributeNames: { '#shard': 'shard', '#since': 'since' },
            ExpressionAttributeValues: { ':one': 1, ':shard': pendingShard(userId), ':now': now() },
          }),
        ),
      );
    },

    /** A sign of life, so that sweep does not send the work every time it looks. */
    async touch(userId: string): Promise<void> {
      const condition = { expression: 'attribute_exists(#since)', names: { '#since': 'since' } };
      await changeItem(table, tableName, key(userId), { set: { since: now() }, condition });
    },

    async identityGone(userId: string): Promise<void> {
      await changeItem(table, tableName, key(userId), { set: { identity: 'gone' }, condition: THERE });
    },

    /**
     * Ends a look at it: until `again`, or for good (`null`). Does nothing where somebody has asked for another one since it was `seen`.
     */
    async settle(userId: string, seen: Departure, again: Date | null): Promise<void> {
      const condition = { expression: 'asked = :asked', values: { ':asked': seen.asked ?? 0 } };
      const forgotten = Math.ceil((clock().getTime() + REMEMBERED_MS) / 1000);
      const change = again
        ? { set: { since: again.toISOString() } }
        : { set: { expires: seen.identity === 'gone' ? forgotten : undefined }, remove: ['shard', 'since'] };
      await changeItem(table, tableName, key(userId), { ...change, condition });
    },

    /** Those that were to be looked at before `before`, about `limit` a shard. */
    async stale(before: Date, limit: number): Promise<Departure[]> {
      return (await staleItems(table, tableName, { prefix: 'PROFILE', before, limit })) as unknown as Departure[];
    },
  };
}
export type Departures = ReturnType<typeof createDepartures>;

/**
 * Runs `work` on what is somebody's, unless they have left: then `clearUp` is all that is done. Where they have left meanwhile, or where an
 * earlier run may have died half-way, what was left behind is looked for once more.
 */
export async function unlessGone(
  departures: Pick<Departures, 'isGone' | 'lookAgain'>,
  userId: string,
  work: () => Promise<void>,
  clearUp: () => Promise<void> = async () => {},
): Promise<void> {
  if (await departures.isGone(userId)) {
    await clearUp();
    return departures.lookAgain(userId);
  }
  try {
    await work();
  } finally {
    if (await departures.isGone(userId)) await departures.lookAgain(userId);
  }
}
