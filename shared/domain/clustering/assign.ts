import type { Background } from './background.ts';
import { type ClusterStats, deviation, similarityBetween, similarityTo } from './stats.ts';

/** What a user's clusters have in common: what is expected of a cluster too small to speak for itself. */
export interface Prior {
  /** Similarity of unrelated images. */
  readonly background: Background;
  /** Usual average similarity between members of one cluster. */
  readonly related: number;
  /** How much clusters differ in that, as a standard deviation. */
  readonly relatedDeviation: number;
  /** Usual standard deviation of a member's average similarity to the rest. */
  readonly deviation: number;
  /** Part of the background's variance that averaging over a cluster's members does not remove, 0–1; {@link COMMON_SHARE} where absent. */
  readonly common?: number;
}

export interface Assignment {
  /** The cluster to join, or null: wait. */
  readonly cluster_id: string | null;
  /** The best cluster, whether joined or not; null when there are none. */
  readonly nearest: string | null;
  /** Average similarity to the members of the best cluster, in [-1, 1]; 0 when there are no clusters. */
  readonly similarity: number;
  /** What the similarity had to reach. */
  readonly threshold: number;
  readonly runner_up: { readonly cluster_id: string; readonly similarity: number } | null;
  /** By how much the best had to beat the runner-up (in affinity, see {@link assign}). */
  readonly margin: number;
  readonly reason: 'assigned' | 'below_threshold' | 'ambiguous' | 'no_clusters';
}

/** Members of this many deviations below the mean still belong. */
const Z_MEMBER = 3;
/** Nothing belongs that unrelated images reach by chance. */
const Z_BACKGROUND = 3;
/** A cluster's own numbers and the prior weigh alike at this many members. */
const PRIOR_MEMBERS = 6;
/** Part of the background's variance that averaging over many members does not remove. */
const COMMON_SHARE = 0.2;
/** Share of half the squared distance of two centroids by which the better must win. */
const MARGIN_SHARE = 0.1;

/** Derives the prior from the background and from the clusters there are, weighing each by its size up to 12. */
export function derivePrior(background: Background, clusters: readonly ClusterStats[]): Prior {
  const grown = clusters.filter((cluster) => cluster.count >= 3);
  const usual = background.mean + Math.min(4 * background.deviation, 0.6 * (1 - background.mean));
  let weight = 6;
  let related = weight * usual;
  let variance = weight * (1.2 * background.deviation) ** 2;
  for (const cluster of grown) {
    const share = Math.min(12, cluster.count - 2);
    weight += share;
    related += share * cluster.mean;
    variance += share * deviation(cluster) ** 2;
  }
  related /= weight;
  let between = 2 * (1.5 * background.deviation) ** 2;
  for (const cluster of grown) between += (cluster.mean - related) ** 2;
  return {
    background,
    related,
    relatedDeviation: Math.sqrt(between / (grown.length + 2)),
    deviation: Math.sqrt(variance / weight),
  };
}

/** What an image's average similarity to the members must reach to join this cluster. */
export function thresholdOf(cluster: ClusterStats, prior: Prior): number {
  const { mean, variance } = expectedSimilarity(cluster, prior);
  const { mean: ground, deviation: unrelated } = prior.background;
  const weight = (cluster.count - 1) / (cluster.count - 1 + PRIOR_MEMBERS);
  const spread = Math.sqrt(
    weight * deviation(cluster) ** 2 + (1 - weight) * prior.deviation ** 2 + unrelated ** 2 / cluster.count + variance,
  );
  const { common = COMMON_SHARE } = prior;
  const floor = ground + Z_BACKGROUND * unrelated * Math.sqrt((1 - common) / cluster.count + common);
  return Math.max(mean - Z_MEMBER * spread, Math.min(floor, mean));
}

/**
 * The cluster's mean similarity shrunk towards the usual one, and how uncertain it is: the normal posterior, in which a
 * small cluster follows the others to the degree that the others are alike.
 */
export function expectedSimilarity(cluster: ClusterStats, prior: Prior): { mean: number; variance: number } {
  const noise = prior.deviation ** 2 + prior.background.deviation ** 2;
  const ownPrecision = (cluster.count - 1) / noise;
  const usualPrecision = 1 / prior.relatedDeviation ** 2;
  const variance = 1 / (ownPrecision + usualPrecision);
  return { mean: variance * (ownPrecision * cluster.mean + usualPrecision * prior.related), variance };
}

/**
 * Decides where one image belongs.
 *
 * The best cluster is that of highest affinity = similarity − half the similarity expected of a member, which is the
 * likelihood rule for two clusters of different tightness and equal noise (linear discriminant analysis): with plain
 * similarity a tight cluster would take the members of its looser neighbours. Between clusters a and b affinities of
 * true members differ by half the squared distance of the centroids, ½(aa + bb) − ab; a share of that is the margin,
 * so that twins are decided by a hair and strangers clearly.
 *
 * One dot product a cluster; no allocation that grows with anything but the number of clusters.
 */
export function assign(vector: Float32Array, clusters: readonly ClusterStats[], prior: Prior): Assignment {
  let best: ClusterStats | null = null;
  let second: ClusterStats | null = null;
  let bestAffinity = Number.NEGATIVE_INFINITY;
  let secondAffinity = Number.NEGATIVE_INFINITY;
  for (const cluster of clusters) {
    if (cluster.count === 0) continue;
    const affinity = similarityTo(cluster, vector) - expectedSimilarity(cluster, prior).mean / 2;
    if (affinity > bestAffinity) {
      second = best;
      secondAffinity = bestAffinity;
      best = cluster;
      bestAffinity = affinity;
    } else if (affinity > secondAffinity) {
      second = cluster;
      secondAffinity = affinity;
    }
  }
  if (!best) {
    return {
      cluster_id: null,
      nearest: null,
      similarity: 0,
      threshold: 0,
      runner_up: null,
      margin: 0,
      reason: 'no_clusters',
    };
  }
  const similarity = similarityTo(best, vector);
  const threshold = thresholdOf(best, prior);
  const margin = second ? marginBetween(best, second, prior) : 0;
  const runner_up = second && { cluster_id: second.cluster_id, similarity: similarityTo(second, vector) };
  const reason =
    similarity < threshold ? 'below_threshold' : bestAffinity - secondAffinity < margin ? 'ambiguous' : 'assigned';
  const nearest = best.cluster_id;
  return {
    cluster_id: reason === 'assigned' ? nearest : null,
    nearest,
    similarity,
    threshold,
    runner_up,
    margin,
    reason,
  };
}

/** By how much one of two clusters must be the better (in affinity) to be chosen. */
export function marginBetween(a: ClusterStats, b: ClusterStats, prior: Prior): number {
  const within = (expectedSimilarity(a, prior).mean + expectedSimilarity(b, prior).mean) / 2;
  return MARGIN_SHARE * Math.max(0, within - similarityBetween(a, b));
}
