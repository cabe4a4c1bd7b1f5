import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { ImageRecord, ImageStatus } from '../domain/image.ts';
import { type ImageKey, type ImageRecords, sk } from './image-records.ts';
import { itemsByKey, only } from './table.ts';

interface ImagePage<Field extends keyof ImageRecord = keyof ImageRecord> {
  items: Pick<ImageRecord, Field>[];
  /** Pass as `cursor` for the next page; `null` at the end. */
  nextCursor: string | null;
}

interface ImageListing<Field extends keyof ImageRecord = keyof ImageRecord> {
  /** What is read of each record; all of it where absent. */
  fields?: readonly Field[];
  limit: number;
  cursor?: string | undefined;
  page?: number | undefined;
  status?: ImageStatus | undefined;
  /** Only the archived ones, or only the others; both where absent. */
  archived?: boolean | undefined;
  /** Those in the trash as well. */
  trashed?: boolean;
}

/** How many records one request may read while looking for those that match a filter. */
const FILTER_READ_BOUND = 1000;
/** What a listing itself looks at. */
const LISTED_BY = ['image_id', 'status', 'archived', 'trashed_at', 'deleted_at'] as const;

/** Reading records: one, some by id, and a person's, newest first. */
export function createImageReading({ table, tableName, get }: ImageRecords) {
  return {
    get,

    /** As `get`, but `null` for a record that is being erased: what its owner may see. */
    async getVisible(key: ImageKey): Promise<ImageRecord | null> {
      const record = await get(key);
      return record?.deleted_at ? null : record;
    },

    /**
     * Records by id, in no particular order; missing ones are left out, and so are those being erased unless
     * `erasing`. `consistent` sees every write that has been answered.
     */
    async getMany(
      userId: string,
      imageIds: readonly string[],
      { consistent = false, erasing = false } = {},
    ): Promise<ImageRecord[]> {
      const keys = imageIds.map((imageId) => ({ user_id: userId, sk: sk(imageId) }));
      const records = (await itemsByKey(table, tableName, keys, { consistent })) as unknown as ImageRecord[];
      return erasing ? records : records.filter((record) => !record.deleted_at);
    },

    /**
     * Newest first. A page may be shorter than `limit` and still have a next one: reading under a filter is bounded. `page` counts
     * from 1, and reads all that lies before it.
     */
    async list<Field extends keyof ImageRecord = keyof ImageRecord>(
      userId: string,
      { fields, limit, cursor, page: number = 1, status, archived, trashed = false }: ImageListing<Field>,
    ): Promise<ImagePage<Field | 'image_id'>> {
      const filtered = status !== undefined || archived === true;
      const matches = (record: ImageRecord) =>
        !record.deleted_at &&
        (trashed || !record.trashed_at) &&
        (status === undefined || record.status === status) &&
        (archived === undefined || (record.archived ?? false) === archived);
      const projection = fields && only([...LISTED_BY, ...fields]);
      const items: ImageRecord[] = [];
      let skip = (number - 1) * limit;
      let start = cursor === undefined ? undefined : { user_id: userId, sk: sk(cursor) };
      for (let read = 0; read < FILTER_READ_BOUND + (number - 1) * limit; ) {
        const answer = await table.send(
          new QueryCommand({
            TableName: tableName,
            KeyConditionExpression: 'user_id = :user AND begins_with(sk, :prefix)',
            ExpressionAttributeValues: { ':user': userId, ':prefix': 'IMAGE#' },
            ...projection,
            ScanIndexForward: false,
            ExclusiveStartKey: start,
            // One more than asked for tells whether there is a next page.
            Limit: filtered ? 100 : limit + 1,
          }),
        );
        const page = (answer.Items ?? []) as ImageRecord[];
        for (const record of page) {
          if (!matches(record)) continue;
          if (skip > 0) {
            skip -= 1;
            continue;
          }
          if (items.length === limit) return { items, nextCursor: items.at(-1)?.image_id ?? null };
          items.push(record);
        }
        read += page.length;
        start = answer.LastEvaluatedKey as typeof start;
        if (!start) return { items, nextCursor: null };
      }
      return { items, nextCursor: start ? start.sk.slice(sk('').length) : null };
    },
  };
}
