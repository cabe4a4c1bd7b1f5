import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type FaceAssignment, type ImageRecord, isTerminal } from '../domain/image.ts';
import type { Clock } from './ids.ts';
import { ALIVE, and, unchangedSince } from './image-conditions.ts';
import { createImages, type ImageKey } from './images.ts';
import { changeItem, pendingShard } from './table.ts';

/** Each further try answers another change of the same record within milliseconds; more than this in a row means trouble. */
const MOST_TRIES = 30;

/** Whose the faces of photos are, as it stands on their records. */
export function createFaceAssignments(table: DynamoDBDocumentClient, tableName: string, clock: Clock) {
  const images = createImages(table, tableName, clock);

  return {
    /**
     * Changes the faces of a photo by one conditional write, tried again with the record as it is by then. The photo goes back on the
     * list of what is under way, until what is derived from it has followed.
     * @param decide the faces as they are to be; `null`: as they are; `'none'`: none were ever looked for.
     * @returns whether they changed, and the record as it is then; `null` where it is gone.
     */
    async change(
      key: ImageKey,
      decide: (record: ImageRecord) => FaceAssignment[] | 'none' | null,
    ): Promise<{ changed: boolean; record: ImageRecord } | null> {
      for (let tries = 0; tries < MOST_TRIES; tries += 1) {
        const seen = await images.get(key);
        if (!seen || seen.deleted_at) return null;
        const faces = decide(seen);
        if (faces === null) return { changed: false, record: seen };
        const at = clock().toISOString();
        const underWay = isTerminal(seen.status) ? { shard: pendingShard('image', key.imageId), since: at } : {};
        const said = { edit_revision: (seen.edit_revision ?? 0) + 1, updated_at: at };
        const record = await changeItem(
          table,
          tableName,
          { user_id: key.userId, sk: `IMAGE#${key.imageId}` },
          {
            set: { ...said, ...underWay, ...(faces !== 'none' && { faces }) },
            remove: faces === 'none' ? ['faces'] : [],
            condition: and(ALIVE, unchangedSince(seen)),
          },
        );
        if (record) return { changed: true, record: record as unknown as ImageRecord };
      }
      throw new Error(
        `The image changed ${MOST_TRIES} times while its faces were; expected a quieter moment, try again`,
      );
    },
  };
}
export type FaceAssignments = ReturnType<typeof createFaceAssignments>;
