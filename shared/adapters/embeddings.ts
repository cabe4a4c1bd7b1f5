import { DeleteCommand, type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { decodeVector, encodeVector } from '../domain/clustering/vectors.ts';
import { itemsBelow, itemsByKey } from './table.ts';

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
      const keys = imageIds.map((imageId) => ({ user_id: userId, sk: sk(imageId) }));
      const items = await itemsByKey(table, tableName, keys, { consistent: true });
      return new Map(items.map((item) => [item.image_id as string, decodeVector(item.vector as Uint8Array)]));
    },

    /** Every embedding of a user, in pages as the table gives them: for jobs, never for a request. */
    async *all(userId: string): AsyncGenerator<{ image_id: string; vector: Float32Array }> {
      for await (const { image_id, vector } of itemsBelow(table, tableName, { userId, prefix: sk('') })) {
        yield { image_id: image_id as string, vector: decodeVector(vector as Uint8Array) };
      }
    },
  };
}
export type Embeddings = ReturnType<typeof createEmbeddings>;
