import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
} from '@aws-sdk/lib-dynamodb';
import { changeItem, holds, type ItemKey, itemsBelow, itemsByKey } from './table.ts';

/** A cluster as people see it. What is computed about it lies in `CENTROID#` items. */
export interface Cluster {
  cluster_id: string;
  name: string;
  /** `tags`: made from its photos' tags; `model`: asked of the model; `person`: given by its owner, and never changed by us. */
  name_source: 'tags' | 'model' | 'person';
  named_by?: { model: string; prompt_version: string; at: string };
  /** The size at which the model was last asked for a name; 0 before. */
  name_asked_at: number;
  /** The member its owner wants to see first; absent: the newest. */
  cover_image_id?: string;
  count: number;
  /** Ids of the newest members, newest first. */
  newest: string[];
  created_at: string;
  updated_at: string;
}

/** All of a cluster that its members do not say. */
export type ClusterDefinition = Omit<Cluster, 'count' | 'newest' | 'updated_at'>;

export function definitionOf(cluster: Cluster): ClusterDefinition {
  const { cluster_id, name, name_source, named_by, name_asked_at, cover_image_id, created_at } = cluster;
  return {
    cluster_id,
    name,
    name_source,
    name_asked_at,
    created_at,
    ...(named_by && { named_by }),
    ...(cover_image_id !== undefined && { cover_image_id }),
  };
}

/** What a cluster is called, and by whom. */
export type ClusterWords = Pick<Cluster, 'name' | 'name_source' | 'named_by'> & Partial<Pick<Cluster, 'name_asked_at'>>;

/** What is derived from its members. */
type Counted = Pick<Cluster, 'count' | 'newest' | 'updated_at'> & Partial<Pick<Cluster, 'name_asked_at'>>;

/** How many of its newest members a cluster names itself. */
export const NEWEST_MEMBERS = 12;

/** The item of a cluster. */
export const clusterKey = (userId: string, clusterId: string): ItemKey => ({
  user_id: userId,
  sk: `CLUSTER#${clusterId}`,
});

