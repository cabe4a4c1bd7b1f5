import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
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

    /**
     * Tallies whose key begins with `prefix`, in the order of keys or in the opposite one, behind the key `after` (which need not be
     * there): `limit` at the most, with the keys' rests behind the prefix.
     */
    async page(
      userId: string,
      prefix: string,
      { after, limit, backwards = false }: { after?: string | undefined; limit: number; backwards?: boolean },
    ): Promise<{ items: { key: string; rest: string; sums: Sums }[]; more: boolean }> {
      const items: { key: string; rest: string; sums: Sums }[] = [];
      const start = PREFIX + prefix;
      let from = after === undefined ? undefined : { user_id: userId, sk: start + after };
      do {
        const answer = await table.send(
          new QueryCommand({
            TableName: tableName,
            KeyConditionExpression: 'user_id = :user AND begins_with(sk, :prefix)',
            ExpressionAttributeValues: { ':user': userId, ':prefix': start },
            ConsistentRead: true,
            ScanIndexForward: !backwards,
            ExclusiveStartKey: from,
            Limit: limit + 1 - items.length,
          }),
        );
        for (const { sk, sums } of answer.Items ?? [])
          items.push({
            key: String(sk).slice(PREFIX.length),
            rest: String(sk).slice(start.length),
            sums: sums as Sums,
          });
        from = answer.LastEvaluatedKey as typeof from;
      } while (from && items.length <= limit);
      return { items: items.slice(0, limit), more: items.length > limit };
    },

    /** Every tally whose key begins with `prefix`, in the order of keys. */
    async below(userId: string, prefix: string): Promise<Map<string, Sums>> {
      return byKey(await Array.fromAsync(itemsBelow(table, tableName, { userId, prefix: `${PREFIX}${prefix}` })));
    },
  };
}
export type Tallies = ReturnType<typeof createTallies>;
