import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Sums } from '../domain/tallies.ts';
import { itemsBelow, itemsByKey } from './table.ts';

const PREFIX = 'TALLY#';

/** `TALLY#` items as requests read them: sums over a user's photos. Organize writes them. */
export function createTallies(table: DynamoDBDocumentClient, tableName: string) {
  const byKey = (items: readonly Record<string, unknown>[]) =>
    new Map(items.map(({ sk, sums }) => [String(sk).slice(PREFIX.length), sums as Sums]));

  return {
    /** The tallies of these keys; those nobody adds to are left out. */
    async get(userId: string, keys: readonly string[]): Promise<Map<string, Sums>> {
      const wanted = keys.map((key) => ({ user_id: userId, sk: `${PREFIX}${key}` }));
      return byKey(await itemsByKey(table, tableName, wanted));
    },

    /** Every tally whose key begins with `prefix`, in the order of keys. */
    async below(userId: string, prefix: string): Promise<Map<string, Sums>> {
      return byKey(await Array.fromAsync(itemsBelow(table, tableName, { userId, prefix: `${PREFIX}${prefix}` })));
    },
  };
}
export type Tallies = ReturnType<typeof createTallies>;
