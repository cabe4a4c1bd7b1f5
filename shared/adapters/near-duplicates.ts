import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { listOf } from '../domain/search/postings.ts';
import { writeItems } from './batch-write.ts';
import { createPostings } from './postings.ts';
import { itemsBelow } from './table.ts';

/** Newest photos looked at in one list of hashes: a list holds about one in 800 of the gallery. */
const MOST_IN_A_LIST = 500;

/** What is known of one photo's neighbour: bits their hashes differ in, and whether it is the better one of the two. */
export interface Neighbour {
  distance: number;
  better: boolean;
}

/** `NEAR#{image_id}#{other_id}` {distance, better}: pairs of photos that look the same, in both directions. Written by `organize` alone. */
export function createNearDuplicates(table: DynamoDBDocumentClient, tableName: string) {
  const postings = createPostings(table, tableName);
  const prefix = (imageId: string) => `NEAR#${imageId}#`;
  const pair = (userId: string, from: string, to: string) => ({ user_id: userId, sk: `${prefix(from)}${to}` });

  return {
    /** A photo's neighbours and how many bits their hashes differ in. Organize keeps 50 for one photo at the most. */
    async neighbours(userId: string, imageId: string): Promise<Map<string, number>> {
      const own = prefix(imageId);
      const found = new Map<string, number>();
      for await (const { sk, distance } of itemsBelow(table, tableName, { userId, prefix: own, consistent: true })) {
        found.set(String(sk).slice(own.length), Number(distance));
      }
      return found;
    },

    /** Whether one of its neighbours is better than this photo. */
    async isOutdone(userId: string, imageId: string): Promise<boolean> {
      const pairs = itemsBelow(table, tableName, { userId, prefix: prefix(imageId), consistent: true });
      for await (const { better } of pairs) if (better) return true;
      return false;
    },

    /** Ids and hashes of the photos in these lists of hashes. */
    async hashed(userId: string, bands: readonly string[]): Promise<Map<string, string>> {
      const lists = await Promise.all(
        bands.map((band) => postings.newest(userId, listOf.phash(band), { limit: MOST_IN_A_LIST })),
      );
      return new Map(lists.flat().map(({ image_id, phash = '' }) => [image_id, phash]));
    },

    /**
     * Adds and removes neighbours. A photo's own direction is there for as long as the other one is: whoever dies between the
     * two, the photo's next look finds what to remove.
     */
    async change(
      userId: string,
      imageId: string,
      { added, removed }: { added: ReadonlyMap<string, Neighbour>; removed: readonly string[] },
    ): Promise<void> {
      await writeItems(table, tableName, { deletes: removed.map((other) => pair(userId, other, imageId)) });
      await writeItems(table, tableName, {
        puts: [...added].map(([other, known]) => ({ ...pair(userId, imageId, other), ...known })),
        deletes: removed.map((other) => pair(userId, imageId, other)),
      });
      await writeItems(table, tableName, {
        puts: [...added].map(([other, { distance, better }]) => ({
          ...pair(userId, other, imageId),
          distance,
          better: !better,
        })),
      });
    },
  };
}
export type NearDuplicates = ReturnType<typeof createNearDuplicates>;
