import { createHash } from 'node:crypto';
import {
  ConflictException,
  CreateIndexCommand,
  DeleteIndexCommand,
  DeleteVectorsCommand,
  NotFoundException,
  PutVectorsCommand,
  QueryVectorsCommand,
  type S3VectorsClient,
} from '@aws-sdk/client-s3vectors';
import { DIMENSIONS } from '../domain/clustering/vectors.ts';

/** A user's index: names are lower-case, user ids are not, so the name is a digest. */
export const vectorIndexName = (userId: string) =>
  `u-${createHash('sha256').update(userId).digest('hex').slice(0, 40)}`;

/** The vector index of each user: made on the first write, rebuilt from `VECTOR#` items where lost. */
export function createVectors(client: S3VectorsClient, vectorBucketName: string) {
  const name = (userId: string) => ({ vectorBucketName, indexName: vectorIndexName(userId) });

  async function createIndex(userId: string): Promise<void> {
    try {
      await client.send(
        new CreateIndexCommand({
          ...name(userId),
          dataType: 'float32',
          dimension: DIMENSIONS,
          distanceMetric: 'cosine',
        }),
      );
    } catch (error) {
      // Someone else made it at the same moment.
      if (!(error instanceof ConflictException)) throw error;
    }
  }

  return {
    /** Writes or replaces one vector (512 × float32, unit length). */
    async put(userId: string, imageId: string, vector: Float32Array): Promise<void> {
      const write = () =>
        client.send(
          new PutVectorsCommand({
            ...name(userId),
            vectors: [{ key: imageId, data: { float32: Array.from(vector) } }],
          }),
        );
      try {
        await write();
      } catch (error) {
        if (!(error instanceof NotFoundException)) throw error;
        await createIndex(userId);
        await write();
      }
    },

    /** Removes vectors; removing what is not there is no error. */
    async remove(userId: string, imageIds: readonly string[]): Promise<void> {
      if (imageIds.length === 0) return;
      try {
        await client.send(new DeleteVectorsCommand({ ...name(userId), keys: [...imageIds] }));
      } catch (error) {
        if (!(error instanceof NotFoundException)) throw error;
      }
    },

    /** Removes a user's whole index; where there is none, that is no error. */
    async drop(userId: string): Promise<void> {
      try {
        await client.send(new DeleteIndexCommand(name(userId)));
      } catch (error) {
        if (!(error instanceof NotFoundException)) throw error;
      }
    },

    /** The nearest images, best first: similarity 1 is the same direction. At most 100. */
    async query(
      userId: string,
      vector: Float32Array,
      limit: number,
    ): Promise<{ image_id: string; similarity: number }[]> {
      try {
        const answer = await client.send(
          new QueryVectorsCommand({
            ...name(userId),
            queryVector: { float32: Array.from(vector) },
            topK: Math.min(100, limit),
            returnDistance: true,
          }),
        );
        return (answer.vectors ?? []).map((hit) => ({ image_id: hit.key ?? '', similarity: 1 - (hit.distance ?? 1) }));
      } catch (error) {
        if (error instanceof NotFoundException) return [];
        throw error;
      }
    },
  };
}
export type Vectors = ReturnType<typeof createVectors>;
