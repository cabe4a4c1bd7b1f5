import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
} from '@aws-sdk/lib-dynamodb';
import { changeItem, itemsBelow, itemsByKey } from './table.ts';

/** A cluster as people see it. What is computed about it lies in `CENTROID#` items. */
export interface Cluster {
  cluster_id: string;
  name: string;
  /** `tags`: made from its photos' tags; `model`: asked of the model; `person`: given by its owner, and never changed by us. */
  name_source: 'tags' | 'model' | 'person';
  named_by?: { model: string; prompt_version: string; at: string };
  /** The size at which the model was last asked for a name; 0 before. */
  name_asked_at: number;
  count: number;
  /** Ids of the newest members, newest first. */
  newest: string[];
  created_at: string;
  updated_at: string;
}

/** How many of its newest members a cluster names itself. */
export const NEWEST_MEMBERS = 12;

/** Clusters and their members. `organize` is the only one to call what writes. */
export function createClusters(table: DynamoDBDocumentClient, tableName: string) {
  const clusterKey = (userId: string, clusterId: string) => ({ user_id: userId, sk: `CLUSTER#${clusterId}` });
  const memberPrefix = (clusterId: string) => `IN#${clusterId}#`;
  const memberKey = (userId: string, clusterId: string, imageId: string) => ({
    user_id: userId,
    sk: `${memberPrefix(clusterId)}${imageId}`,
  });

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
    async names(userId: string, clusterIds: readonly string[]): Promise<Map<string, string>> {
      const keys = clusterIds.map((clusterId) => clusterKey(userId, clusterId));
      const items = (await itemsByKey(table, tableName, keys)) as unknown as Cluster[];
      return new Map(items.map(({ cluster_id, name }) => [cluster_id, name]));
    },

    /** Ids of the members, newest first. */
    async members(
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
    },

    async addMember(userId: string, clusterId: string, imageId: string): Promise<void> {
      const Item = { ...memberKey(userId, clusterId, imageId), cluster_id: clusterId, image_id: imageId };
      await table.send(new PutCommand({ TableName: tableName, Item }));
    },

    async removeMember(userId: string, clusterId: string, imageId: string): Promise<void> {
      await table.send(new DeleteCommand({ TableName: tableName, Key: memberKey(userId, clusterId, imageId) }));
    },

    async put(userId: string, cluster: Cluster): Promise<void> {
      await table.send(
        new PutCommand({ TableName: tableName, Item: { ...clusterKey(userId, cluster.cluster_id), ...cluster } }),
      );
    },

    /** Changes fields of a cluster that exists; `null` where it is gone. */
    change(userId: string, clusterId: string, set: Partial<Cluster>): Promise<Record<string, unknown> | null> {
      const condition = { expression: 'attribute_exists(sk)' };
      return changeItem(table, tableName, clusterKey(userId, clusterId), { set, condition });
    },

    async remove(userId: string, clusterId: string): Promise<void> {
      await table.send(new DeleteCommand({ TableName: tableName, Key: clusterKey(userId, clusterId) }));
    },
  };
}
export type Clusters = ReturnType<typeof createClusters>;
