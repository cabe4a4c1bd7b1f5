import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { holds } from '../table.ts';

/** What the table of keys holds of a user. */
export interface StoredKey {
  wrapped: Uint8Array;
  /** Whether objects of this user may lie in the bucket that are older than the key and so not encrypted. */
  plain_before: boolean;
}

/** The table of wrapped keys: one item for each user, which is never taken away again. Once erased, it says so for good. */
export function createKeyItems(table: DynamoDBDocumentClient, tableName: string) {
  return {
    async get(userId: string): Promise<StoredKey | 'erased' | null> {
      const { Item } = await table.send(
        new GetCommand({ TableName: tableName, Key: { user_id: userId }, ConsistentRead: true }),
      );
      if (!Item) return null;
      return Item.erased_at === undefined ? { wrapped: Item.wrapped, plain_before: Item.plain_before } : 'erased';
    },

    /** Of several that are put at a time, one is; `false` for the others. */
    put(userId: string, key: StoredKey, at: Date): Promise<boolean> {
      const Item = { user_id: userId, ...key, created_at: at.toISOString() };
      const put = new PutCommand({
        TableName: tableName,
        Item,
        ConditionExpression: 'attribute_not_exists(user_id)',
      });
      return holds(table.send(put));
    },

    /** Leaves a tombstone in place of the key, whether there was one or not. */
    async erase(userId: string, at: Date): Promise<void> {
      await table.send(
        new PutCommand({ TableName: tableName, Item: { user_id: userId, erased_at: at.toISOString() } }),
      );
    },
  };
}
export type KeyItems = ReturnType<typeof createKeyItems>;
