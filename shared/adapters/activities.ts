import { createHash } from 'node:crypto';
import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Activity } from '../domain/activities.ts';
import { writeItems } from './batch-write.ts';
import { type Clock, uuidAt } from './ids.ts';
import type { ItemKey } from './table.ts';

const PREFIX = 'ACTIVITY#';
const LIFETIME_MS = 90 * 86_400_000;

export interface ListedActivity extends Activity {
  activity_id: string;
}

/** An activity as it is written. `by`: the event, or the pass, it comes from; the same of the same is one activity. */
export interface NotedActivity extends Activity {
  by: string;
}

/**
 * `ACTIVITY#{activity_id}`: a user's feed. Ids are UUIDv7 of the activity's own time and a digest of what it says: what is noted
 * twice is there once, if `at` comes from the record or the event and not from a clock. `organize` writes it.
 */
export function createActivities(table: DynamoDBDocumentClient, tableName: string, clock: Clock) {
  return {
    async note(userId: string, activities: readonly NotedActivity[]): Promise<void> {
      await writeItems(table, tableName, { puts: activityItems(userId, activities) });
    },

    /** Newest first, below the activity `cursor`. What has expired is left out: the table may take days to remove it. */
    async list(
      userId: string,
      { limit, cursor }: { limit: number; cursor?: string | undefined },
    ): Promise<{ items: ListedActivity[]; nextCursor: string | null }> {
      const answer = await table.send(
        new QueryCommand({
          TableName: tableName,
          KeyConditionExpression: 'user_id = :user AND begins_with(sk, :prefix)',
          ExpressionAttributeValues: { ':user': userId, ':prefix': PREFIX },
          ScanIndexForward: false,
          ExclusiveStartKey: cursor === undefined ? undefined : { user_id: userId, sk: PREFIX + cursor },
          // One more than asked for tells whether there is a next page.
          Limit: limit + 1,
        }),
      );
      const now = clock().getTime() / 1000;
      const alive = (answer.Items ?? []).filter(({ expires }) => Number(expires) > now);
      const items = alive.slice(0, limit).map(
        ({ sk, type, at, image_id, subject }) =>
          ({
            activity_id: String(sk).slice(PREFIX.length),
            type,
            at,
            ...(image_id && { image_id }),
            ...(subject && { subject }),
          }) as ListedActivity,
      );
      return { items, nextCursor: alive.length > limit ? (items.at(-1)?.activity_id ?? null) : null };
    },
  };
}
export type Activities = ReturnType<typeof createActivities>;

/** Activities as items, each key once. `expires` is the table's attribute for what it may remove: seconds since the epoch. */
export function activityItems(
  userId: string,
  activities: readonly NotedActivity[],
): (ItemKey & Record<string, unknown>)[] {
  const items = activities.map(({ by, type, at, image_id, subject }) => {
    const digest = createHash('sha256')
      .update(JSON.stringify([type, image_id, subject?.kind, subject?.id, by]))
      .digest();
    const sk = PREFIX + uuidAt(new Date(at), digest);
    const expires = Math.floor((Date.parse(at) + LIFETIME_MS) / 1000);
    return { user_id: userId, sk, type, at, ...(image_id && { image_id }), ...(subject && { subject }), expires };
  });
  return [...new Map(items.map((item) => [item.sk, item])).values()];
}
