import { DeleteCommand, type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Clock } from './ids.ts';

/** Milliseconds for which it is kept: nobody waits longer. */
const LIFETIME_MS = 86_400_000;

/** `REBUILT#` items: which parts of a rebuilding of a user's derived data are done, each for whoever has asked for it. */
export function createRebuilt(table: DynamoDBDocumentClient, tableName: string, clock: Clock) {
  const key = (userId: string, eventId: string) => ({ user_id: userId, sk: `REBUILT#${eventId}` });

  return {
    async note(userId: string, eventId: string): Promise<void> {
      const expires = Math.floor((clock().getTime() + LIFETIME_MS) / 1000);
      await table.send(new PutCommand({ TableName: tableName, Item: { ...key(userId, eventId), expires } }));
    },

    /** Whether that part is done. */
    async isNoted(userId: string, eventId: string): Promise<boolean> {
      const Key = key(userId, eventId);
      const answer = await table.send(new GetCommand({ TableName: tableName, Key, ConsistentRead: true }));
      return answer.Item !== undefined;
    },

    async forget(userId: string, eventId: string): Promise<void> {
      await table.send(new DeleteCommand({ TableName: tableName, Key: key(userId, eventId) }));
    },
  };
}
export type Rebuilt = ReturnType<typeof createRebuilt>;
