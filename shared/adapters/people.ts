import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { type ClusterStats, restoreStats, type StoredClusterStats } from '../domain/clustering/stats.ts';
import { writeItems } from './batch-write.ts';
import { changeItem, type ItemKey, itemsBelow } from './table.ts';

/** What its owner says of a person. There is none until something is said; whose faces they are stands on the image records. */
export interface Person {
  person_id: string;
  name?: string;
  hidden?: boolean;
  /** The face to show; where it is no longer the person's, the newest is. */
  cover?: { image_id: string; n: number };
  updated_at: string;
}

const PREFIX = 'PERSON#';
const CENTROID_PREFIX = 'PERSON_CENTROID#';

/** The item of what is said of a person. */
export const personKey = (userId: string, personId: string): ItemKey => ({
  user_id: userId,
  sk: `${PREFIX}${personId}`,
});

/** The item of a person's centroid: the sum of its faces. Written by organize under its journal. */
export const personCentroidKey = (userId: string, personId: string): ItemKey => ({
  user_id: userId,
  sk: `${CENTROID_PREFIX}${personId}`,
});

export const centroidOf = ({ cluster_id, sum, count, mean, m2 }: StoredClusterStats): ClusterStats =>
  restoreStats({ cluster_id, sum, count, mean, m2 });

/** `PERSON#` items, and the centroids of people. */
export function createPeople(table: DynamoDBDocumentClient, tableName: string) {
  return {
    async get(userId: string, personId: string): Promise<Person | null> {
      const answer = await table.send(
        new GetCommand({ TableName: tableName, Key: personKey(userId, personId), ConsistentRead: true }),
      );
      return (answer.Item as Person | undefined) ?? null;
    },

    /** Everybody of whom something is said. */
    async list(userId: string): Promise<Person[]> {
      const items = await Array.fromAsync(itemsBelow(table, tableName, { userId, prefix: PREFIX, consistent: true }));
      return items as unknown as Person[];
    },

    /** Notes what is said of a person; fields in `remove` are said no more. */
    async say(
      userId: string,
      personId: string,
      set: Partial<Omit<Person, 'person_id'>> & Pick<Person, 'updated_at'>,
      remove: readonly (keyof Person)[] = [],
    ): Promise<Person> {
      const change = { set: { ...set, person_id: personId }, remove };
      return (await changeItem(table, tableName, personKey(userId, personId), change)) as unknown as Person;
    },

    /** Puts items as they were. */
    async restore(userId: string, people: readonly Person[]): Promise<void> {
      await writeItems(table, tableName, {
        puts: people.map((person) => ({ ...person, ...personKey(userId, person.person_id) })),
      });
    },

    /** Forgets what was said of people. */
    async forget(userId: string, personIds: readonly string[]): Promise<void> {
      await writeItems(table, tableName, { deletes: personIds.map((personId) => personKey(userId, personId)) });
    },

    /** The centroid of everybody. */
    async centroids(userId: string): Promise<Map<string, ClusterStats>> {
      const found = itemsBelow(table, tableName, { userId, prefix: CENTROID_PREFIX, consistent: true });
      const items = (await Array.fromAsync(found)) as unknown as StoredClusterStats[];
      return new Map(items.map((item) => [item.cluster_id, centroidOf(item)]));
    },
  };
}
export type People = ReturnType<typeof createPeople>;
