import { type ClusterDefinition, type Clusters, definitionOf } from '../../shared/adapters/clusters.ts';
import type { Clock } from '../../shared/adapters/ids.ts';
import type { Images } from '../../shared/adapters/images.ts';
import { isShown } from '../../shared/domain/image.ts';
import type { Grouping } from './grouping.ts';

/** Photos in clusters, for plans of merges and moves. */
export function createClusterGrouping({
  clusters,
  images,
  clock,
}: {
  clusters: Clusters;
  images: Images;
  clock: Clock;
}): Grouping {
  return {
    async definition(userId, clusterId) {
      const cluster = await clusters.get(userId, clusterId);
      return cluster && { ...definitionOf(cluster) };
    },

    members: (userId, clusterId) => clusters.allMembers(userId, clusterId),

    async whereabouts(userId, ids) {
      const records = await images.getMany(userId, ids, { consistent: true });
      return new Map(
        records.filter(isShown).map(({ image_id, cluster }) => {
          const { cluster_id = null, reason = 'waiting' } = cluster ?? {};
          return [image_id, { group_id: cluster_id, was: reason }];
        }),
      );
    },

    named(cluster_id, name) {
      const definition: ClusterDefinition = {
        cluster_id,
        name,
        name_source: 'person',
        name_asked_at: 0,
        created_at: clock().toISOString(),
      };
      return { ...definition };
    },

    /** A name that a person gave wins over others; of two of them, that of the cluster which stays. */
    relabelled(into, from) {
      const { cluster_id, ...before } = into as unknown as ClusterDefinition;
      const other = (from as unknown as ClusterDefinition[]).find(({ name_source }) => name_source === 'person');
      if (!other || before.name_source === 'person') return undefined;
      const words = ({ name, name_source, named_by }: typeof before) => ({ name, name_source, named_by });
      return { group_id: cluster_id, before: words(before), after: words(other) };
    },
  };
}
