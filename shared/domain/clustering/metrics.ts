import { type Random, sampleIndices } from './random.ts';
import { dot } from './vectors.ts';

/**
 * Agreement of two labellings of the same items, corrected for chance: 1 for equal partitions (whatever the labels are
 * called), about 0 for independent ones, below 0 for worse than chance. Two labellings that both put everything together,
 * or both everything apart, agree: 1. (Hubert & Arabie, "Comparing partitions", 1985.)
 * @throws RangeError when the lengths differ.
 */
export function adjustedRandIndex<A, B>(expected: readonly A[], actual: readonly B[]): number {
  if (expected.length !== actual.length) {
    throw new RangeError(
      `adjustedRandIndex: expected equally many labels, got ${expected.length} and ${actual.length}`,
    );
  }
  const rows = new Map<A, number>();
  const columns = new Map<B, number>();
  const cells = new Map<A, Map<B, number>>();
  expected.forEach((a, i) => {
    const b = actual[i]!;
    rows.set(a, (rows.get(a) ?? 0) + 1);
    columns.set(b, (columns.get(b) ?? 0) + 1);
    const row = cells.get(a) ?? new Map<B, number>();
    cells.set(a, row.set(b, (row.get(b) ?? 0) + 1));
  });
  const together = [...cells.values()].reduce((sum, row) => sum + pairsWithin(row.values()), 0);
  const inRows = pairsWithin(rows.values());
  const inColumns = pairsWithin(columns.values());
  const all = pairs(expected.length);
  const byChance = all === 0 ? 0 : (inRows * inColumns) / all;
  const most = (inRows + inColumns) / 2;
  return most === byChance ? 1 : (together - byChance) / (most - byChance);
}

function pairs(count: number): number {
  return (count * (count - 1)) / 2;
}

function pairsWithin(counts: Iterable<number>): number {
  let sum = 0;
  for (const count of counts) sum += pairs(count);
  return sum;
}

/**
 * Mean silhouette under cosine distance (1 − dot) of unit vectors, in [-1, 1]: how much nearer items are to their own
 * cluster than to the next one. Items labelled `null` are left out; an item alone in its cluster counts 0, and so does
 * the whole when fewer than two clusters are left. Measured on at most `sample` items, against each other.
 * (Rousseeuw, "Silhouettes", 1987.)
 */
export function silhouette<L>(
  vectors: readonly Float32Array[],
  labels: readonly (L | null)[],
  random: Random,
  sample = 1000,
): number {
  const labelled = labels.flatMap((label, i) => (label === null ? [] : [i]));
  const chosen = sampleIndices(labelled.length, sample, random).map((i) => labelled[i]!);
  const numbers = new Map<L, number>();
  const groups = chosen.map((i) => {
    const label = labels[i] as L;
    if (!numbers.has(label)) numbers.set(label, numbers.size);
    return numbers.get(label)!;
  });
  return silhouetteOfMatrix(similarityMatrix(chosen.map((i) => vectors[i]!)), Int32Array.from(groups), numbers.size);
}

/** All dot products of n vectors, row by row: n × n values. */
export function similarityMatrix(vectors: readonly Float32Array[]): Float32Array {
  const n = vectors.length;
  const matrix = new Float32Array(n * n);
  for (let i = 0; i < n; i += 1) {
    matrix[i * n + i] = 1;
    for (let j = 0; j < i; j += 1) {
      const similarity = dot(vectors[i]!, vectors[j]!);
      matrix[i * n + j] = similarity;
      matrix[j * n + i] = similarity;
    }
  }
  return matrix;
}

/** {@link silhouette} of n items from their n × n similarities; `groups` holds a number in 0…k−1 for each item. */
export function silhouetteOfMatrix(matrix: Float32Array, groups: Int32Array, k: number): number {
  return measureSilhouette(matrix, groups, k).mean;
}

/** {@link silhouetteOfMatrix} and its standard error, from how the items differ. */
export function measureSilhouette(
  matrix: Float32Array,
  groups: Int32Array,
  k: number,
): { mean: number; error: number } {
  const n = groups.length;
  const sizes = new Int32Array(k);
  for (const group of groups) sizes[group]! += 1;
  if (sizes.filter((size) => size > 0).length < 2) return { mean: 0, error: 0 };
  const sums = new Float64Array(k);
  let total = 0;
  let squares = 0;
  for (let i = 0; i < n; i += 1) {
    const own = groups[i]!;
    if (sizes[own]! < 2) continue;
    sums.fill(0);
    const row = matrix.subarray(i * n, i * n + n);
    for (let j = 0; j < n; j += 1) sums[groups[j]!]! += row[j]!;
    const within = 1 - (sums[own]! - row[i]!) / (sizes[own]! - 1);
    let nearest = Number.POSITIVE_INFINITY;
    for (let g = 0; g < k; g += 1) {
      if (g !== own && sizes[g]! > 0) nearest = Math.min(nearest, 1 - sums[g]! / sizes[g]!);
    }
    const larger = Math.max(within, nearest);
    const width = larger > 0 ? (nearest - within) / larger : 0;
    total += width;
    squares += width ** 2;
  }
  const mean = total / n;
  return { mean, error: Math.sqrt(Math.max(0, squares / n - mean ** 2) / n) };
}
