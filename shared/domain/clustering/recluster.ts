import { assign, derivePrior } from './assign.ts';
import { type Background, EXPECTED_BACKGROUND } from './background.ts';
import { agreesAsCluster, LEAST_MEMBERS } from './found.ts';
import { learnPartition } from './learn.ts';
import { matchClusters } from './match.ts';
import { splitGroup } from './modes.ts';
import { type Random, sampleIndices, seededRandom } from './random.ts';
import { refineAll } from './spherical.ts';
import { type ClusterStats, cohesion, similarityTo, statsOf } from './stats.ts';
import { dot } from './vectors.ts';
import type { Waiting } from './waiting.ts';

export interface ReclusterOptions {
  /** Number of clusters, or 'auto' (default) to choose it and to leave what fits nowhere unassigned. */
  readonly k?: number | 'auto';
  /** Equal seeds, items and options give equal results, also in another order of the items. */
  readonly seed: number;
  /** The clusters there are, so that those that persist keep their ids. */
  readonly previous?: readonly { readonly cluster_id: string; readonly image_ids: readonly string[] }[];
  /** Names a new cluster. */
  readonly newId: () => string;
  /** What to expect of unrelated images while there are few. */
  readonly expected?: Background;
}

export interface Reclustering {
  /** Largest first. */
  readonly clusters: readonly {
    readonly cluster_id: string;
    /** Whether the id continues a previous cluster. */
    readonly continued: boolean;
    /** Nearest to the centroid first: the first ones describe the cluster best. */
    readonly image_ids: readonly string[];
    readonly stats: ClusterStats;
  }[];
  readonly unassigned: readonly string[];
}

/** Learning takes time and memory with the square of this. */
const SAMPLE = 800;
/** Rounds of looking for more clusters among what fitted in none. */
const ROUNDS = 3;
/** Below this silhouette nothing divides images that all resemble each other. */
const LEAST_SILHOUETTE = 0.12;
/** How much less clusters must stand out where none does, and from how many images on that is worth a try. */
const FAINT = 0.6;
const FAINT_LEAST = 24;

/**
 * Clusters all of a user's images afresh (a job: seconds for 10,000 images of 512 dimensions).
 * Learns on a sample ({@link learnPartition}), refines over all images ({@link refineAll}), and, when k is chosen here,
 * dissolves clusters that are tiny or stand out of nothing, lets go of images that do not fit theirs, and looks for more
 * clusters among those. With a given k every image is assigned and there are k clusters, or as many as images.
 * @throws RangeError for a k that is no whole number ≥ 1.
 */
export function recluster(items: readonly Waiting[], options: ReclusterOptions): Reclustering {
  const { k = 'auto', seed, previous = [], newId, expected = EXPECTED_BACKGROUND.text } = options;
  if (k !== 'auto' && !(Number.isInteger(k) && k >= 1)) {
    throw new RangeError(`recluster: expected k to be 'auto' or a whole number from 1, got ${k}`);
  }
  const sorted = items.toSorted((a, b) => (a.image_id < b.image_id ? -1 : 1));
  const random = seededRandom(seed);
  const groups = k === 'auto' ? chooseClear(sorted, expected, seed) : partition(sorted, k, expected, random);
  groups.sort((a, b) => b.length - a.length);
  const ids = matchClusters(
    previous,
    groups.map((group) => group.map((image) => image.image_id)),
  );
  const placed = new Set(groups.flat());
  return {
    clusters: groups.map((group, g) => {
      const cluster_id = ids[g] ?? newId();
      const stats = statsOf(
        cluster_id,
        group.map((image) => image.vector),
      );
      return { cluster_id, continued: ids[g] !== null, image_ids: nearestFirst(group, stats), stats };
    }),
    unassigned: sorted.filter((image) => !placed.has(image)).map((image) => image.image_id),
  };
}

/** Divides the images into k groups (fewer only if there are fewer images), none left out. */
function partition(items: readonly Waiting[], k: number | 'auto', expected: Background, random: Random): Waiting[][] {
  if (items.length === 0) return [];
  const vectors = items.map((item) => item.vector);
  const most = k === 'auto' ? k : Math.min(k, items.length);
  const sample = sampleIndices(items.length, Math.max(SAMPLE, k === 'auto' ? 0 : 2 * k), random);
  const learned = learnPartition(
    sample.map((i) => vectors[i]!),
    most,
    random,
  );
  const labels = new Int32Array(items.length).fill(-1);
  sample.forEach((i, s) => {
    labels[i] = learned.labels[s]!;
  });
  const all =
    k === 'auto' && learned.silhouette < LEAST_SILHOUETTE && alike(vectors, expected)
      ? new Int32Array(items.length)
      : refineAll(vectors, labels, learned.k);
  const groups: Waiting[][] = [];
  all.forEach((g, i) => {
    groups[g] ??= [];
    groups[g].push(items[i]!);
  });
  const filled = groups.filter((group) => group !== undefined);
  return k === 'auto' ? filled.flatMap(splitGroup) : filled;
}

