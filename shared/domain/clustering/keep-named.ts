import { type ClusterStats, similarityTo, statsOf } from './stats.ts';
import type { Waiting } from './waiting.ts';

/** A cluster as it was, and whether it must be there afterwards. */
export interface Previous {
  readonly cluster_id: string;
  readonly image_ids: readonly string[];
  /** A person named it. */
  readonly named?: boolean;
}

/** A cluster of a re-clustering. */
export interface Group {
  readonly cluster_id: string;
  readonly continued: boolean;
  readonly image_ids: readonly string[];
}

/**
 * Sees to it that no cluster a person named is lost in a re-clustering. One that no group continues takes over the group most of its
 * images are in (largest Jaccard index first, however small), if that is a new one. If that group continues another cluster, the two are
 * kept apart: images that were in one of them stay there, all others go to the nearer of the two centroids. One whose images are in no
 * group keeps what it had.
 * @param groups as `recluster` found them.
 * @param previous the clusters there were, each image in one at the most.
 * @param items every image that was clustered.
 * @returns the groups with every named cluster that has an image left; images in none of them are unassigned.
 */
export function keepNamed(
  groups: readonly Group[],
  previous: readonly Previous[],
  items: readonly Waiting[],
): { clusters: Group[]; unassigned: string[] } {
  const vectors = new Map(items.map(({ image_id, vector }) => [image_id, vector]));
  const before = new Map(previous.flatMap(({ cluster_id, image_ids }) => image_ids.map((id) => [id, cluster_id])));
  const clusters = new Map(groups.map((group) => [group.cluster_id, group]));
  const lost = previous
    .filter(({ cluster_id, named }) => named && !clusters.has(cluster_id))
    .map(({ cluster_id, image_ids }) => ({ cluster_id, image_ids: image_ids.filter((id) => vectors.has(id)) }))
    .filter(({ image_ids }) => image_ids.length > 0)
    .sort((a, b) => b.image_ids.length - a.image_ids.length || (a.cluster_id < b.cluster_id ? -1 : 1));

  for (const { cluster_id, image_ids } of lost) {
    const own = new Set(image_ids);
    const home = bestOverlap(own, [...clusters.values()]);
    if (!home) {
      clusters.set(cluster_id, { cluster_id, continued: true, image_ids });
    } else if (!home.continued) {
      clusters.delete(home.cluster_id);
      clusters.set(cluster_id, { ...home, cluster_id, continued: true });
    } else {
      const others = home.image_ids.filter((id) => before.get(id) === home.cluster_id);
      const mine = home.image_ids.filter((id) => own.has(id));
      const [one, other] = [statsFor(cluster_id, mine, vectors), statsFor(home.cluster_id, others, vectors)];
      const nearer = (id: string) => {
        const vector = vectors.get(id);
        return vector !== undefined && similarityTo(one, vector) > similarityTo(other, vector);
      };
      const goes = (id: string) => own.has(id) || (before.get(id) !== home.cluster_id && nearer(id));
      const [taken, left] = [home.image_ids.filter(goes), home.image_ids.filter((id) => !goes(id))];
      clusters.set(home.cluster_id, { ...home, image_ids: left });
      clusters.set(cluster_id, { cluster_id, continued: true, image_ids: taken });
    }
  }
  const placed = new Set([...clusters.values()].flatMap(({ image_ids }) => image_ids));
  return {
    clusters: [...clusters.values()],
    unassigned: items.map(({ image_id }) => image_id).filter((id) => !placed.has(id)),
  };
}

/** The group with the largest Jaccard index, or `null` where none shares an image. */
function bestOverlap(own: ReadonlySet<string>, groups: readonly Group[]): Group | null {
  let best: Group | null = null;
  let most = 0;
  for (const group of groups) {
    const both = group.image_ids.filter((id) => own.has(id)).length;
    const overlap = both / (own.size + group.image_ids.length - both);
    if (overlap > most || (overlap === most && best && overlap > 0 && group.cluster_id < best.cluster_id)) {
      best = group;
      most = overlap;
    }
  }
  return best;
}

function statsFor(clusterId: string, ids: readonly string[], vectors: ReadonlyMap<string, Float32Array>): ClusterStats {
  return statsOf(
    clusterId,
    ids.flatMap((id) => vectors.get(id) ?? []),
  );
}
