import { type Assignment, assign, derivePrior, thresholdOf } from './assign.ts';
import { type Background, estimateBackground, observeSimilarities } from './background.ts';
import { isReclusterDue } from './due.ts';
import { found, MOST_WAITING } from './found.ts';
import { isReviewDue } from './review.ts';
import { type ClusterState, keepWitnesses, newClusterState } from './state.ts';
import { addMember, type ClusterStats, similarityTo, statsOf } from './stats.ts';
import { dot } from './vectors.ts';
import type { Waiting } from './waiting.ts';

export type { ClusterState };
export { keepWitnesses, newClusterState };

export interface Placement {
  /** The state afterwards. */
  readonly state: ClusterState;
  /** Where the new image was found to belong before anything was founded. */
  readonly assignment: Assignment;
  /** Every image that now has a cluster and had none: the new one and others that waited. */
  readonly placed: readonly { readonly image_id: string; readonly cluster_id: string }[];
  /** The cluster founded, if one was. */
  readonly founded: string | null;
  /** A cluster that has grown enough for `review` to look at its members again. */
  readonly review: string | null;
  /** Whether the gallery has grown enough, see {@link isReclusterDue}, to be clustered afresh. */
  readonly recluster: boolean;
}

/**
 * Places one new image: assigns it, or founds a cluster from it and those waiting, or lets it wait; then looks whether
 * some that waited now belong to the cluster that changed. Constant work for an image, whatever the size of the gallery.
 * @param newId names a cluster, if one is founded.
 */
export function place(image: Waiting, state: ClusterState, newId: () => string): Placement {
  const waiting = state.waiting.filter((other) => other.image_id !== image.image_id).slice(-MOST_WAITING);
  const others = new Map([...state.witnesses, ...waiting].map((other) => [other.image_id, other]));
  others.delete(image.image_id);
  const background = observeSimilarities(
    state.background,
    [...others.values()].map((other) => dot(other.vector, image.vector)),
  );
  const recluster = isReclusterDue(state.background.images, background.images);
  const witnesses = keepWitnesses([...state.witnesses, image]);
  const estimate = estimateBackground(background);
  const prior = derivePrior(estimate, state.clusters);
  const assignment = assign(image.vector, state.clusters, prior);
  const founders = assignment.cluster_id === null ? found(waiting, image, prior, state.witnesses) : null;
  const cluster_id = assignment.cluster_id ?? (founders ? newId() : null);
  if (cluster_id === null) {
    return {
      state: { ...state, background, witnesses, waiting: [...waiting, image] },
      assignment,
      placed: [],
      founded: null,
      review: null,
      recluster,
    };
  }
  const joining = founders ? [image, ...waiting.filter((other) => founders.includes(other.image_id))] : [image];
  const clusters = founders
    ? [
        ...state.clusters,
        statsOf(
          cluster_id,
          joining.map((other) => other.vector),
        ),
      ]
    : state.clusters.map((c) => (c.cluster_id === cluster_id ? addMember(c, image.vector) : c));
  const left = waiting.filter((other) => !joining.includes(other));
  const followed = follow(left, clusters, cluster_id, estimate);
  return {
    state: { background, witnesses, clusters: followed.clusters, waiting: followed.waiting },
    assignment,
    placed: [...joining, ...followed.joined].map(({ image_id }) => ({ image_id, cluster_id })),
    founded: founders ? cluster_id : null,
    review: isReviewDue(sizeOf(state.clusters, cluster_id), sizeOf(followed.clusters, cluster_id)) ? cluster_id : null,
    recluster,
  };
}

function sizeOf(clusters: readonly ClusterStats[], cluster_id: string): number {
  return clusters.find((cluster) => cluster.cluster_id === cluster_id)?.count ?? 0;
}

/** Lets waiting images join the cluster that has just changed. */
function follow(waiting: readonly Waiting[], before: readonly ClusterStats[], changed: string, background: Background) {
  const joined: Waiting[] = [];
  const left: Waiting[] = [];
  let clusters = before;
  let prior = derivePrior(background, clusters);
  for (const image of waiting) {
    const cluster = clusters.find(({ cluster_id }) => cluster_id === changed);
    // One look at the cluster that changed spares most images the comparison with all the others.
    const near = cluster !== undefined && similarityTo(cluster, image.vector) >= thresholdOf(cluster, prior);
    if (near && assign(image.vector, clusters, prior).cluster_id === changed) {
      joined.push(image);
      clusters = clusters.map((c) => (c === cluster ? addMember(c, image.vector) : c));
      prior = derivePrior(background, clusters);
    } else left.push(image);
  }
  return { clusters, joined, waiting: left };
}
