import { DeleteCommand, type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { decodeVector, encodeVector } from '../domain/clustering/vectors.ts';
import type { Box } from '../domain/image.ts';
import { holds, itemsBelow, itemsByKey } from './table.ts';

/** Numbers that describe one face. */
export const DESCRIPTOR_LENGTH = 128;

/** A face as it was detected. */
export interface DetectedFace {
  /** Its number in the photo, from 0. */
  n: number;
  box: Box;
  /** How sure the detector is, 0–1. */
  score: number;
  /** 128 numbers, unit length: dot products are cosine similarities. */
  descriptor: Float32Array;
}

/** What the faces stage found in one photo. */
export interface DetectedFaces {
  image_id: string;
  /** The photo's generation it was found in. */
  generation: number;
  faces: DetectedFace[];
}

type StoredFace = Omit<DetectedFace, 'descriptor'> & { descriptor: Uint8Array };

/** `FACES#` items: the faces of each photo with their descriptors. The `faces` function puts them, `organize` finds out whose they are. */
export function createFaces(table: DynamoDBDocumentClient, tableName: string) {
  const keyOf = (userId: string, imageId: string) => ({ user_id: userId, sk: `FACES#${imageId}` });

  function restore(item: Record<string, unknown>): DetectedFaces {
    const { image_id, generation, faces } = item as unknown as Omit<DetectedFaces, 'faces'> & { faces: StoredFace[] };
    const found = faces.map(({ descriptor, ...face }) => ({
      ...face,
      descriptor: decodeVector(descriptor, DESCRIPTOR_LENGTH),
    }));
    return { image_id, generation, faces: found };
  }

  return {
    /** Stores what was found, in the place of what an earlier run found; `false` where a later round has stored something. */
    async put(userId: string, { image_id, generation, faces }: DetectedFaces): Promise<boolean> {
      const stored = faces.map(({ descriptor, ...face }) => ({ ...face, descriptor: encodeVector(descriptor) }));
      const Item = { ...keyOf(userId, image_id), image_id, generation, faces: stored };
      return holds(
        table.send(
          new PutCommand({
            TableName: tableName,
            Item,
            ConditionExpression: 'attribute_not_exists(sk) OR generation <= :generation',
            ExpressionAttributeValues: { ':generation': generation },
          }),
        ),
      );
    },

    /** What was found in photos, by id; nothing for those that were not looked at. */
    async getMany(userId: string, imageIds: readonly string[]): Promise<Map<string, DetectedFaces>> {
      const keys = imageIds.map((imageId) => keyOf(userId, imageId));
      const items = await itemsByKey(table, tableName, keys, { consistent: true });
      return new Map(items.map((item) => [item.image_id as string, restore(item)]));
    },

    /** All faces of a user: for jobs, never for a request. */
    async *all(userId: string): AsyncGenerator<DetectedFaces> {
      for await (const item of itemsBelow(table, tableName, { userId, prefix: 'FACES#' })) yield restore(item);
    },

    async erase(userId: string, imageId: string): Promise<void> {
      await table.send(new DeleteCommand({ TableName: tableName, Key: keyOf(userId, imageId) }));
    },
  };
}
export type Faces = ReturnType<typeof createFaces>;
