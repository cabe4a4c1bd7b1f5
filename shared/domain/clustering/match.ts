/** Groups that overlap less than this (Jaccard index) are not the same cluster. */
const LEAST_OVERLAP = 0.2;

/**
 * Which new group continues which old cluster: pairs by overlap of their members, largest Jaccard index |A∩B| / |A∪B|
 * first (greedy). Two groups that share more than half of a cluster's members cannot both exist, so for clusters that
 * persist the greedy choice is the best one, and unlike an optimal total (Hungarian method) it never gives up a clear
 * continuation for the sake of two weak ones.
 * @param previous old clusters; ids of images that no longer exist do no harm.
 * @param groups member ids of each new group.
 * @returns for each group the id of the cluster it continues, or null; no id twice.
 */
export function matchClusters(
  previous: readonly { readonly cluster_id: string; readonly image_ids: readonly string[] }[],
  groups: readonly (readonly string[])[],
): (string | null)[] {
  const groupOf = new Map<string, number>();
  groups.forEach((group, g) => {
    for (const image_id of group) groupOf.set(image_id, g);
  });
  const known = previous.map((old) => ({
    cluster_id: old.cluster_id,
    groups: old.image_ids.flatMap((image_id) => groupOf.get(image_id) ?? []),
    size: old.image_ids.length,
  }));
  const pairs = known.flatMap(({ cluster_id, groups: inGroups, size }) => {
    const shared = new Map<number, number>();
    for (const g of inGroups) shared.set(g, (shared.get(g) ?? 0) + 1);
    return [...shared].map(([g, both]) => ({ cluster_id, g, overlap: both / (size + groups[g]!.length - both) }));
  });
  pairs.sort((a, b) => b.overlap - a.overlap || a.g - b.g || (a.cluster_id < b.cluster_id ? -1 : 1));
  const result = new Array<string | null>(groups.length).fill(null);
  const used = new Set<string>();
  for (const { cluster_id, g, overlap } of pairs) {
    if (overlap < LEAST_OVERLAP || result[g] !== null || used.has(cluster_id)) continue;
    result[g] = cluster_id;
    used.add(cluster_id);
  }
  return result;
}
