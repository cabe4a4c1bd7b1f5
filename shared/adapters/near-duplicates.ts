import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { listOf } from '../domain/search/postings.ts';
import { writeItems } from './batch-write.ts';

/** Newest photos looked at in one list of hashes: a list holds 1 in 256 of the gallery. */
const MOST_IN_A_LIST = 500;

/** `NEAR#{image_id}#{other_id}` {distance}: pairs of photos that look the same, in both directions. Written by `organize` alone. */
export function createNearDuplicates(table: DynamoDBDocumentClient, tableName: string) {
  const prefix = (imageId: string) => `NEAR#${imageId}#`;

  async function below(userId: string, start: string, limit: number): Promise<Record<string, unknown>[]> {
    const answer = await table.send(
      new QueryCommand({
        TableName: tableName,
        KeyConditionExpression: 'user_id = :user AND begins_with(sk, :prefix)',
        ExpressionAttributeValues: { ':user': userId, ':prefix': start },
        ScanIndexForward: false,
        ConsistentRead: true,
        Limit: limit,
      }),
    );
    return answer.Items ?? [];
  }

  const pair = (userId: string, from: string, to: string) => ({ user_id: userId, sk: `${prefix(from)}${to}` });

  return {
    /** A photo's neighbours and how many bits their hashes differ in, the newest first. */
    async neighbours(userId: string, imageId: string, limit: number): Promise<Map<string, number>> {
      const items = await below(userId, prefix(imageId), limit);
      return new Map(items.map(({ sk, distance }) => [String(sk).slice(prefix(imageId).length), Number(distance)]));
    },

    /** Ids and hashes of the photos in these lists of hashes. */
    async hashed(userId: string, bands: readonly string[]): Promise<Map<string, string>> {
      const lists = await Promise.all(bands.map((band) => below(userId, `${listOf.phash(band)}#`, MOST_IN_A_LIST)));
      return new Map(lists.flat().map(({ image_id, phash }) => [image_id as string, phash as string]));
    },

    /**
     * Adds and removes neighbours. A photo's own direction is there for as long as the other one is: whoever dies between the
     * two, the photo's next look finds what to remove.
     */
    async change(
      userId: string,
      imageId: string,
      { added, removed }: { added: ReadonlyMap<string, number>; removed: readonly string[] },
    ): Promise<void> {
      await writeItems(table, tableName, { deletes: removed.map((other) => pair(userId, other, imageId)) });
      await writeItems(table, tableName, {
        puts: [...added].map(([other, distance]) => ({ ...pair(userId, imageId, other), distance })),
        deletes: removed.map((other) => pair(userId, imageId, other)),
      });
      await writeItems(table, tableName, {
        puts: [...added].map(([other, distance]) => ({ ...pair(userId, other, imageId), distance })),
      });
    },
  };
}
export type NearDuplicates = ReturnType<typeof createNearDuplicates>;
