import { DeleteCommand, type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Clock } from './ids.ts';

/** Milliseconds for which it is kept: nobody waits longer. */
const LIFETIME_MS = 86_400_000;

/** The `REBUILT` item: which part of a rebuilding of a user's derived data was done last, for whoever has asked for it. */
export function createRebuilt(table: DynamoDBDocumentClient, tableName: string, clock: Clock) {
  const key = (userId: string) => ({ user_id: userId, sk: 'REBUILT' });

  return {
    async note(userId: string, event_id: string): Promise<void> {
      const expires = Math.floor((clock().getTime() + LIFETIME_MS) / 1000);
      await table.send(new PutCommand({ TableName: tableName, Item: { ...key(userId), event_id, expires } }));
    },

    /** The event id of that part; `null` where none is known. */
    async last(userId: string): Promise<string | null> {
      const answer = await table.send(new GetCommand({ TableName: tableName, Key: key(userId), ConsistentRead: true }));
      return (answer.Item?.event_id as string | undefined) ?? null;
    },

    async forget(userId: string): Promise<void> {
      await table.send(new DeleteCommand({ TableName: tableName, Key: key(userId) }));
    },
  };
}
export type Rebuilt = ReturnType<typeof createRebuilt>;
