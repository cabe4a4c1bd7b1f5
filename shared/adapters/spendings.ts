import { createHash } from 'node:crypto';
import { type DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { monthOf } from '../domain/quota.ts';
import type { Clock } from './ids.ts';
import { changeItem, holds, pendingShard, staleItems } from './table.ts';

/** A person some of whose photos wait to be described. */
export interface Waiting {
  user_id: string;
  /** When a photo last began to wait. */
  waiting_at: string;
}

/** Purchases that are remembered: the SDK repeats a write within seconds, and hardly any other falls into its slot meanwhile. */
const SLOTS = 16;
const NOTED_AGAIN_MS = 3_600_000;

/**
 * What a person's photos have cost this month: the `SPENDING` item. Each purchase is added by one conditional write that leaves its mark,
 * so that a write which is repeated adds nothing. The `WAITING` item says that some of their photos wait for a budget.
 */
export function createSpendings(table: DynamoDBDocumentClient, tableName: string, clock: Clock) {
  const spendingKey = (userId: string) => ({ user_id: userId, sk: 'SPENDING' });
  const waitingKey = (userId: string) => ({ user_id: userId, sk: 'WAITING' });

  async function read(userId: string): Promise<Record<string, unknown>> {
    const answer = await table.send(
      new GetCommand({ TableName: tableName, Key: spendingKey(userId), ConsistentRead: true }),
    );
    return answer.Item ?? {};
  }

  /** Adds to the month the item is in, which is not older than `month`. */
  function add(userId: string, month: string, slot: string, purchaseId: string, microUsd: number): Promise<boolean> {
    return holds(
      table.send(
        new UpdateCommand({
          TableName: tableName,
          Key: spendingKey(userId),
          UpdateExpression: 'SET microusd = microusd + :cost, marks.#slot = :id',
          ConditionExpression: '#month >= :month AND (attribute_not_exists(marks.#slot) OR marks.#slot <> :id)',
          ExpressionAttributeNames: { '#month': 'month', '#slot': slot },
          ExpressionAttributeValues: { ':cost': microUsd, ':id': purchaseId, ':month': month },
        }),
      ),
    );
  }

  return {
    /** Micro-dollars spent in this calendar month (UTC), every purchase that was counted included. */
    async thisMonth(userId: string): Promise<number> {
      const { month, microusd } = await read(userId);
      return month === monthOf(clock()) ? Number(microusd) : 0;
    },

    /** Counts a purchase, once. `purchaseId` is its own. */
    async count(userId: string, purchaseId: string, microUsd: number): Promise<void> {
      const slot = `s${(createHash('sha256').update(purchaseId).digest()[0] ?? 0) % SLOTS}`;
      const month = monthOf(clock());
      for (;;) {
        if (await add(userId, month, slot, purchaseId, microUsd)) return;
        const { month: known, marks } = await read(userId);
        if ((marks as Record<string, string> | undefined)?.[slot] === purchaseId) return;
        if (typeof known === 'string' && known >= month) continue;
        const begun = await changeItem(table, tableName, spendingKey(userId), {
          set: { month, microusd: microUsd, marks: { [slot]: purchaseId } },
          condition: {
            expression: 'attribute_not_exists(#month) OR #month < :this',
            names: { '#month': 'month' },
            values: { ':this': month },
          },
        });
        if (begun) return;
      }
    },

    /** Notes that a photo is about to wait, for sweep to find whose. */
    async noteWaiting(userId: string): Promise<void> {
      const now = clock();
      await changeItem(table, tableName, waitingKey(userId), {
        set: { waiting_at: now.toISOString(), shard: pendingShard('waiting', userId), since: now.toISOString() },
        condition: {
          expression: 'attribute_not_exists(waiting_at) OR waiting_at < :lately',
          values: { ':lately': new Date(now.getTime() - NOTED_AGAIN_MS).toISOString() },
        },
      });
    },

    /** People who have photos that wait and have not been looked after since `before`. */
    waiting: (before: Date) =>
      staleItems(table, tableName, { kind: 'waiting', before }) as AsyncGenerator<unknown> as AsyncGenerator<Waiting>,

    /** Looked after: not again before `until`, and a usual time after it. */
    async lookAgain({ user_id }: Waiting, until: Date): Promise<void> {
      await changeItem(table, tableName, waitingKey(user_id), {
        set: { since: until.toISOString() },
        condition: { expression: 'attribute_exists(sk)' },
      });
    },

    /** None waits any more, unless one has begun to since. */
    async noneWaits({ user_id, waiting_at }: Waiting): Promise<void> {
      await changeItem(table, tableName, waitingKey(user_id), {
        remove: ['shard', 'since', 'waiting_at'],
        condition: { expression: 'waiting_at = :seen', values: { ':seen': waiting_at } },
      });
    },
  };
}
export type Spendings = ReturnType<typeof createSpendings>;
