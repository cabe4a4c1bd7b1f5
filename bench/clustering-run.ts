import { MOST_WAITING } from '../shared/domain/clustering/found.ts';
import { adjustedRandIndex, silhouette } from '../shared/domain/clustering/metrics.ts';
import { type ClusterState, newClusterState, place } from '../shared/domain/clustering/place.ts';
import { seededRandom, shuffled } from '../shared/domain/clustering/random.ts';
import { recluster } from '../shared/domain/clustering/recluster.ts';
import { review } from '../shared/domain/clustering/review.ts';
import { addMember, emptyStats, removeMember } from '../shared/domain/clustering/stats.ts';
import type { Mixture } from './mixtures.ts';
import { meterCpu } from './runner/meter.ts';

/** What came out of clustering labelled vectors. */
export interface Outcome {
  /** Adjusted Rand index over all vectors: each outlier, and each vector left unassigned, is a class of its own. */
  ari: number;
  /** The same over the members of groups only: outliers are left out of both labellings. */
  inner: number;
  /** Of what has a cluster; sampled. */
  silhouette: number;
  clusters: number;
  unassigned: number;
  /** Of processor time: other work on the machine does not count. */
  milliseconds: number;
}

/** Events that `organize` gets at a time; reviews follow the batch. */
const BATCH = 10;
/** Clusters of more members `organize` leaves to re-clustering. */
const MOST_REVIEWED = 100;

type Where = Map<string, string>;

/**
 * Places the vectors one by one in an order given by `seed`, as `organize` does: in batches, each followed by the reviews
 * it asked for, and, when `doubling`, a re-clustering each time the gallery has doubled.
 */
export function runIncremental(mixture: Mixture, seed: number, { doubling }: { doubling: boolean }): Outcome {
  const { vectors } = mixture;
  const cpu = meterCpu();
  const where: Where = new Map();
  let ids = 0;
  const newId = () => `c${++ids}`;
  let state: ClusterState = newClusterState();
  const image = (i: number) => ({ image_id: String(i), vector: vectors[i]! });
  const move = (moves: readonly { readonly image_id: string; readonly cluster_id: string | null }[]) => {
    state = moveAll(state, where, moves, vectors);
  };
  const order = shuffled([...vectors.keys()], seededRandom(seed));
  for (let start = 0; start < order.length; start += BATCH) {
    const due = new Set<string>();
    let reclusterDue = false;
    const batch = order.slice(start, start + BATCH);
    for (const i of batch) {
      const placement = place(image(i), state, newId);
      state = placement.state;
      for (const { image_id, cluster_id } of placement.placed) where.set(image_id, cluster_id);
      reclusterDue ||= placement.recluster;
      if (placement.review) due.add(placement.review);
    }
    for (const cluster_id of due) {
      const members = [...where].flatMap(([id, in_]) => (in_ === cluster_id ? [image(Number(id))] : []));
      if (members.length <= MOST_REVIEWED) move(review(cluster_id, members, state, newId).moved);
    }
    if (!doubling || !reclusterDue) continue;
    const seen = order.slice(0, start + batch.length).map(image);
    const { clusters, unassigned } = recluster(seen, { seed, previous: membersOf(where), newId });
    const targets = new Map(clusters.flatMap((c) => c.image_ids.map((id) => [id, c.cluster_id] as const)));
    const all = [...targets.keys(), ...unassigned].map((image_id) => ({
      image_id,
      cluster_id: targets.get(image_id) ?? null,
    }));
    move(all.filter(({ image_id, cluster_id }) => (where.get(image_id) ?? null) !== cluster_id));
    state = { ...state, clusters: clusters.map(({ stats }) => stats) };
  }
  return outcome(where, mixture, cpu());
}

/** Members that change their cluster, one at a time, as `organize` moves them; null: they wait again. */
function moveAll(
  before: ClusterState,
  where: Where,
  moves: readonly { readonly image_id: string; readonly cluster_id: string | null }[],
  vectors: readonly Float32Array[],
): ClusterState {
  const clusters = new Map(before.clusters.map((cluster) => [cluster.cluster_id, cluster]));
  let { waiting } = before;
  for (const { image_id, cluster_id } of moves) {
    const vector = vectors[Number(image_id)]!;
    const from = clusters.get(where.get(image_id) ?? '');
    if (from) clusters.set(from.cluster_id, removeMember(from, vector));
    waiting = waiting.filter((other) => other.image_id !== image_id);
    if (cluster_id === null) {
      where.delete(image_id);
      waiting = [...waiting, { image_id, vector }].slice(-MOST_WAITING);
      continue;
    }
    where.set(image_id, cluster_id);
    clusters.set(cluster_id, addMember(clusters.get(cluster_id) ?? emptyStats(cluster_id, vector.length), vector));
  }
  return { ...before, waiting, clusters: [...clusters.values()].filter(({ count }) => count > 0) };
}

function membersOf(where: Where) {
  const groups = Map.groupBy([...where], ([, cluster_id]) => cluster_id);
  return [...groups].map(([cluster_id, members]) => ({ cluster_id, image_ids: members.map(([id]) => id) }));
}

/** Clusters all the vectors at once. */
export function runRecluster(mixture: Mixture, k: number | 'auto' = 'auto'): Outcome {
  const cpu = meterCpu();
  let ids = 0;
  const { clusters } = recluster(
    mixture.vectors.map((vector, i) => ({ image_id: String(i), vector })),
    { k, seed: 1, newId: () => `c${++ids}` },
  );
  const where = new Map(clusters.flatMap((c) => c.image_ids.map((image_id) => [image_id, c.cluster_id] as const)));
  return outcome(where, mixture, cpu());
}

function outcome(where: ReadonlyMap<string, string>, mixture: Mixture, milliseconds: number): Outcome {
  return {
    ...score(
      mixture,
      mixture.vectors.map((_, i) => where.get(String(i)) ?? null),
    ),
    clusters: new Set(where.values()).size,
    unassigned: mixture.vectors.length - where.size,
    milliseconds,
  };
}

/** How well labels (null: none) agree with a mixture's groups. */
export function score({ vectors, labels: truth, k }: Mixture, labels: readonly (string | number | null)[]) {
  const own = labels.map((label, i) => label ?? `alone ${i}`);
  const inner = truth.flatMap((label, i) => (label < k ? [i] : []));
  return {
    ari: adjustedRandIndex(truth, own),
    inner: adjustedRandIndex(
      inner.map((i) => truth[i]!),
      inner.map((i) => own[i]!),
    ),
    silhouette: silhouette(vectors, labels, seededRandom(1)),
  };
}
