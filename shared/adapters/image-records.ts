import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { ImageRecord, ImageStatus, Stage, StageName } from '../domain/image.ts';
import type { Clock } from './ids.ts';
import { ALIVE, and } from './image-conditions.ts';
import { type Change, type Condition, changeItem, pendingShard } from './table.ts';

export interface ImageKey {
  userId: string;
  imageId: string;
}

export const sk = (imageId: string) => `IMAGE#${imageId}`;
export const itemKey = ({ userId, imageId }: ImageKey) => ({ user_id: userId, sk: sk(imageId) });

/** Is told what a write has ended, once: the run whose write it was tells. */
export interface ImageObserver {
  photoEnded(record: ImageRecord): void;
  stageEnded(name: StageName, stage: Stage): void;
}

const UNOBSERVED: ImageObserver = { photoEnded: () => {}, stageEnded: () => {} };

/** What every write to an image record is made of: read, change under a condition, end. */
export function createImageRecords(
  table: DynamoDBDocumentClient,
  tableName: string,
  clock: Clock,
  observer: ImageObserver = UNOBSERVED,
) {
  const now = () => clock().toISOString();

  function change(key: ImageKey, { set, ...rest }: Change): Promise<ImageRecord | null> {
    const changed = { ...rest, set: { ...set, updated_at: now() } };
    return changeItem(table, tableName, itemKey(key), changed) as Promise<ImageRecord | null>;
  }

  /** The owner's record, also while it is being erased (`deleted_at` set); `null` where there is none. */
  async function get(key: ImageKey): Promise<ImageRecord | null> {
    const answer = await table.send(new GetCommand({ TableName: tableName, Key: itemKey(key), ConsistentRead: true }));
    return (answer.Item as ImageRecord | undefined) ?? null;
  }

  /** Sets the terminal status. The record stays on the list of what is under way until what is derived from it has followed. */
  async function end(key: ImageKey, status: ImageStatus, record: Partial<ImageRecord>, condition: Condition) {
    const underWay = { shard: pendingShard('image', key.imageId), since: now() };
    const ended = await change(key, { set: { ...record, status, ...underWay }, condition: and(ALIVE, condition) });
    if (ended) observer.photoEnded(ended);
    return ended;
  }

  return { table, tableName, clock, observer, now, get, change, end };
}
export type ImageRecords = ReturnType<typeof createImageRecords>;
