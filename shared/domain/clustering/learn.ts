import { kmeans } from 'ml-kmeans';
import { measureSilhouette, similarityMatrix } from './metrics.ts';
import type { Random } from './random.ts';
import { learnReduction, reduceVector } from './reduce.ts';
import { cutTree, squaredDistances, wardMerges } from './ward.ts';

/** A partition of the sample: for each vector a number in 0…k−1, and its mean silhouette. */
export interface Learned {
  labels: Int32Array;
  k: number;
  silhouette: number;
}

/** With the standard error of the silhouette. */
interface Candidate extends Learned {
  error: number;
}

/**
 * Dimensions kept for learning. Many have room for the centres of many groups; few leave out more of the noise, which
 * matters where there are few images. Both are tried.
 */
const REDUCED_DIMENSIONS: readonly number[] = [48, 12];
const MOST_CLUSTERS = 60;
/** With fewer vectors for each cluster, on average, the silhouette rises with every pair that chance brought together. */
const LEAST_AVERAGE_SIZE = 6;
/** So many of the best numbers of clusters are refined by k-means before one is chosen. */
const FINALISTS = 3;

/**
 * Learns a partition of a sample (up to about 1,000 unit vectors; time and memory grow with its square).
 *
 * In the leading principal subspace, Ward's tree proposes a partition for every number of clusters; ml-kmeans refines
 * the proposals, started from their centres rather than at random, so that it cannot end in a poor local minimum; the
 * silhouette in the full space, which noise in the subspace cannot flatter, chooses the number of clusters, the smallest of
 * those that it holds for about equally good.
 * @param k the number of clusters, or 'auto' to choose it.
 */
export function learnPartition(vectors: readonly Float32Array[], k: number | 'auto', random: Random): Learned {
  const n = vectors.length;
  if (n < 2 || k === 1) return { labels: new Int32Array(n), k: Math.min(1, n), silhouette: 0 };
  const similarities = similarityMatrix(vectors);
  const measured = (labels: Int32Array, size: number): Candidate => {
    const { mean, error } = measureSilhouette(similarities, labels, size);
    return { labels, k: size, silhouette: mean, error };
  };
  const candidates = k === 'auto' ? range(2, mostClusters(n)) : [Math.min(k, n)];
  const full = learnReduction(vectors, Math.max(...REDUCED_DIMENSIONS), random);
  const finalists = REDUCED_DIMENSIONS.flatMap((dimensions) => {
    const rows = vectors.map((vector) => reduceVector(vector, { ...full, axes: full.axes.slice(0, dimensions) }));
    const merges = wardMerges(squaredDistances(rows), n);
    const proposals = candidates.map((size) => measured(cutTree(merges, n, size), size)).sort(bySilhouette);
    const numbers = rows.map((row) => Array.from(row));
    return [...new Set([...proposals.slice(0, FINALISTS), simplest(proposals)])].flatMap((proposal) => [
      measured(refine(numbers, proposal.labels, proposal.k), proposal.k),
      proposal,
    ]);
  });
  return simplest(finalists.sort(bySilhouette));
}

/**
 * Of candidates, the best first, that with the fewest clusters which is not worse than the best by more than a standard error
 * (Breiman et al., "Classification and Regression Trees", 1984): where the silhouette hardly cares, one photo more or less must
 * not decide between eleven clusters and fifteen. What that puts together wrongly comes apart again by its modes.
 */
function simplest(candidates: readonly Candidate[]): Candidate {
  const best = candidates[0]!;
  return candidates
    .filter(({ silhouette }) => silhouette >= best.silhouette - best.error)
    .reduce((least, candidate) => (candidate.k < least.k ? candidate : least), best);
}

/** However few the vectors, a handful of clusters is thinkable. */
function mostClusters(n: number): number {
  return Math.min(MOST_CLUSTERS, Math.max(Math.min(8, n - 1), Math.floor(n / LEAST_AVERAGE_SIZE)));
}

function range(first: number, last: number): number[] {
  return Array.from({ length: Math.max(1, last - first + 1) }, (_, i) => first + i);
}

function bySilhouette(a: Candidate, b: Candidate): number {
  return b.silhouette - a.silhouette || a.k - b.k;
}

/** k-means from the centres of a partition; the partition itself if a cluster comes out empty. */
function refine(rows: number[][], labels: Int32Array, k: number): Int32Array {
  const width = rows[0]!.length;
  const sizes = new Float64Array(k);
  const centres = Array.from({ length: k }, () => new Array<number>(width).fill(0));
  rows.forEach((row, i) => {
    const centre = centres[labels[i]!]!;
    sizes[labels[i]!]! += 1;
    for (let d = 0; d < width; d += 1) centre[d]! += row[d]!;
  });
  const initialization = centres.map((centre, g) => centre.map((value) => value / sizes[g]!));
  const clusters = Int32Array.from(kmeans(rows, k, { initialization, maxIterations: 30 }).clusters);
  return new Set(clusters).size === k ? clusters : labels;
}
