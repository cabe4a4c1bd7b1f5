import { DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { ImageRecord } from '../domain/image.ts';
import { ALIVE, and, statusIn } from './image-conditions.ts';
import { type ImageKey, type ImageRecords, itemKey, sk } from './image-records.ts';
import { holds, pendingShard } from './table.ts';

/** How a record comes into being before anything is done to its photo, and how it goes. */
export function createImageLife({ table, tableName, now, change, end }: ImageRecords) {
  return {
    /** Stores a new record; `false` where the id is taken. */
    create(record: ImageRecord): Promise<boolean> {
      const item = {
        ...record,
        sk: sk(record.image_id),
        shard: pendingShard('image', record.image_id),
        // Nothing is expected of an announced upload before its form has expired.
        since: record.status === 'awaiting_upload' ? record.upload_expires_at : record.updated_at,
      };
      return holds(
        table.send(
          new PutCommand({ TableName: tableName, Item: item, ConditionExpression: 'attribute_not_exists(sk)' }),
        ),
      );
    },

    /** Its bytes have been taken. `null` where ingest has already seen them, or the photo is gone. */
    queue(key: ImageKey): Promise<ImageRecord | null> {
      return change(key, {
        set: { status: 'queued', since: now() },
        condition: and(ALIVE, statusIn('awaiting_upload')),
      });
    },

    /** The upload never came. */
    expire(key: ImageKey): Promise<ImageRecord | null> {
      const error = {
        code: 'upload_expired',
        message: 'The upload form expired before any bytes arrived. Ask for a new one.',
      };
      return end(key, 'expired', { error }, statusIn('awaiting_upload'));
    },

    /** Hides a photo from its owner at once; `organize` erases it. `null` where there is none to hide. */
    markDeleted(key: ImageKey): Promise<ImageRecord | null> {
      const at = now();
      return change(key, {
        set: { deleted_at: at, shard: pendingShard('image', key.imageId), since: at },
        condition: ALIVE,
      });
    },

    /** As `markDeleted`, of a photo that lies in the trash since just then. `null` where it was restored, or is gone. */
    purge(key: ImageKey, { trashed_at = '' }: Pick<ImageRecord, 'trashed_at'>): Promise<ImageRecord | null> {
      const at = now();
      const lies = { expression: 'trashed_at = :trashed_at', values: { ':trashed_at': trashed_at } };
      const set = { deleted_at: at, shard: pendingShard('image', key.imageId), since: at };
      return change(key, { set, condition: and(ALIVE, lies) });
    },

    /** Removes the record itself: the last step of erasing a photo. */
    async erase(key: ImageKey): Promise<void> {
      await table.send(new DeleteCommand({ TableName: tableName, Key: itemKey(key) }));
    },
  };
}
