import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { holds } from '../table.ts';

/** What the table of keys holds of a user. */
export interface StoredKey {
  wrapped: Uint8Array;
  /** ISO 8601. */
  created_at: string;
}

/** Seconds a tombstone stays: by then nothing of its user that began before has been under way for weeks. */
const TOMBSTONE_S = 30 * 86_400;

/** The table of wrapped keys: one item for each user. Once a key is erased, it says so in its place until nobody can ask any more. */
export function createKeyItems(table: DynamoDBDocumentClient, tableName: string) {
  return {
    async get(userId: string): Promise<StoredKey | 'erased' | null> {
      const { Item } = await table.send(
        new GetCommand({ TableName: tableName, Key: { user_id: userId }, ConsistentRead: true }),
      );
      if (!Item) return null;
      return Item.erased_at === undefined ? { wrapped: Item.wrapped, created_at: Item.created_at } : 'erased';
    },

    /** Of several that are put at a time, one is; `false` for the others. */
    put(userId: string, key: StoredKey): Promise<boolean> {
      const put = new PutCommand({
        TableName: tableName,
        Item: { user_id: userId, ...key },
        ConditionExpression: 'attribute_not_exists(user_id)',
      });
      return holds(table.send(put));
    },

    /** Leaves a tombstone in place of the key, whether there was one or not. */
    async erase(userId: string, at: Date): Promise<void> {
      const expires = Math.ceil(at.getTime() / 1000) + TOMBSTONE_S;
      const Item = { user_id: userId, erased_at: at.toISOString(), expires };
      await table.send(new PutCommand({ TableName: tableName, Item }));
    },
  };
}
export type KeyItems = ReturnType<typeof createKeyItems>;
