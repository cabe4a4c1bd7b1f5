import { newBackground } from '../../shared/domain/clustering/background.ts';
import { MOST_WAITING } from '../../shared/domain/clustering/found.ts';
import { addMember, type ClusterStats, emptyStats } from '../../shared/domain/clustering/stats.ts';
import { type ImageRecord, isShown, MOVED_BY_HAND } from '../../shared/domain/image.ts';
import type { OrganizeDeps } from './deps.ts';
import { openSession } from './session.ts';
import type { ShowClusters } from './show-clusters.ts';

/** Members read at once. */
const AT_ONCE = 500;

/** Clusters as the records of photos say: who is in one is written on the photos, and everything else follows. */
export function createRebuildClusters(deps: OrganizeDeps, show: ShowClusters) {
  const { images, embeddings, clusters, clustering, background } = deps;

  return {
    /** Adds clusters up from their members; who is listed and whose record names another cluster, or none, leaves. */
    async addUp(userId: string, clusterIds: readonly string[]): Promise<void> {
      const stored = await clustering.centroids(userId);
      for (const clusterId of clusterIds) {
        const stats = await sumOf(userId, clusterId);
        const version = stored.get(clusterId)?.version ?? 0;
        // It contains its members once, and no trace of the events that put them there: whichever comes again finds their records.
        if (stats) await clustering.putCentroid(userId, { stats, applied: [], version });
        else await clustering.removeCentroid(userId, clusterId);
      }
      await show.refresh(userId, await openSession(deps, userId), clusterIds, false);
    },

    /** Forgets photos that wait, or stand for those that do not agree, and should not; `waiting` do where there was no memory. */
    async remember(userId: string, waiting: readonly string[]): Promise<void> {
      const stored = await clustering.memory(userId);
      const memory = stored ?? {
        background: newBackground(background),
        waiting: waiting.slice(-MOST_WAITING),
        witnesses: [],
        applied: [],
        version: 0,
      };
      const ids = [...memory.waiting, ...memory.witnesses];
      const records = new Map(
        (await images.getMany(userId, ids, { consistent: true })).map((record) => [record.image_id, record]),
      );
      const kept = (some: readonly string[], fits: (record: ImageRecord) => boolean) =>
        some.filter((id) => {
          const record = records.get(id);
          return record !== undefined && fits(record);
        });
      await clustering.putMemory(userId, {
        ...memory,
        waiting: kept(memory.waiting, waits),
        witnesses: kept(memory.witnesses, ({ trashed_at }) => trashed_at === undefined),
      });
    },
  };

  async function sumOf(userId: string, clusterId: string): Promise<ClusterStats | null> {
    let stats: ClusterStats | null = null;
    let cursor: string | undefined;
    do {
      const page = await clusters.members(userId, clusterId, { limit: AT_ONCE, cursor, consistent: true });
      const [records, vectors] = await Promise.all([
        images.getMany(userId, page.imageIds, { consistent: true, erasing: true }),
        embeddings.getMany(userId, page.imageIds),
      ]);
      const named = new Set(records.flatMap((r) => (r.cluster?.cluster_id === clusterId ? [r.image_id] : [])));
      for (const imageId of page.imageIds) {
        const vector = vectors.get(imageId);
        if (vector && named.has(imageId)) stats = addMember(stats ?? emptyStats(clusterId, vector.length), vector);
        else await clusters.removeMember(userId, clusterId, imageId);
      }
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return stats;
  }
}

/** One under way may be waiting, too: its record says nothing of a cluster yet. */
const waits = (record: ImageRecord): boolean =>
  (isShown(record) || record.status === 'processing') &&
  record.trashed_at === undefined &&
  (record.cluster?.cluster_id ?? null) === null &&
  record.cluster?.reason !== MOVED_BY_HAND;