/** Clusters and their members. `organize` is the only one to call what writes, but for the words that a person gives. */
export function createClusters(table: DynamoDBDocumentClient, tableName: string) {
  const memberPrefix = (clusterId: string) => `IN#${clusterId}#`;
  const memberKey = (userId: string, clusterId: string, imageId: string) => ({
    user_id: userId,
    sk: `${memberPrefix(clusterId)}${imageId}`,
  });

  async function members(
    userId: string,
    clusterId: string,
    { limit, cursor, consistent = false }: { limit: number; cursor?: string | undefined; consistent?: boolean },
  ): Promise<{ imageIds: string[]; nextCursor: string | null }> {
    const answer = await table.send(
      new QueryCommand({
        TableName: tableName,
        KeyConditionExpression: 'user_id = :user AND begins_with(sk, :prefix)',
        ExpressionAttributeValues: { ':user': userId, ':prefix': memberPrefix(clusterId) },
        ScanIndexForward: false,
        ConsistentRead: consistent,
        ExclusiveStartKey: cursor === undefined ? undefined : memberKey(userId, clusterId, cursor),
        Limit: limit + 1,
      }),
    );
    const ids = (answer.Items ?? []).map((item) => item.image_id as string);
    return { imageIds: ids.slice(0, limit), nextCursor: ids.length > limit ? (ids[limit - 1] ?? null) : null };
  }

  return {
    async get(userId: string, clusterId: string): Promise<Cluster | null> {
      const answer = await table.send(
        new GetCommand({ TableName: tableName, Key: clusterKey(userId, clusterId), ConsistentRead: true }),
      );
      return (answer.Item as Cluster | undefined) ?? null;
    },

    /** All of a user's clusters, largest first. */
    async list(userId: string): Promise<Cluster[]> {
      const clusters: Cluster[] = [];
      for await (const item of itemsBelow(table, tableName, { userId, prefix: 'CLUSTER#' })) {
        clusters.push(item as unknown as Cluster);
      }
      return clusters.sort((a, b) => b.count - a.count || (a.cluster_id < b.cluster_id ? -1 : 1));
    },

    /** The names of clusters; those that are gone are left out. */
    async names(
      userId: string,
      clusterIds: readonly string[],
      { consistent = false } = {},
    ): Promise<Map<string, string>> {
      const keys = clusterIds.map((clusterId) => clusterKey(userId, clusterId));
      const items = (await itemsByKey(table, tableName, keys, { consistent })) as unknown as Cluster[];
      return new Map(items.map(({ cluster_id, name }) => [cluster_id, name]));
    },

    /** Ids of the members, newest first. */
    members,

    /** Ids of all members: for jobs, never for a request. */
    async allMembers(userId: string, clusterId: string): Promise<string[]> {
      const ids: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await members(userId, clusterId, { limit: 1000, cursor });
        ids.push(...page.imageIds);
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      return ids;
    },

    async isMember(userId: string, clusterId: string, imageId: string): Promise<boolean> {
      const Key = memberKey(userId, clusterId, imageId);
      return (await table.send(new GetCommand({ TableName: tableName, Key, ConsistentRead: true }))).Item !== undefined;
    },

    async addMember(userId: string, clusterId: string, imageId: string): Promise<void> {
      const Item = { ...memberKey(userId, clusterId, imageId), cluster_id: clusterId, image_id: imageId };
      await table.send(new PutCommand({ TableName: tableName, Item }));
    },

    async removeMember(userId: string, clusterId: string, imageId: string): Promise<void> {
      await table.send(new DeleteCommand({ TableName: tableName, Key: memberKey(userId, clusterId, imageId) }));
    },

    /** A cluster that has come to be, or is there again; what is there already stays. */
    async create(userId: string, cluster: Cluster): Promise<void> {
      const Item = { ...clusterKey(userId, cluster.cluster_id), ...cluster };
      const ConditionExpression = 'attribute_not_exists(sk)';
      await holds(table.send(new PutCommand({ TableName: tableName, Item, ConditionExpression })));
    },

    /** Changes what is counted of a cluster that exists, and leaves what it is called to others. */
    async count(userId: string, clusterId: string, counted: Counted): Promise<void> {
      const condition = { expression: 'attribute_exists(sk)' };
      await changeItem(table, tableName, clusterKey(userId, clusterId), { set: { ...counted }, condition });
    },

    /** Changes what a cluster is called, where it is called so `before`; `false` where it is not, or is gone. */
    async rename(
      userId: string,
      clusterId: string,
      before: Pick<Cluster, 'name' | 'name_source'>,
      { named_by, ...words }: ClusterWords,
      at: string,
    ): Promise<boolean> {
      const renamed = await changeItem(table, tableName, clusterKey(userId, clusterId), {
        set: { ...words, named_by, updated_at: at },
        remove: named_by ? [] : ['named_by'],
        condition: {
          expression: '#name = :name AND name_source = :source',
          names: { '#name': 'name' },
          values: { ':name': before.name, ':source': before.name_source },
        },
      });
      return renamed !== null;
    },

    /** Writes what a person says of a cluster (`null` cover: the newest); answers it as it is then, or `null` where it is gone. */
    async edit(
      userId: string,
      clusterId: string,
      { words, cover }: { words?: ClusterWords | undefined; cover?: string | null | undefined },
      at: string,
    ): Promise<Cluster | null> {
      const edited = await changeItem(table, tableName, clusterKey(userId, clusterId), {
        set: { ...words, ...(cover && { cover_image_id: cover }), updated_at: at },
        remove: [...(words ? ['named_by'] : []), ...(cover === null ? ['cover_image_id'] : [])],
        condition: { expression: 'attribute_exists(sk)' },
      });
      return edited as Cluster | null;
    },

    /** Lets go of a cover that is no member any more, unless another has been chosen. */
    async dropCover(userId: string, clusterId: string, imageId: string): Promise<void> {
      const values = { ':cover': imageId };
      const condition = { expression: 'cover_image_id = :cover', values };
      await changeItem(table, tableName, clusterKey(userId, clusterId), { remove: ['cover_image_id'], condition });
    },

    /** Gives a cluster that exists and has no cover this one. */
    async giveCover(userId: string, clusterId: string, imageId: string): Promise<void> {
      const condition = { expression: 'attribute_exists(sk) AND attribute_not_exists(cover_image_id)' };
      const set = { cover_image_id: imageId };
      await changeItem(table, tableName, clusterKey(userId, clusterId), { set, condition });
    },

    async remove(userId: string, clusterId: string): Promise<void> {
      await table.send(new DeleteCommand({ TableName: tableName, Key: clusterKey(userId, clusterId) }));
    },
  };
}
export type Clusters = ReturnType<typeof createClusters>;
