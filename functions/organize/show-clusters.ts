import { type Cluster, type ClusterDefinition, NEWEST_MEMBERS } from '../../shared/adapters/clusters.ts';
import { nameFromTags, nameIsDue } from '../../shared/domain/cluster-naming.ts';
import type { EventOf, OrganizeDeps } from './deps.ts';
import type { Session } from './session.ts';

/** What people see of clusters: `CLUSTER#` items, brought in line with the centroids. */
export function createShowClusters({ clusters, images, queues, clock }: OrganizeDeps) {
  return { refresh, applyName };

  /** The model's name for a cluster, unless a person has named it. */
  async function applyName(userId: string, event: EventOf<'named'>) {
    for (;;) {
      const cluster = await clusters.get(userId, event.cluster_id);
      if (!cluster || cluster.name_source === 'person') return;
      const at = clock().toISOString();
      const named_by = { model: event.model, prompt_version: event.prompt_version, at };
      const words = { name: event.name, name_source: 'model' as const, named_by };
      // Otherwise a person has named it since it was read.
      if (await clusters.rename(userId, event.cluster_id, cluster, words, at)) return;
    }
  }

  /**
   * Brings what people see of clusters in line with their centroids: count, newest members, cover; empty ones go, and those that have come
   * to be are named, or called as `definitions` say. What there is of names is left alone: their owner may be writing it.
   */
  async function refresh(
    userId: string,
    session: Session,
    clusterIds: readonly string[],
    mayAskName: boolean,
    definitions: Record<string, ClusterDefinition> = {},
  ) {
    const at = clock().toISOString();
    for (const clusterId of clusterIds) {
      const count = session.centroid(clusterId)?.count ?? 0;
      if (count === 0) {
        await clusters.remove(userId, clusterId);
        continue;
      }
      const [existing, members] = await Promise.all([
        clusters.get(userId, clusterId),
        clusters.members(userId, clusterId, { limit: NEWEST_MEMBERS, consistent: true }),
      ]);
      const counted = { count, newest: members.imageIds, updated_at: at };
      const definition = existing ?? definitions[clusterId] ?? (await begin(userId, clusterId, members.imageIds, at));
      const cluster: Cluster = { ...definition, ...counted };
      const due = mayAskName && nameIsDue(cluster);
      // Written before it is asked for: what answers has to find the cluster.
      const asked = due ? { name_asked_at: count } : {};
      if (existing) await clusters.count(userId, clusterId, { ...counted, ...asked });
      else await clusters.create(userId, { ...cluster, ...asked });
      const cover = cluster.cover_image_id;
      if (cover !== undefined && !(await clusters.isMember(userId, clusterId, cover)))
        await clusters.dropCover(userId, clusterId, cover);
      if (due) await queues.jobs({ type: 'name_cluster', user_id: userId, cluster_id: clusterId, revision: count });
    }
  }

  async function begin(
    userId: string,
    cluster_id: string,
    memberIds: readonly string[],
    created_at: string,
  ): Promise<ClusterDefinition> {
    const [members, siblings] = await Promise.all([images.getMany(userId, memberIds), clusters.list(userId)]);
    const name = nameFromTags(members, new Set(siblings.map((sibling) => sibling.name)));
    return { cluster_id, name, name_source: 'tags', name_asked_at: 0, created_at };
  }
}

export type ShowClusters = ReturnType<typeof createShowClusters>;