/** Where nothing stands out clearly in a gallery of some size, a faint order is better than none: somebody asked for one. */
function chooseClear(items: readonly Waiting[], expected: Background, seed: number): Waiting[][] {
  const clear = chooseGroups(items, expected, seededRandom(seed), 1);
  return clear.length > 0 || items.length < FAINT_LEAST
    ? clear
    : chooseGroups(items, expected, seededRandom(seed), FAINT);
}

/** Groups that are worth being clusters; images in none of them are left out. */
function chooseGroups(
  items: readonly Waiting[],
  expected: Background,
  random: Random,
  strictness: number,
): Waiting[][] {
  let groups: Waiting[][] = [];
  let rest = items;
  let background: Background | null = null;
  for (let round = 0; round < ROUNDS && rest.length >= LEAST_MEMBERS; round += 1) {
    const proposed = partition(rest, 'auto', expected, random);
    background ??= backgroundOf(proposed, expected, random);
    const worthy = proposed.filter((group) => isWorthy(group, background!, strictness));
    if (worthy.length === 0) break;
    groups = settle(items, [...groups, ...worthy], background, strictness);
    const placed = new Set(groups.flat());
    rest = items.filter((item) => !placed.has(item));
  }
  return groups;
}

function isWorthy(group: readonly Waiting[], background: Background, strictness: number): boolean {
  return group.length > 0 && agreesAsCluster(group.length, cohesion(statsFor(group)), background, strictness);
}

/** Every image to the cluster it fits best, if it fits; clusters no longer worthy dissolve, and their images try again. */
function settle(
  items: readonly Waiting[],
  start: readonly Waiting[][],
  background: Background,
  strictness: number,
): Waiting[][] {
  let groups = start;
  for (let round = 0; round < 3; round += 1) {
    const clusters = groups.map((group, g) => statsFor(group, String(g)));
    const prior = derivePrior(background, clusters);
    const next: Waiting[][] = groups.map(() => []);
    for (const item of items) {
      const { nearest, reason } = assign(item.vector, clusters, prior);
      if (nearest !== null && reason !== 'below_threshold') next[Number(nearest)]!.push(item);
    }
    const worthy = next.filter((group) => isWorthy(group, background, strictness));
    const settled = sameGroups(worthy, groups);
    groups = worthy;
    // Another round would say the same.
    if (settled) break;
  }
  return [...groups];
}

function sameGroups(some: readonly Waiting[][], others: readonly (readonly Waiting[])[]): boolean {
  return (
    some.length === others.length &&
    some.every((group, g) => group.length === others[g]!.length && group.every((image, i) => image === others[g]![i]))
  );
}

/** Similarity of images in different groups, shrunk towards what is expected while there are few. */
function backgroundOf(groups: readonly Waiting[][], expected: Background, random: Random): Background {
  const all = groups.flatMap((group, g) => group.map(({ vector }) => ({ vector, g })));
  const sample = sampleIndices(all.length, 300, random).map((i) => all[i]!);
  let pairs = 0;
  let sum = 0;
  let squares = 0;
  sample.forEach((a, i) => {
    for (const b of sample.slice(0, i)) {
      if (a.g === b.g) continue;
      const similarity = dot(a.vector, b.vector);
      pairs += 1;
      sum += similarity;
      squares += similarity ** 2;
    }
  });
  if (pairs === 0) return expected;
  const mean = sum / pairs;
  const deviation = Math.sqrt(Math.max(0, squares / pairs - mean ** 2));
  const weight = sample.length / (sample.length + 10);
  return {
    mean: weight * mean + (1 - weight) * expected.mean,
    deviation: weight * deviation + (1 - weight) * expected.deviation,
  };
}

/** Whether the images as a whole resemble each other far more than unrelated ones are expected to. */
function alike(vectors: readonly Float32Array[], expected: Background): boolean {
  return vectors.length < 2 || cohesion(statsOf('all', vectors)) >= expected.mean + 3 * expected.deviation;
}

function statsFor(group: readonly Waiting[], cluster_id = 'group'): ClusterStats {
  return statsOf(
    cluster_id,
    group.map((image) => image.vector),
  );
}

function nearestFirst(group: readonly Waiting[], stats: ClusterStats): string[] {
  return group
    .map(({ image_id, vector }) => ({ image_id, similarity: similarityTo(stats, vector) }))
    .sort((a, b) => b.similarity - a.similarity || (a.image_id < b.image_id ? -1 : 1))
    .map(({ image_id }) => image_id);
}
