import { type Cluster, NEWEST_MEMBERS } from '../../shared/adapters/clusters.ts';
import type { EventOf, OrganizeDeps } from './deps.ts';
import { nameFromTags, nameIsDue } from './naming.ts';
import type { Session } from './session.ts';

/** What people see of clusters: `CLUSTER#` items, brought in line with the centroids. */
export function createShowClusters({ clusters, images, queues, clock }: OrganizeDeps) {
  return { refresh, applyName };

  /** The model's name for a cluster, unless a person has named it. */
  async function applyName(userId: string, event: EventOf<'named'>) {
    const cluster = await clusters.get(userId, event.cluster_id);
    if (!cluster || cluster.name_source === 'person') return;
    const at = clock().toISOString();
    await clusters.change(userId, event.cluster_id, {
      name: event.name,
      name_source: 'model',
      named_by: { model: event.model, prompt_version: event.prompt_version, at },
      updated_at: at,
    });
  }

  /** Brings what people see of clusters in line with their centroids: count, newest members, name; empty ones go. */
  async function refresh(userId: string, session: Session, clusterIds: readonly string[], mayAskName: boolean) {
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
      const cluster: Cluster = {
        ...(existing ?? {
          cluster_id: clusterId,
          name: await firstName(userId, members.imageIds),
          name_source: 'tags',
          name_asked_at: 0,
          created_at: at,
        }),
        count,
        newest: members.imageIds,
        updated_at: at,
      };
      const due = mayAskName && nameIsDue(cluster);
      // Written before it is asked for: what answers has to find the cluster.
      await clusters.put(userId, due ? { ...cluster, name_asked_at: count } : cluster);
      if (due) await queues.jobs({ type: 'name_cluster', user_id: userId, cluster_id: clusterId, revision: count });
    }
  }

  async function firstName(userId: string, memberIds: readonly string[]): Promise<string> {
    const [members, siblings] = await Promise.all([images.getMany(userId, memberIds), clusters.list(userId)]);
    return nameFromTags(members, new Set(siblings.map(({ name }) => name)));
  }
}

export type ShowClusters = ReturnType<typeof createShowClusters>;
