import { estimateBackground } from './background.ts';
import { divide } from './divide.ts';
import { agreesAsCluster, LEAST_MEMBERS } from './found.ts';
import { splitGroup } from './modes.ts';
import type { ClusterState } from './state.ts';
import { cohesion, statsOf } from './stats.ts';
import type { Waiting } from './waiting.ts';

/** Sizes at which a growing cluster is looked at again: a bounded number of times, whatever the gallery grows to. */
const REVIEW_SIZES: readonly number[] = [6, 12, 24, 48, 96];

/** Whether a cluster that grew from `before` to `after` members is due for {@link review}. */
export function isReviewDue(before: number, after: number): boolean {
  return REVIEW_SIZES.some((size) => before < size && size <= after);
}

export interface Review {
  readonly state: ClusterState;
  /** Members whose cluster changed; null: they wait again. */
  readonly moved: readonly { readonly image_id: string; readonly cluster_id: string | null }[];
}

/**
 * Looks again at a young cluster, now that more is known: founded from few images against a background hardly learned,
 * it may hold several: strangers to each other, or neighbours that only many members tell apart. Its largest part keeps the cluster's id, other parts become clusters, what is left waits.
 * @param members all members of the cluster (a few dozen at most); leave clusters alone that a person named or filled.
 */
export function review(
  cluster_id: string,
  members: readonly Waiting[],
  state: ClusterState,
  newId: () => string,
): Review {
  const background = estimateBackground(state.background);
  const parts = divide(members, background)
    .flatMap(splitGroup)
    .sort((a, b) => b.length - a.length);
  if (parts.length < 2) return { state, moved: [] };
  const stats = parts.map((part) =>
    statsOf(
      cluster_id,
      part.map((image) => image.vector),
    ),
  );
  const keeps = stats.map(
    (part) => part.count >= LEAST_MEMBERS && agreesAsCluster(part.count, cohesion(part), background),
  );
  const first = keeps.indexOf(true);
  if (first < 0) return { state, moved: [] };
  const ids = keeps.map((kept, i) => (i === first ? cluster_id : kept ? newId() : null));
  const others = state.clusters.filter((cluster) => cluster.cluster_id !== cluster_id);
  const formed = stats.flatMap((part, i) => (ids[i] ? [{ ...part, cluster_id: ids[i] }] : []));
  const released = parts.flatMap((part, i) => (ids[i] === null ? part : []));
  return {
    state: { ...state, clusters: [...others, ...formed], waiting: [...state.waiting, ...released] },
    moved: parts.flatMap((part, i) =>
      i === first ? [] : part.map(({ image_id }) => ({ image_id, cluster_id: ids[i] ?? null })),
    ),
  };
}
