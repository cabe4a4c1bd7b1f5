import { type DynamoDBDocumentClient, QueryCommand, type QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import type { EventInterval, TimelinePhoto } from '../domain/albums/events.ts';
import { itemsBelow } from './table.ts';

const EVENT = 'EVENT#';
const TAKEN = 'TAKEN#';
/** Before and behind every key: they begin with a year. */
const FIRST = '0';
const LAST = '~';
/** Postings read at once where photos are counted. */
const COUNTED_AT_ONCE = 1_000;

interface Range {
  low: string;
  high: string;
}

/**
 * `EVENT#{start}` items: runs of photos, and `TAKEN#` postings, the photos in the order they were taken, as `organize` reads them. It
 * writes them under its journal, so that once that is closed they agree.
 */
export function createEvents(table: DynamoDBDocumentClient, tableName: string) {
  async function query(userId: string, { low, high }: Range, options: Partial<QueryCommandInput>) {
    if (low > high) return { items: [], count: 0, more: false };
    const answer = await table.send(
      new QueryCommand({
        TableName: tableName,
        KeyConditionExpression: 'user_id = :user AND sk BETWEEN :low AND :high',
        ExpressionAttributeValues: { ':user': userId, ':low': low, ':high': high },
        ConsistentRead: true,
        ...options,
      }),
    );
    return { items: answer.Items ?? [], count: answer.Count ?? 0, more: answer.LastEvaluatedKey !== undefined, answer };
  }

  return {
    /** Photos before a key, latest first, or behind it, earliest first. */
    async photos(
      userId: string,
      from: { before: string } | { after: string },
      limit: number,
    ): Promise<TimelinePhoto[]> {
      const back = 'before' in from;
      const range = back
        ? { low: TAKEN + FIRST, high: TAKEN + from.before }
        : { low: `${TAKEN}${from.after}\0`, high: TAKEN + LAST };
      // The one at the key itself is of the range that ends there.
      const { items } = await query(userId, range, { ScanIndexForward: !back, Limit: limit + 1 });
      const photos = items.map(({ sk, lat, lon }) => ({ key: String(sk).slice(TAKEN.length), lat, lon }));
      return photos.filter(({ key }) => !back || key !== from.before).slice(0, limit);
    },

    /** Every photo in the order of taking: for counting anew, never for a request. */
    async *allPhotos(userId: string): AsyncGenerator<TimelinePhoto> {
      for await (const { sk, lat, lon } of itemsBelow(table, tableName, { userId, prefix: TAKEN, consistent: true }))
        yield { key: String(sk).slice(TAKEN.length), lat, lon } as TimelinePhoto;
    },

    /** What the first photos of a range of keys say of their places. */
    async places(
      userId: string,
      { start, end }: Pick<EventInterval, 'start' | 'end'>,
      limit: number,
    ): Promise<string[]> {
      const { items } = await query(userId, { low: TAKEN + start, high: TAKEN + end }, { Limit: limit });
      return items.flatMap(({ place }) => (place === undefined ? [] : [String(place)]));
    },

    /** Events in their order, behind the one that starts at `after`. */
    async page(
      userId: string,
      { after, limit }: { after?: string | undefined; limit: number },
    ): Promise<{ items: EventInterval[]; more: boolean }> {
      const range = { low: after === undefined ? EVENT + FIRST : `${EVENT}${after}\0`, high: EVENT + LAST };
      const { items, more } = await query(userId, range, { Limit: limit });
      return { items: items.map(asInterval), more };
    },

    /** The last events that start at or before a key, latest first. */
    async startingBy(userId: string, key: string, limit: number): Promise<EventInterval[]> {
      const range = { low: EVENT + FIRST, high: EVENT + key };
      const { items } = await query(userId, range, { ScanIndexForward: false, Limit: limit });
      return items.map(asInterval);
    },

    /**
     * How many of the `total` photos from `start` to `end` come before `key`. Read from both ends of the range towards the middle, until
     * the shorter part has been counted.
     */
    async countBefore(
      userId: string,
      { start, end }: Pick<EventInterval, 'start' | 'end'>,
      key: string,
      total: number,
    ) {
      const parts = [
        { low: TAKEN + start, high: TAKEN + key, counted: 0, from: undefined as Record<string, unknown> | undefined },
        { low: TAKEN + key, high: TAKEN + end, counted: 0, from: undefined as Record<string, unknown> | undefined },
      ];
      for (;;) {
        for (const [index, part] of parts.entries()) {
          const { items, more, answer } = await query(userId, part, {
            Limit: COUNTED_AT_ONCE,
            ExclusiveStartKey: part.from,
            ProjectionExpression: 'sk',
          });
          // The key itself belongs to the second part.
          part.counted += items.filter(({ sk }) => index === 1 || sk !== TAKEN + key).length;
          part.from = answer?.LastEvaluatedKey;
          if (!more) return index === 0 ? part.counted : total - part.counted;
        }
      }
    },
  };
}
export type Events = ReturnType<typeof createEvents>;

const asInterval = ({ start, end, count, album_id }: Record<string, unknown>): EventInterval => ({
  start: String(start),
  end: String(end),
  count: Number(count),
  album_id: String(album_id),
});

/** The item of an event. */
export const eventItem = (userId: string, { start, end, count, album_id }: EventInterval) => ({
  user_id: userId,
  sk: EVENT + start,
  start,
  end,
  count,
  album_id,
});
