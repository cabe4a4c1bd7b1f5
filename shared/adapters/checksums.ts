import { DeleteCommand, type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { holds } from './table.ts';

/** The exact-duplicate guard: which of a user's images owns these very bytes. Claimed once the original is safe. */
export function createChecksums(table: DynamoDBDocumentClient, tableName: string) {
  const key = (userId: string, sha256: string) => ({ user_id: userId, sk: `CHECKSUM#${sha256}` });

  return {
    async owner(userId: string, sha256: string): Promise<string | null> {
      const answer = await table.send(
        new GetCommand({ TableName: tableName, Key: key(userId, sha256), ConsistentRead: true }),
      );
      return (answer.Item?.image_id as string | undefined) ?? null;
    },

    /** Claims the bytes for `imageId`, from nobody or from `from` (an owner found to be gone). `false` where another owns them. */
    claim(userId: string, sha256: string, imageId: string, from: string = imageId): Promise<boolean> {
      return holds(
        table.send(
          new PutCommand({
            TableName: tableName,
            Item: { ...key(userId, sha256), image_id: imageId },
            ConditionExpression: 'attribute_not_exists(sk) OR image_id IN (:self, :from)',
            ExpressionAttributeValues: { ':self': imageId, ':from': from },
          }),
        ),
      );
    },

    /** Gives the bytes free, where `imageId` owns them. */
    release(userId: string, sha256: string, imageId: string): Promise<boolean> {
      return holds(
        table.send(
          new DeleteCommand({
            TableName: tableName,
            Key: key(userId, sha256),
            ConditionExpression: 'image_id = :self',
            ExpressionAttributeValues: { ':self': imageId },
          }),
        ),
      );
    },
  };
}
export type Checksums = ReturnType<typeof createChecksums>;
