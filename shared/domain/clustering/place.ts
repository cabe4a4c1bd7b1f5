import { type Assignment, assign, derivePrior } from './assign.ts';
import { type Background, type BackgroundStats, estimateBackground, newBackground, observeSimilarities } from './background.ts';
import { found, MOST_WAITING, type Waiting } from './found.ts';
import { addMember, type ClusterStats, statsOf } from './stats.ts';
import { dot } from './vectors.ts';

/** All that placing a user's next image depends on. */
export interface ClusterState {
  readonly clusters: readonly ClusterStats[];
  /** Unassigned images, oldest first; only the last {@link MOST_WAITING} are looked at. */
  readonly waiting: readonly Waiting[];
  readonly background: BackgroundStats;
  /** A small random sample of all images, see {@link keepWitnesses}: what new images are compared with. */
  readonly witnesses: readonly Waiting[];
}

/** Size of the sample of images that new ones are compared with. */
export const MOST_WITNESSES = 16;

/** A user's state before the first image. */
export function newClusterState(expected?: Background): ClusterState {
  return { clusters: [], waiting: [], witnesses: [], background: newBackground(expected) };
}

export interface Placement {
  /** The state afterwards. */
  readonly state: ClusterState;
  /** Where the new image was found to belong before anything was founded. */
  readonly assignment: Assignment;
  /** Every image that now has a cluster and had none: the new one and others that waited. */
  readonly placed: readonly { readonly image_id: string; readonly cluster_id: string }[];
  /** The cluster founded, if one was. */
  readonly founded: string | null;
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
  const witnesses = keepWitnesses([...state.witnesses, image]);
  const estimate = estimateBackground(background);
  const prior = derivePrior(estimate, state.clusters);
  const assignment = assign(image.vector, state.clusters, prior);
  const founders = assignment.cluster_id === null ? found(waiting, image, prior, state.witnesses) : null;
  const cluster_id = assignment.cluster_id ?? (founders ? newId() : null);
  if (cluster_id === null) {
    return { state: { ...state, background, witnesses, waiting: [...waiting, image] }, assignment, placed: [], founded: null };
  }
  const joining = founders ? [image, ...waiting.filter((other) => founders.includes(other.image_id))] : [image];
  const clusters = founders
    ? [...state.clusters, statsOf(cluster_id, joining.map((other) => other.vector))]
    : state.clusters.map((c) => (c.cluster_id === cluster_id ? addMember(c, image.vector) : c));
  const left = waiting.filter((other) => !joining.includes(other));
  const followed = follow(left, clusters, cluster_id, background);
  return {
    state: { background, witnesses, clusters: followed.clusters, waiting: followed.waiting },
    assignment,
    placed: [...joining, ...followed.joined].map(({ image_id }) => ({ image_id, cluster_id })),
    founded: founders ? cluster_id : null,
  };
}

/** Lets waiting images join the cluster that has just changed. */
function follow(waiting: readonly Waiting[], before: readonly ClusterStats[], changed: string, stats: BackgroundStats) {
  const background = estimateBackground(stats);
  const joined: Waiting[] = [];
  const left: Waiting[] = [];
  let clusters = before;
  for (const image of waiting) {
    if (assign(image.vector, clusters, derivePrior(background, clusters)).cluster_id === changed) {
      joined.push(image);
      clusters = clusters.map((c) => (c.cluster_id === changed ? addMember(c, image.vector) : c));
    } else left.push(image);
  }
  return { clusters, joined, waiting: left };
}

/**
 * A sample of the images seen, uniform and independent of their order: those whose ids hash lowest (bottom-k sampling,
 * Cohen & Kaplan, 2007). No counter and no random source is needed, and a repeated image changes nothing.
 */
export function keepWitnesses(images: readonly Waiting[]): Waiting[] {
  const unique = new Map(images.map((image) => [image.image_id, image]));
  return [...unique.values()]
    .map((image) => ({ image, hash: hashOf(image.image_id) }))
    .sort((a, b) => a.hash - b.hash || (a.image.image_id < b.image.image_id ? -1 : 1))
    .slice(0, MOST_WITNESSES)
    .map(({ image }) => image);
}

/** FNV-1a with a final mix (murmur3), 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
