import {
  BatchGetCommand,
  DeleteCommand,
  type DynamoDBDocumentClient,
  PutCommand,
  QueryCommand,
} from '@aws-sdk/lib-dynamodb';
import { decodeVector, encodeVector } from '../domain/clustering/vectors.ts';

/** `VECTOR#` items: each photo's embedding, 512 × float32 little-endian (2 KB): what re-clustering reads and the vector index is rebuilt from. */
export function createEmbeddings(table: DynamoDBDocumentClient, tableName: string) {
  const sk = (imageId: string) => `VECTOR#${imageId}`;

  return {
    async put(userId: string, imageId: string, vector: Float32Array): Promise<void> {
      const Item = { user_id: userId, sk: sk(imageId), image_id: imageId, vector: encodeVector(vector) };
      await table.send(new PutCommand({ TableName: tableName, Item }));
    },

    async remove(userId: string, imageId: string): Promise<void> {
      await table.send(new DeleteCommand({ TableName: tableName, Key: { user_id: userId, sk: sk(imageId) } }));
    },

    /** The embeddings of up to 100 images; those that have none are left out. */
    async getMany(userId: string, imageIds: readonly string[]): Promise<Map<string, Float32Array>> {
      const found = new Map<string, Float32Array>();
      let keys = [...new Set(imageIds)].map((imageId) => ({ user_id: userId, sk: sk(imageId) }));
      while (keys.length > 0) {
        const answer = await table.send(
          new BatchGetCommand({ RequestItems: { [tableName]: { Keys: keys, ConsistentRead: true } } }),
        );
        for (const item of answer.Responses?.[tableName] ?? []) found.set(item.image_id, decodeVector(item.vector));
        keys = (answer.UnprocessedKeys?.[tableName]?.Keys ?? []) as typeof keys;
      }
      return found;
    },

    /** Every embedding of a user, in pages as the table gives them: for jobs, never for a request. */
    async *all(userId: string): AsyncGenerator<{ image_id: string; vector: Float32Array }> {
      let start: Record<string, unknown> | undefined;
      do {
        const answer = await table.send(
          new QueryCommand({
            TableName: tableName,
            KeyConditionExpression: 'user_id = :user AND begins_with(sk, :prefix)',
            ExpressionAttributeValues: { ':user': userId, ':prefix': sk('') },
            ExclusiveStartKey: start,
          }),
        );
        for (const item of answer.Items ?? []) yield { image_id: item.image_id, vector: decodeVector(item.vector) };
        start = answer.LastEvaluatedKey;
      } while (start);
    },
  };
}
export type Embeddings = ReturnType<typeof createEmbeddings>;
