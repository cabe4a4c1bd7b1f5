import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Summary } from '../domain/summary.ts';

export interface StoredSummary extends Summary {
  version: number;
  updated_at: string;
}

/** The `SUMMARY` item: a user's counters, absolute values under a version. Written by `organize` alone. */
export function createSummaries(table: DynamoDBDocumentClient, tableName: string) {
  const key = (userId: string) => ({ user_id: userId, sk: 'SUMMARY' });

  return {
    /** `null` where none of the user's photos has ended yet. */
    async get(userId: string, { consistent = false } = {}): Promise<StoredSummary | null> {
      const answer = await table.send(
        new GetCommand({ TableName: tableName, Key: key(userId), ConsistentRead: consistent }),
      );
      return (answer.Item as StoredSummary | undefined) ?? null;
    },

    /** Writes a version over the one before it, or over itself. Throws where another has been written meanwhile. */
    async put(userId: string, summary: StoredSummary): Promise<void> {
      await table.send(
        new PutCommand({
          TableName: tableName,
          Item: { ...summary, ...key(userId) },
          ConditionExpression: 'attribute_not_exists(sk) OR version IN (:before, :this)',
          ExpressionAttributeValues: { ':before': summary.version - 1, ':this': summary.version },
        }),
      );
    },
  };
}
export type Summaries = ReturnType<typeof createSummaries>;
