import { DeleteCommand, type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { BackgroundStats } from '../domain/clustering/background.ts';
import { type ClusterStats, restoreStats, type StoredClusterStats, storeStats } from '../domain/clustering/stats.ts';
import { itemsBelow } from './table.ts';

/**
 * What the latest events did to one item: the images each of them placed there. Deliveries repeat at most the last batch
 * (ten events, perhaps in smaller pieces), so twice that many are remembered.
 */
export type Applied = { event_id: string; image_ids: string[] }[];
export const REMEMBERED_EVENTS = 20;

/** A cluster's statistics, and which events they already contain. */
export interface Centroid {
  stats: ClusterStats;
  applied: Applied;
  version: number;
}

interface StoredCentroid extends StoredClusterStats, Pick<Centroid, 'applied' | 'version'> {}

/** What clustering knows of a user beside the clusters. Waiting and witnesses are ids; their vectors are read as needed. */
export interface ClusteringMemory {
  background: BackgroundStats;
  waiting: string[];
  witnesses: string[];
  applied: Applied;
  version: number;
}

/** The state of a user's clustering. Written by `organize` alone; a write under an old version is refused, not merged. */
export function createClustering(table: DynamoDBDocumentClient, tableName: string) {
  const centroidKey = (userId: string, clusterId: string) => ({ user_id: userId, sk: `CENTROID#${clusterId}` });
  const memoryKey = (userId: string) => ({ user_id: userId, sk: 'CLUSTERING' });

  async function putVersioned(item: Record<string, unknown> & { version: number }): Promise<void> {
    await table.send(
      new PutCommand({
        TableName: tableName,
        Item: item,
        ConditionExpression: 'attribute_not_exists(sk) OR version = :before',
        ExpressionAttributeValues: { ':before': item.version - 1 },
      }),
    );
  }

  return {
    async centroids(userId: string): Promise<Map<string, Centroid>> {
      const centroids = new Map<string, Centroid>();
      const items = itemsBelow(table, tableName, { userId, prefix: 'CENTROID#', consistent: true });
      for await (const {
        applied,
        version,
        cluster_id,
        sum,
        count,
        mean,
        m2,
      } of items as AsyncGenerator<StoredCentroid>) {
        centroids.set(cluster_id, { stats: restoreStats({ cluster_id, sum, count, mean, m2 }), applied, version });
      }
      return centroids;
    },

    /** Writes a centroid as the version after the one read. Throws where another has written meanwhile. */
    async putCentroid(userId: string, { stats, applied, version }: Centroid): Promise<void> {
      await putVersioned({
        ...centroidKey(userId, stats.cluster_id),
        ...storeStats(stats),
        applied,
        version: version + 1,
      });
    },

    async removeCentroid(userId: string, clusterId: string): Promise<void> {
      await table.send(new DeleteCommand({ TableName: tableName, Key: centroidKey(userId, clusterId) }));
    },

    async memory(userId: string): Promise<ClusteringMemory | null> {
      const answer = await table.send(
        new GetCommand({ TableName: tableName, Key: memoryKey(userId), ConsistentRead: true }),
      );
      return (answer.Item as ClusteringMemory | undefined) ?? null;
    },

    /** Writes the memory as the version after the one read. Throws where another has written meanwhile. */
    async putMemory(userId: string, memory: ClusteringMemory): Promise<void> {
      const { background, waiting, witnesses, applied, version } = memory;
      await putVersioned({ ...memoryKey(userId), background, waiting, witnesses, applied, version: version + 1 });
    },
  };
}
export type Clustering = ReturnType<typeof createClustering>;
