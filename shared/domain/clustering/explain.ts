import { type Assignment, assign, marginBetween, type Prior, thresholdOf } from './assign.ts';
import { type ClusterStats, removeMember, similarityTo } from './stats.ts';

/** Why something is where it is: the figures of {@link Assignment}, `null` where there is nothing to compare with. */
export interface Explanation {
  readonly similarity: number | null;
  readonly threshold: number | null;
  readonly runner_up: Assignment['runner_up'];
  readonly margin: number | null;
}

/**
 * What there is to say about an image that is in a cluster already, whoever put it there: how similar it is to the other members, and to
 * those of the cluster it would be in otherwise. Outside of any (`null`): what {@link assign} finds.
 * @param clusters all of them, the image's own with the image in it.
 */
export function explain(
  vector: Float32Array,
  clusterId: string | null,
  clusters: readonly ClusterStats[],
  prior: Prior,
): Explanation {
  const own = clusters.find(({ cluster_id }) => cluster_id === clusterId);
  const others = clusters.filter((cluster) => cluster !== own && cluster.count > 0);
  const next = assign(vector, others, prior);
  if (!own) {
    const { similarity, threshold, runner_up, margin, nearest } = next;
    return nearest === null
      ? { similarity: null, threshold: null, runner_up: null, margin: null }
      : { similarity, threshold, runner_up, margin };
  }
  const runner_up = next.nearest === null ? null : { cluster_id: next.nearest, similarity: next.similarity };
  if (own.count < 2) return { similarity: null, threshold: null, runner_up, margin: null };
  const rest = removeMember(own, vector);
  const second = others.find(({ cluster_id }) => cluster_id === next.nearest);
  return {
    similarity: similarityTo(rest, vector),
    threshold: thresholdOf(rest, prior),
    runner_up,
    margin: second ? marginBetween(rest, second, prior) : null,
  };
}
