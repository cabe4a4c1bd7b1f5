import { dot } from './vectors.ts';

/** Stop when no more than this share of the vectors changes its cluster. */
const SETTLED_SHARE = 0.001;

/**
 * k-means over all unit vectors in typed arrays, from given labels: assigns each vector to the cluster of highest
 * affinity (similarity to the centroid − half the cluster's cohesion, the rule of `assign`) and moves the centroids,
 * until nearly nothing changes. On the sphere this is Euclidean k-means without its bias against small clusters; unlike
 * pure cosine assignment it does not mind a direction common to all vectors.
 *
 * No cluster is left empty: one that would be takes the vector that fits its own cluster worst.
 * @param labels a number in 0…k−1 for each vector, or −1 for those not assigned yet.
 * @returns new labels, all in 0…k−1.
 */
export function refineAll(vectors: readonly Float32Array[], labels: Int32Array, k: number, rounds = 10): Int32Array {
  let current = labels;
  for (let round = 0; round < rounds; round += 1) {
    const next = assignAll(vectors, current, k);
    let changed = 0;
    for (let i = 0; i < next.length; i += 1) if (next[i] !== current[i]) changed += 1;
    current = next;
    if (changed <= SETTLED_SHARE * vectors.length) break;
  }
  return current;
}

function assignAll(vectors: readonly Float32Array[], labels: Int32Array, k: number): Int32Array {
  const { means, halves } = centroidsOf(vectors, labels, k);
  const next = new Int32Array(vectors.length);
  const fit = new Float64Array(vectors.length);
  const sizes = new Int32Array(k);
  vectors.forEach((vector, i) => {
    let best = 0;
    let highest = Number.NEGATIVE_INFINITY;
    for (let g = 0; g < k; g += 1) {
      const affinity = dot(vector, means[g]!) - halves[g]!;
      if (affinity > highest) {
        highest = affinity;
        best = g;
      }
    }
    next[i] = best;
    fit[i] = highest;
    sizes[best]! += 1;
  });
  for (let g = 0; g < k; g += 1) if (sizes[g] === 0) fill(next, fit, sizes, g);
  return next;
}

/** Mean vectors, and half of each cluster's average similarity between two different members. */
function centroidsOf(vectors: readonly Float32Array[], labels: Int32Array, k: number) {
  const width = vectors[0]?.length ?? 0;
  const means = Array.from({ length: k }, () => new Float32Array(width));
  const sizes = new Int32Array(k);
  vectors.forEach((vector, i) => {
    const g = labels[i]!;
    if (g < 0) return;
    sizes[g]! += 1;
    const sum = means[g]!;
    for (let d = 0; d < width; d += 1) sum[d]! += vector[d]!;
  });
  const halves = means.map((sum, g) => {
    const size = sizes[g]!;
    const square = dot(sum, sum);
    for (let d = 0; d < width; d += 1) sum[d]! /= Math.max(1, size);
    return size < 2 ? 0.5 : (square - size) / (size * (size - 1)) / 2;
  });
  return { means, halves };
}

/** Gives the empty cluster `g` the worst-fitting vector of a cluster that can spare one. */
function fill(labels: Int32Array, fit: Float64Array, sizes: Int32Array, g: number): void {
  let worst = -1;
  for (let i = 0; i < labels.length; i += 1) {
    if (sizes[labels[i]!]! > 1 && (worst < 0 || fit[i]! < fit[worst]!)) worst = i;
  }
  if (worst < 0) return;
  sizes[labels[worst]!]! -= 1;
  labels[worst] = g;
  fit[worst] = Number.POSITIVE_INFINITY;
  sizes[g] = 1;
}
