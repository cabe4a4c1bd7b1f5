import { gaussian, type Random } from './random.ts';
import { dot } from './vectors.ts';

/** A map from many dimensions to few: subtract the mean, then project on orthonormal axes. */
export interface Reduction {
  mean: Float32Array;
  axes: Float32Array[];
}

/**
 * Learns the `dimensions` directions in which the vectors differ most (their leading principal subspace), by subspace
 * iteration from a random start (Halko, Martinsson & Tropp, "Finding structure with randomness", 2011). Keeping only
 * these directions keeps what separates groups and drops most of the noise spread over the others.
 */
export function learnReduction(vectors: readonly Float32Array[], dimensions: number, random: Random): Reduction {
  const width = vectors[0]?.length ?? 0;
  const mean = meanOf(vectors, width);
  const centred = vectors.map((vector) => vector.map((value, i) => value - mean[i]!));
  const count = Math.min(dimensions, Math.max(1, vectors.length - 1), width);
  let axes: Float32Array[] = Array.from({ length: count }, () =>
    Float32Array.from({ length: width }, () => gaussian(random)),
  );
  for (let round = 0; round < 4; round += 1) {
    axes = orthonormalise(axes.map((axis) => weightedSum(centred, axis)));
  }
  return { mean, axes };
}

/** The sum of the rows, each weighed by its dot product with `axis`; four rows at a time, which saves the stores of three. */
function weightedSum(rows: readonly Float32Array[], axis: Float32Array): Float32Array {
  const sum = new Float32Array(axis.length);
  let r = 0;
  for (; r + 3 < rows.length; r += 4) {
    const [a, b, c, d] = [rows[r]!, rows[r + 1]!, rows[r + 2]!, rows[r + 3]!];
    const [wa, wb, wc, wd] = [dot(a, axis), dot(b, axis), dot(c, axis), dot(d, axis)];
    for (let i = 0; i < sum.length; i += 1) sum[i]! += wa * a[i]! + wb * b[i]! + wc * c[i]! + wd * d[i]!;
  }
  for (const row of rows.slice(r)) {
    const weight = dot(row, axis);
    for (let i = 0; i < sum.length; i += 1) sum[i]! += weight * row[i]!;
  }
  return sum;
}

/** The vector in the few dimensions of `reduction`. */
export function reduceVector(vector: Float32Array, { mean, axes }: Reduction): Float32Array {
  const centred = vector.map((value, i) => value - mean[i]!);
  return Float32Array.from(axes, (axis) => dot(centred, axis));
}

function meanOf(vectors: readonly Float32Array[], width: number): Float32Array {
  const sum = new Float64Array(width);
  for (const vector of vectors) for (let i = 0; i < width; i += 1) sum[i]! += vector[i]!;
  return Float32Array.from(sum, (value) => value / Math.max(1, vectors.length));
}

/** Gram–Schmidt, in order; axes that add no direction of their own are dropped. */
function orthonormalise(axes: Float32Array[]): Float32Array[] {
  const kept: Float32Array[] = [];
  for (const axis of axes) {
    const before = Math.sqrt(dot(axis, axis));
    for (const other of kept) {
      const share = dot(axis, other);
      for (let i = 0; i < axis.length; i += 1) axis[i]! -= share * other[i]!;
    }
    const length = Math.sqrt(dot(axis, axis));
    if (length > before * 1e-5) kept.push(axis.map((value) => value / length));
  }
  return kept;
}
