import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Sums } from '../domain/tallies.ts';
import { itemsBelow, itemsByKey } from './table.ts';

const PREFIX = 'TALLY#';
/** Behind whatever text a key goes on with. */
const LAST = '\uffff';

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

    /**
     * Tallies whose key begins with `prefix`, in the order of keys or (`backward`) in the opposite one, behind `after`, the rest of a key. A
     * page may be shorter than `limit` and still have a next one.
     */
    async page(
      userId: string,
      prefix: string,
      { after, backward = false, limit }: { after?: string | undefined; backward?: boolean; limit: number },
    ): Promise<{ items: { key: string; sums: Sums }[]; more: boolean }> {
      const all = `${PREFIX}${prefix}`;
      const low = backward || after === undefined ? all : `${all}${after}\0`;
      const high = backward && after !== undefined ? `${all}${after}` : `${all}${LAST}`;
      const answer = await table.send(
        new QueryCommand({
          TableName: tableName,
          KeyConditionExpression: 'user_id = :user AND sk BETWEEN :low AND :high',
          ExpressionAttributeValues: { ':user': userId, ':low': low, ':high': high },
          ConsistentRead: true,
          ScanIndexForward: !backward,
          // One tells whether more follow, one may be that which is gone on from.
          Limit: limit + 2,
        }),
      );
      const items = (answer.Items ?? []).filter(({ sk }) => sk !== high);
      const tallies = items.map(({ sk, sums }) => ({ key: String(sk).slice(PREFIX.length), sums: sums as Sums }));
      return { items: tallies.slice(0, limit), more: tallies.length > limit || answer.LastEvaluatedKey !== undefined };
    },

    /** Every tally whose key begins with `prefix`, in the order of keys. */
    async below(userId: string, prefix: string): Promise<Map<string, Sums>> {
      return byKey(await Array.fromAsync(itemsBelow(table, tableName, { userId, prefix: `${PREFIX}${prefix}` })));
    },
  };
}
export type Tallies = ReturnType<typeof createTallies>;
