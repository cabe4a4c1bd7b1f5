import { DeleteCommand, type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { ToldState } from '../domain/activities.ts';
import type { EventInterval } from '../domain/albums/events.ts';
import type { ClusterStats, StoredClusterStats } from '../domain/clustering/stats.ts';
import type { CountedFace } from '../domain/people/counted.ts';
import type { Posting, Suggestion } from '../domain/search/postings.ts';
import type { Contribution } from '../domain/summary.ts';
import type { Sums, Tally } from '../domain/tallies.ts';
import { activityItems, type NotedActivity } from './activities.ts';
import { createAutoAlbums } from './auto-albums.ts';
import { writeItems } from './batch-write.ts';
import { eventItem } from './events.ts';
import { centroidOf, personCentroidKey } from './people.ts';
import { createSummaries, type StoredSummary } from './summaries.ts';
import { type ItemKey, itemsBelow, itemsByKey } from './table.ts';

/** `DOC#{image_id}`: what is written for one photo, so that a change of it need not be looked for. */
export interface IndexEntry {
  image_id: string;
  /** Each posting list it may be in, with a digest of its posting there; `''` where what lies there is not known. */
  lists: Record<string, string>;
  suggestions: Suggestion[];
  tallies: Tally[];
  /** What the counters contain of it. */
  contribution: Contribution | null;
  /** A digest of what its near-duplicates were decided by; `null` where it has none, `''` where they have to be decided anew. */
  looks: string | null;
  /** What its owner was told of it last. */
  told: ToldState;
  /** Beside unsure `looks`: neighbours it may have lost, whose being spare has to be looked at anew. */
  unsettled?: string[];
  /** What the centroids of people contain of it; absent where that is nothing. */
  faces?: CountedFace[];
}

/** A photo of which there is a better near-duplicate, and the bytes of its original; `null`: it is none. */
export interface Spare {
  image_id: string;
  bytes: number | null;
}

export interface CountedSuggestion extends Suggestion {
  count: number;
}

/** What one pass changes that could not be repeated: absolute values, written down before any of them is. */
export interface Journal {
  summary: StoredSummary;
  suggestions: CountedSuggestion[];
  tallies: { key: string; sums: Sums }[];
  spares: Spare[];
  activities: NotedActivity[];
  /** The order of taking, and the events in it: written together, so that the next pass finds neighbours where events say. */
  timeline: { puts: PostingOf[]; deletes: Pick<PostingOf, 'list' | 'image_id'>[] };
  events: { puts: EventInterval[]; deletes: EventInterval[] };
  people: StoredClusterStats[];
  /** What is to be believed of each photo if the pass dies: no posting, and no near-duplicate, is known to be right. */
  entries: IndexEntry[];
}

export interface PostingOf extends Posting {
  image_id: string;
}

/**
 * The writing side of the inverted index, the suggestions and the counters. Written by `organize` alone, one pass at a time: a pass
 * is opened by a journal, and one that died is made up for by the next (`recover`).
 */
export function createImageIndex(table: DynamoDBDocumentClient, tableName: string) {
  const summaries = createSummaries(table, tableName);
  const autoAlbums = createAutoAlbums(table, tableName);
  const journalKey = (userId: string) => ({ user_id: userId, sk: 'JOURNAL' });
  const entryKey = (userId: string, imageId: string) => ({ user_id: userId, sk: `DOC#${imageId}` });
  const suggestionKey = (userId: string, key: string) => ({ user_id: userId, sk: `SUGGEST#${key}` });
  const tallyKey = (userId: string, key: string) => ({ user_id: userId, sk: `TALLY#${key}` });
  const spareKey = (userId: string, imageId: string) => ({ user_id: userId, sk: `SPARE#${imageId}` });
  const postingKey = (userId: string, list: string, imageId: string) => ({ user_id: userId, sk: `${list}#${imageId}` });
  const postingItem = (userId: string, { list, image_id, ...attributes }: PostingOf) => ({
    ...postingKey(userId, list, image_id),
    image_id,
    ...attributes,
  });

  const read = (keys: readonly ItemKey[]) => itemsByKey(table, tableName, keys, { consistent: true });

  /** Writes what the journal says; `entries` may by now know better. Entries of photos that are gone (`gone`) are removed. */
  async function commit(
    userId: string,
    { summary, suggestions, tallies, spares, activities, timeline, events, people, entries }: Journal,
    gone: ReadonlySet<string> = new Set(),
  ): Promise<void> {
    await summaries.put(userId, summary);
    const [kept, emptied] = [
      suggestions.filter(({ count }) => count > 0),
      suggestions.filter(({ count }) => count <= 0),
    ];
    const starts = new Set(events.puts.map(({ start }) => start));
    const isKept = ({ sums }: Journal['tallies'][number]) => (sums.count ?? 0) > 0;
    await writeItems(table, tableName, {
      puts: [
        ...activityItems(userId, activities),
        ...spares.flatMap(({ image_id, bytes }) => (bytes === null ? [] : [{ ...spareKey(userId, image_id), bytes }])),
        ...tallies.filter(isKept).map(({ key, sums }) => ({ ...tallyKey(userId, key), sums })),
        ...timeline.puts.map((posting) => postingItem(userId, posting)),
        ...events.puts.map((event) => eventItem(userId, event)),
        ...people
          .filter(({ count }) => count > 0)
          .map((stats) => ({ ...stats, ...personCentroidKey(userId, stats.cluster_id) })),
        ...kept.map(({ key, text, kind, count }) => ({ ...suggestionKey(userId, key), text, kind, count })),
        ...entries
          .filter(({ image_id }) => !gone.has(image_id))
          .map((entry) => ({ ...entry, ...entryKey(userId, entry.image_id) })),
      ],
      deletes: [
        ...tallies.filter((tally) => !isKept(tally)).map(({ key }) => tallyKey(userId, key)),
        ...timeline.deletes.map(({ list, image_id }) => postingKey(userId, list, image_id)),
        ...events.deletes.filter(({ start }) => !starts.has(start)).map((event) => eventItem(userId, event)),
        ...people.filter(({ count }) => count <= 0).map(({ cluster_id }) => personCentroidKey(userId, cluster_id)),
        ...emptied.map(({ key }) => suggestionKey(userId, key)),
        ...spares.filter(({ bytes }) => bytes === null).map(({ image_id }) => spareKey(userId, image_id)),
        ...entries.filter(({ image_id }) => gone.has(image_id)).map(({ image_id }) => entryKey(userId, image_id)),
      ],
    });
    await autoAlbums.follow(userId, { tallies, events }, summary.updated_at);
    await table.send(new DeleteCommand({ TableName: tableName, Key: journalKey(userId) }));
  }

  return {
    commit,

    /**
     * Writes down, outside of any pass, what is derived from photos and which of them are spare, whatever is written by now. What counters
     * contain may differ then: they are to be counted anew.
     */
    async replace(
      userId: string,
      { entries, gone, spares }: { entries: readonly IndexEntry[]; gone: readonly string[]; spares: readonly Spare[] },
    ): Promise<void> {
      await writeItems(table, tableName, {
        puts: [
          ...entries.map((entry) => ({ ...entry, ...entryKey(userId, entry.image_id) })),
          ...spares.flatMap(({ image_id, bytes }) =>
            bytes === null ? [] : [{ ...spareKey(userId, image_id), bytes }],
          ),
        ],
        deletes: [
          ...gone.map((imageId) => entryKey(userId, imageId)),
          ...spares.filter(({ bytes }) => bytes === null).map(({ image_id }) => spareKey(userId, image_id)),
        ],
      });
    },

    /** Every entry of a user, in the order of ids: for counting anew, never for a request. */
    async *allEntries(userId: string): AsyncGenerator<IndexEntry> {
      const items = itemsBelow(table, tableName, { userId, prefix: 'DOC#', consistent: true });
      for await (const item of items) yield item as unknown as IndexEntry;
    },

    /** All that counts photos, as it is stored. */
    async counted(userId: string) {
      const below = (prefix: string) =>
        Array.fromAsync(
          itemsBelow(table, tableName, { userId, prefix, consistent: true }),
          (item) => [String(item.sk).slice(prefix.length), item] as const,
        );
      const [suggestions, tallies, spares] = await Promise.all(['SUGGEST#', 'TALLY#', 'SPARE#'].map(below));
      return {
        suggestions: new Map(suggestions as unknown as (readonly [string, CountedSuggestion])[]),
        tallies: new Map(tallies?.map(([key, { sums }]) => [key, sums as Sums])),
        /** Bytes of each spare photo. */
        spares: new Map(spares?.map(([imageId, { bytes }]) => [imageId, Number(bytes)])),
      };
    },

    /** Finishes what a pass that died has written down. To be called before anything is read for the next one. */
    async recover(userId: string): Promise<void> {
      const { Item } = await table.send(
        new GetCommand({ TableName: tableName, Key: journalKey(userId), ConsistentRead: true }),
      );
      if (Item) await commit(userId, Item as Journal & ItemKey);
    },

    /** Opens a pass. Throws where another is open: then two would run at once. */
    async open(userId: string, journal: Journal): Promise<void> {
      const Item = { ...journal, ...journalKey(userId) };
      await table.send(new PutCommand({ TableName: tableName, Item, ConditionExpression: 'attribute_not_exists(sk)' }));
    },

    /** Writes down more of the pass that is open, in place of what was: from here on a pass that dies is completed by this. */
    async amend(userId: string, journal: Journal): Promise<void> {
      await table.send(
        new PutCommand({
          TableName: tableName,
          Item: { ...journal, ...journalKey(userId) },
          ConditionExpression: 'summary.version = :version',
          ExpressionAttributeValues: { ':version': journal.summary.version },
        }),
      );
    },

    /** What is written for these photos, by id; nothing for some. */
    async entries(userId: string, imageIds: readonly string[]): Promise<Map<string, IndexEntry>> {
      const items = await read(imageIds.map((imageId) => entryKey(userId, imageId)));
      return new Map(items.map((item) => [item.image_id as string, item as unknown as IndexEntry]));
    },

    summary: (userId: string) => summaries.get(userId, { consistent: true }),

    /** How many photos are counted under each of these suggestions' keys; absent is none. */
    async suggested(userId: string, keys: readonly string[]): Promise<Map<string, number>> {
      const items = await read(keys.map((key) => suggestionKey(userId, key)));
      return new Map(items.map(({ sk, count }) => [String(sk).slice('SUGGEST#'.length), Number(count)]));
    },

    /** The tallies of these keys; those nobody adds to are left out. */
    async tallied(userId: string, keys: readonly string[]): Promise<Map<string, Sums>> {
      const items = await read(keys.map((key) => tallyKey(userId, key)));
      return new Map(items.map(({ sk, sums }) => [String(sk).slice('TALLY#'.length), sums as Sums]));
    },

    /** Which of these photos are spare, and the bytes of each. */
    async spares(userId: string, imageIds: readonly string[]): Promise<Map<string, number>> {
      const items = await read(imageIds.map((imageId) => spareKey(userId, imageId)));
      return new Map(items.map(({ sk, bytes }) => [String(sk).slice('SPARE#'.length), Number(bytes)]));
    },

    /** The centroids of these people; those who have no face are left out. */
    async centroids(userId: string, personIds: readonly string[]): Promise<Map<string, ClusterStats>> {
      const items = await read(personIds.map((personId) => personCentroidKey(userId, personId)));
      return new Map((items as unknown as StoredClusterStats[]).map((item) => [item.cluster_id, centroidOf(item)]));
    },

    /** Puts and removes postings, in no particular order. */
    async writePostings(
      userId: string,
      puts: readonly PostingOf[],
      deletes: readonly Pick<PostingOf, 'list' | 'image_id'>[],
    ): Promise<void> {
      await writeItems(table, tableName, {
        puts: puts.map((posting) => postingItem(userId, posting)),
        deletes: deletes.map(({ list, image_id }) => postingKey(userId, list, image_id)),
      });
    },
  };
}
export type ImageIndex = ReturnType<typeof createImageIndex>;
