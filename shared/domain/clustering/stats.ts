import { decodeVector, dot, encodeVector } from './vectors.ts';

/**
 * What is known of one cluster, in about 2 KB however many members it has.
 *
 * `mean` and `m2` are Welford's running mean and sum of squared deviations of member-to-centroid similarity. The centroid
 * here is the plain mean of the *other* members (not scaled to length 1), so the similarity is a member's average
 * similarity to the rest. Unlike the cosine with a unit centroid, its expectation does not grow with the cluster, and it
 * is on the same scale as the similarity of two images, so small and large clusters and the background compare directly.
 * A cluster of n members has n − 1 such observations.
 */
export interface ClusterStats {
  readonly cluster_id: string;
  readonly sum: Float32Array;
  readonly count: number;
  readonly mean: number;
  readonly m2: number;
}

/** {@link ClusterStats} as plain values for storage: the sum as little-endian bytes. */
export interface StoredClusterStats {
  cluster_id: string;
  sum: Uint8Array;
  count: number;
  mean: number;
  m2: number;
}

/** A cluster without members. */
export function emptyStats(cluster_id: string, dimensions: number): ClusterStats {
  return { cluster_id, sum: new Float32Array(dimensions), count: 0, mean: 0, m2: 0 };
}

/**
 * The statistics of a cluster with these members (unit vectors), added in the order given.
 * @throws RangeError when there is no member.
 */
export function statsOf(cluster_id: string, members: readonly Float32Array[]): ClusterStats {
  const first = members[0];
  if (!first) throw new RangeError(`statsOf: expected at least one member for cluster ${cluster_id}, got none`);
  // As `addMember` would one by one, in one sum instead of one for each.
  const sum = new Float32Array(first.length);
  let mean = 0;
  let m2 = 0;
  members.forEach((vector, before) => {
    if (before > 0) {
      const similarity = dot(sum, vector) / before;
      const delta = similarity - mean;
      mean += delta / before;
      m2 += delta * (similarity - mean);
    }
    for (let d = 0; d < sum.length; d += 1) sum[d]! += vector[d]!;
  });
  return { cluster_id, sum, count: members.length, mean, m2 };
}

/** The statistics after `vector` (a unit vector) has joined; the argument is not changed. */
export function addMember(stats: ClusterStats, vector: Float32Array): ClusterStats {
  const sum = stats.sum.slice();
  for (let d = 0; d < sum.length; d += 1) sum[d]! += vector[d]!;
  const count = stats.count + 1;
  if (stats.count === 0) return { ...stats, sum, count, mean: 0, m2: 0 };
  const similarity = similarityTo(stats, vector);
  const delta = similarity - stats.mean;
  const mean = stats.mean + delta / stats.count;
  return { ...stats, sum, count, mean, m2: stats.m2 + delta * (similarity - mean) };
}

/**
 * The statistics after `vector`, a member, has left. Removing the member that joined last restores the former state (to
 * rounding); for an earlier one the sum stays exact and the spread approximate, since its similarity is taken to the
 * members there are now.
 * @throws RangeError when the cluster has no members.
 */
export function removeMember(stats: ClusterStats, vector: Float32Array): ClusterStats {
  if (stats.count === 0) throw new RangeError(`removeMember: cluster ${stats.cluster_id} has no member to remove`);
  const count = stats.count - 1;
  if (count === 0) return emptyStats(stats.cluster_id, stats.sum.length);
  const sum = stats.sum.map((value, i) => value - vector[i]!);
  if (count === 1) return { ...stats, sum, count, mean: 0, m2: 0 };
  const similarity = dot(sum, vector) / count;
  const mean = (stats.mean * count - similarity) / (count - 1);
  const m2 = Math.max(0, stats.m2 - (similarity - stats.mean) * (similarity - mean));
  return { ...stats, sum, count, mean, m2 };
}

/** Average similarity of `vector` to the members: the dot product with their mean. */
export function similarityTo(stats: ClusterStats, vector: Float32Array): number {
  return dot(stats.sum, vector) / stats.count;
}

/** Average similarity between the members of two clusters. */
export function similarityBetween(a: ClusterStats, b: ClusterStats): number {
  return dot(a.sum, b.sum) / (a.count * b.count);
}

/** Average similarity between two different members, exactly, in [-1, 1]; 1 for a cluster of one. */
export function cohesion({ sum, count }: ClusterStats): number {
  return count < 2 ? 1 : (dot(sum, sum) - count) / (count * (count - 1));
}

/** Standard deviation of member-to-centroid similarity; 0 while there are too few members to tell. */
export function deviation({ count, m2 }: ClusterStats): number {
  return count < 3 ? 0 : Math.sqrt(m2 / (count - 2));
}

/** For storage. */
export function storeStats(stats: ClusterStats): StoredClusterStats {
  return { ...stats, sum: encodeVector(stats.sum) };
}

/** From storage. */
export function restoreStats(stored: StoredClusterStats): ClusterStats {
  return { ...stored, sum: decodeVector(stored.sum, stored.sum.byteLength / 4) };
}
