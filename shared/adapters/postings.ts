import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { BEFORE_ALL } from '../domain/search/join.ts';
import type { Posting, Suggestion } from '../domain/search/postings.ts';
import { itemsByKey } from './table.ts';

/** A posting as it lies in its list; records (`IMAGE#`) have a status beside. */
export type ListedPosting = Omit<Posting, 'list'> & { image_id: string; status?: string };

export interface PostingPage {
  items: ListedPosting[];
  /** Whether the list may go on. */
  more: boolean;
}

export interface StoredSuggestion extends Pick<Suggestion, 'text' | 'kind'> {
  count: number;
}

/** Where a page of a list begins (below it) and how much of it is read. */
interface Below {
  before?: string | undefined;
  limit: number;
}

/** What one query for suggestions reads at the most: the first in the order of their letters. */
const MOST_SUGGESTIONS = 100;

/** What is derived from a user's photos, as searching reads it. Organize writes it. */
export function createPostings(table: DynamoDBDocumentClient, tableName: string) {
  /** Items of a user with `low` ≤ key < `high`, greatest first. */
  async function descending(
    userId: string,
    { low, high, limit, index }: { low: string; high: string; limit: number; index?: 'by_taken' },
  ): Promise<{ items: Record<string, unknown>[]; more: boolean }> {
    if (low >= high) return { items: [], more: false };
    const key = index ? 'taken_key' : 'sk';
    const answer = await table.send(
      new QueryCommand({
        TableName: tableName,
        IndexName: index,
        KeyConditionExpression: 'user_id = :user AND #key BETWEEN :low AND :high',
        ExpressionAttributeNames: { '#key': key },
        ExpressionAttributeValues: { ':user': userId, ':low': low, ':high': high },
        ScanIndexForward: false,
        // A photo that says `done` is found at once. An index cannot be read so.
        ConsistentRead: index === undefined,
        Limit: limit,
      }),
    );
    const items = (answer.Items ?? []).filter((item) => item[key] !== high);
    return { items, more: answer.LastEvaluatedKey !== undefined };
  }

  /** A list's postings of photos older than `before` (an image id, or the beginning of one), newest first. */
  async function page(userId: string, list: string, { before = BEFORE_ALL, limit }: Below): Promise<PostingPage> {
    const range = { low: `${list}#`, high: `${list}#${before}`, limit };
    return (await descending(userId, range)) as unknown as PostingPage;
  }

  return {
    page,

    /** The newest postings of a list, `limit` at the most, whatever number of pages they come in. */
    async newest(userId: string, list: string, { before, limit }: Below): Promise<ListedPosting[]> {
      const items: ListedPosting[] = [];
      for (let below = before; ; below = items.at(-1)?.image_id) {
        // The one that is gone on from is read once more.
        const again = items.length > 0 ? 1 : 0;
        const answer = await page(userId, list, { before: below, limit: limit - items.length + again });
        items.push(...answer.items);
        if (!answer.more || answer.items.length === 0 || items.length >= limit) return items.slice(0, limit);
      }
    },

    /**
     * Photos by when they were taken, latest first: from `from` to `to` (local wall times or beginnings of such, both inclusive),
     * below the key `before` (`taken_at#image_id`).
     */
    async taken(
      userId: string,
      { from = '', to = '' }: { from?: string | undefined; to?: string | undefined },
      { before = BEFORE_ALL, limit }: Below,
    ): Promise<{ items: { image_id: string; taken_key: string }[]; more: boolean }> {
      const end = `${to}${BEFORE_ALL}`;
      // No key may be empty; every time begins with a digit.
      const range = { low: from || '0', high: before < end ? before : end, limit, index: 'by_taken' as const };
      const { items, more } = await descending(userId, range);
      const keys = items.map((item) => {
        const taken_key = item.taken_key as string;
        return { image_id: taken_key.slice(taken_key.indexOf('#') + 1), taken_key };
      });
      return { items: keys, more };
    },

    /** Ids of the photos with the largest originals, the largest first. */
    async largest(userId: string, limit: number): Promise<string[]> {
      const { items } = await descending(userId, { low: 'SIZE#', high: `SIZE#${BEFORE_ALL}`, limit });
      return items.map(({ image_id }) => String(image_id));
    },

    /** Suggestions whose key begins with `prefix` (in index form, not empty): 100 at the most. */
    async suggestions(userId: string, prefix: string): Promise<StoredSuggestion[]> {
      const answer = await table.send(
        new QueryCommand({
          TableName: tableName,
          KeyConditionExpression: 'user_id = :user AND begins_with(sk, :prefix)',
          ExpressionAttributeValues: { ':user': userId, ':prefix': `SUGGEST#${prefix}` },
          Limit: MOST_SUGGESTIONS,
        }),
      );
      return (answer.Items ?? []) as StoredSuggestion[];
    },

    /** How many photos have each of these tags (in index form). */
    async tagCounts(userId: string, tags: readonly string[]): Promise<Map<string, number>> {
      const keys = tags.map((tag) => ({ user_id: userId, sk: `SUGGEST#${tag}#tag` }));
      const items = (await itemsByKey(table, tableName, keys)) as unknown as StoredSuggestion[];
      return new Map(items.map(({ text, count }) => [text, count]));
    },

    /**
     * Pairs of photos that look the same, each in both directions, those of the newest photo first: below the pair `before`
     * (`image_id#other_id`, or an image id alone).
     */
    async pairs(
      userId: string,
      { before = BEFORE_ALL, limit }: Below,
    ): Promise<{ pairs: { image_id: string; other_id: string }[]; more: boolean }> {
      const { items, more } = await descending(userId, { low: 'NEAR#', high: `NEAR#${before}`, limit });
      return { pairs: items.map(pairOf), more };
    },
  };
}
export type Postings = ReturnType<typeof createPostings>;

/** `NEAR#{image_id}#{other_id}` */
function pairOf({ sk }: Record<string, unknown>): { image_id: string; other_id: string } {
  const [, image_id = '', other_id = ''] = String(sk).split('#');
  return { image_id, other_id };
}
