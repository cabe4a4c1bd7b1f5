import { DeleteCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { decodeVector, encodeVector } from '../domain/clustering/vectors.ts';
import { changeItem, holds, itemsBelow, itemsByKey } from './table.ts';

/** An embedding that clusters know of. */
export interface PlacedEmbedding {
  /** The one that was, or is about to be, added to a centroid. */
  vector: Float32Array;
  /** The one that a later run of `describe` has made, and that is to take its place. */
  next: Float32Array | null;
  /** Where `vector` went when it took another's place, and in which generation of the photo that was. */
  moved: Moved | null;
}
interface Moved {
  cluster_id: string | null;
  generation: number;
}

/**
 * `VECTOR#` items: each photo's embedding, 512 × float32 little-endian (2 KB): what re-clustering reads and the vector index is rebuilt
 * from. `describe` puts them, `organize` places them; one that has been placed is a part of a centroid, and stays until organize has
 * taken it out of there.
 */
export function createEmbeddings(table: DynamoDBDocumentClient, tableName: string) {
  const sk = (imageId: string) => `VECTOR#${imageId}`;
  const keyOf = (userId: string, imageId: string) => ({ user_id: userId, sk: sk(imageId) });
  const UNPLACED = { expression: 'attribute_not_exists(placed)' };

  return {
    /** Stores an embedding: in the place of one that no cluster knows yet, or beside the one that is a part of a centroid. */
    async put(userId: string, imageId: string, vector: Float32Array): Promise<void> {
      const key = keyOf(userId, imageId);
      const bytes = encodeVector(vector);
      const first = { image_id: imageId, vector: bytes };
      if (await changeItem(table, tableName, key, { set: first, condition: UNPLACED })) return;
      const values = { ':vector': bytes };
      const differs = { expression: 'vector <> :vector', values };
      if (await changeItem(table, tableName, key, { set: { next: bytes }, condition: differs })) return;
      await changeItem(table, tableName, key, {
        remove: ['next'],
        condition: { expression: 'vector = :vector', values },
      });
    },

    /** Removes the embedding of a photo that is gone, unless a cluster knows it: then erasing the photo has to find it. */
    async remove(userId: string, imageId: string): Promise<void> {
      await holds(
        table.send(
          new DeleteCommand({
            TableName: tableName,
            Key: keyOf(userId, imageId),
            ConditionExpression: UNPLACED.expression,
          }),
        ),
      );
    },

    /** Removes it in any case. */
    async erase(userId: string, imageId: string): Promise<void> {
      await table.send(new DeleteCommand({ TableName: tableName, Key: keyOf(userId, imageId) }));
    },

    /** Marks an embedding as placed and answers it; `null` where there is none. From then on `put` does not replace it. */
    async take(userId: string, imageId: string): Promise<PlacedEmbedding | null> {
      const item = await changeItem(table, tableName, keyOf(userId, imageId), {
        set: { placed: true },
        remove: ['aside'],
        condition: { expression: 'attribute_exists(vector)' },
      });
      if (!item) return null;
      const next = item.next as Uint8Array | undefined;
      return {
        vector: decodeVector(item.vector as Uint8Array),
        next: next ? decodeVector(next) : null,
        moved: (item.moved as Moved | undefined) ?? null,
      };
    },

    /** Keeps an embedding apart from all others until it is taken again; answers it, `null` where there is none. */
    async setAside(userId: string, imageId: string): Promise<Float32Array | null> {
      const item = await changeItem(table, tableName, keyOf(userId, imageId), {
        set: { placed: true, aside: true },
        condition: { expression: 'attribute_exists(vector)' },
      });
      return item && decodeVector(item.vector as Uint8Array);
    },

    /** Notes that the next embedding has taken the place of the one before; one that came meanwhile stays beside it. */
    async promote(userId: string, imageId: string, next: Float32Array, moved: Moved): Promise<void> {
      const key = keyOf(userId, imageId);
      const bytes = encodeVector(next);
      const set = { vector: bytes, moved };
      const same = { expression: '#next = :next', names: { '#next': 'next' }, values: { ':next': bytes } };
      if (await changeItem(table, tableName, key, { set, remove: ['next'], condition: same })) return;
      await changeItem(table, tableName, key, { set, condition: { expression: 'attribute_exists(vector)' } });
    },

    /** The embeddings of images; those that have none are left out. */
    async getMany(userId: string, imageIds: readonly string[]): Promise<Map<string, Float32Array>> {
      const keys = imageIds.map((imageId) => keyOf(userId, imageId));
      const items = await itemsByKey(table, tableName, keys, { consistent: true });
      return new Map(items.map((item) => [item.image_id as string, decodeVector(item.vector as Uint8Array)]));
    },

    /** Every embedding of a user that is not set aside, in pages as the table gives them: for jobs, never for a request. */
    async *all(userId: string): AsyncGenerator<{ image_id: string; vector: Float32Array }> {
      for await (const { image_id, vector, aside } of itemsBelow(table, tableName, { userId, prefix: sk('') })) {
        if (!aside) yield { image_id: image_id as string, vector: decodeVector(vector as Uint8Array) };
      }
    },
  };
}
export type Embeddings = ReturnType<typeof createEmbeddings>;
