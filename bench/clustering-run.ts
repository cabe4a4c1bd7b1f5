import { adjustedRandIndex } from '../shared/domain/clustering/metrics.ts';
import { type ClusterState, newClusterState, place } from '../shared/domain/clustering/place.ts';
import { seededRandom, shuffled } from '../shared/domain/clustering/random.ts';
import { recluster } from '../shared/domain/clustering/recluster.ts';
import { review } from '../shared/domain/clustering/review.ts';

/** What came out of clustering labelled vectors; unassigned ones count as a class each. */
export interface Outcome {
  ari: number;
  clusters: number;
  unassigned: number;
  milliseconds: number;
  /** Cluster of each vector, or null. */
  labels: (string | null)[];
}

/** Places the vectors one by one in an order given by `seed`, with the reviews asked for, as `organize` does. */
export function runIncremental(vectors: readonly Float32Array[], truth: readonly unknown[], seed: number): Outcome {
  const started = performance.now();
  const where = new Map<string, string>();
  let ids = 0;
  const newId = () => `c${++ids}`;
  let state: ClusterState = newClusterState();
  const order = shuffled([...vectors.keys()], seededRandom(seed));
  for (const i of order) {
    const placement = place({ image_id: String(i), vector: vectors[i]! }, state, newId);
    state = placement.state;
    for (const { image_id, cluster_id } of placement.placed) where.set(image_id, cluster_id);
    if (placement.review === null) continue;
    const members = [...where].filter(([, cluster_id]) => cluster_id === placement.review);
    const reviewed = review(
      placement.review,
      members.map(([image_id]) => ({ image_id, vector: vectors[Number(image_id)]! })),
      state,
      newId,
    );
    state = reviewed.state;
    for (const { image_id, cluster_id } of reviewed.moved) {
      if (cluster_id === null) where.delete(image_id);
      else where.set(image_id, cluster_id);
    }
  }
  return outcome(where, truth, performance.now() - started);
}

/** Clusters all the vectors at once. */
export function runRecluster(vectors: readonly Float32Array[], truth: readonly unknown[], k: number | 'auto'): Outcome {
  const started = performance.now();
  let ids = 0;
  const { clusters } = recluster(
    vectors.map((vector, i) => ({ image_id: String(i), vector })),
    { k, seed: 1, newId: () => `c${++ids}` },
  );
  const where = new Map(clusters.flatMap((c) => c.image_ids.map((image_id) => [image_id, c.cluster_id] as const)));
  return outcome(where, truth, performance.now() - started);
}

function outcome(where: ReadonlyMap<string, string>, truth: readonly unknown[], milliseconds: number): Outcome {
  const labels = truth.map((_, i) => where.get(String(i)) ?? null);
  return {
    ari: adjustedRandIndex(
      truth,
      labels.map((label, i) => label ?? i),
    ),
    clusters: new Set(where.values()).size,
    unassigned: labels.filter((label) => label === null).length,
    milliseconds,
    labels,
  };
}
