import type { Predicate } from './filter.ts';
import type { StoredVector, VectorIndex } from './store.ts';

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** Cosine: 1 − cosine of the angle, 0 to 2. Euclidean: length of the difference. */
function distance(metric: VectorIndex['metric'], query: Float32Array, queryNorm: number, data: Float32Array): number {
  if (metric === 'cosine') return 1 - dot(query, data) / (queryNorm * Math.sqrt(dot(data, data)));
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += ((query[i] as number) - (data[i] as number)) ** 2;
  return Math.sqrt(sum);
}

/** The `topK` nearest vectors that pass, nearest first, by comparing with every one (equal distances: by key). */
export function nearest(
  vectors: Iterable<StoredVector>,
  query: Float32Array,
  metric: VectorIndex['metric'],
  topK: number,
  passes: Predicate,
): { vector: StoredVector; distance: number }[] {
  const queryNorm = Math.sqrt(dot(query, query));
  const hits: { vector: StoredVector; distance: number }[] = [];
  for (const vector of vectors) {
    if (passes(vector.metadata)) hits.push({ vector, distance: distance(metric, query, queryNorm, vector.data) });
  }
  hits.sort((a, b) => a.distance - b.distance || (a.vector.key < b.vector.key ? -1 : 1));
  return hits.slice(0, topK);
}
