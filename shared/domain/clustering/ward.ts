/** Two clusters becoming one: the row numbers of a member of each, and the squared distance at which they join. */
interface Merge {
  a: number;
  b: number;
  height: number;
}

/** All squared Euclidean distances of n rows: n × n values, row by row. */
export function squaredDistances(rows: readonly Float32Array[]): Float32Array {
  const n = rows.length;
  const matrix = new Float32Array(n * n);
  for (let i = 0; i < n; i += 1) {
    const a = rows[i]!;
    for (let j = 0; j < i; j += 1) {
      const b = rows[j]!;
      let sum = 0;
      for (let d = 0; d < a.length; d += 1) {
        const difference = a[d]! - b[d]!;
        sum += difference * difference;
      }
      matrix[i * n + j] = sum;
      matrix[j * n + i] = sum;
    }
  }
  return matrix;
}

/**
 * Ward's hierarchical clustering by nearest-neighbour chains: O(n²) time and memory, no random start, so none of the
 * local minima of k-means (Murtagh & Legendre, "Ward's hierarchical agglomerative clustering method", 2014).
 * @param squared n × n squared Euclidean distances; it is not changed.
 * @returns the n − 1 merges, nearest first.
 */
export function wardMerges(squared: Float32Array, n: number): Merge[] {
  const distances = Float32Array.from(squared);
  const sizes = new Float64Array(n).fill(1);
  const alive = new Uint8Array(n).fill(1);
  const merges: Merge[] = [];
  const chain: number[] = [];
  let start = 0;
  while (merges.length < n - 1) {
    if (chain.length === 0) {
      while (!alive[start]) start += 1;
      chain.push(start);
    }
    const top = chain.at(-1)!;
    const previous = chain.at(-2);
    let nearest = previous ?? -1;
    let least = previous === undefined ? Number.POSITIVE_INFINITY : distances[top * n + previous]!;
    for (let j = 0; j < n; j += 1) {
      if (alive[j] && j !== top && distances[top * n + j]! < least) {
        least = distances[top * n + j]!;
        nearest = j;
      }
    }
    if (nearest !== previous) {
      chain.push(nearest);
      continue;
    }
    chain.length -= 2;
    merges.push({ a: top, b: nearest, height: least });
    join(distances, sizes, alive, n, top, nearest);
  }
  return merges.sort((x, y) => x.height - y.height);
}

/** Folds cluster `b` into `a` by the Lance–Williams formula for Ward's distance. */
function join(distances: Float32Array, sizes: Float64Array, alive: Uint8Array, n: number, a: number, b: number): void {
  const between = distances[a * n + b]!;
  for (let j = 0; j < n; j += 1) {
    if (!alive[j] || j === a || j === b) continue;
    const all = sizes[a]! + sizes[b]! + sizes[j]!;
    const joined =
      ((sizes[a]! + sizes[j]!) * distances[a * n + j]! +
        (sizes[b]! + sizes[j]!) * distances[b * n + j]! -
        sizes[j]! * between) /
      all;
    distances[a * n + j] = joined;
    distances[j * n + a] = joined;
  }
  sizes[a]! += sizes[b]!;
  alive[b] = 0;
}

/** The clustering with `k` clusters in a tree of merges: for each of the n rows a number in 0…k−1. */
export function cutTree(merges: readonly Merge[], n: number, k: number): Int32Array {
  const parent = Int32Array.from({ length: n }, (_, i) => i);
  const rootOf = (i: number): number => {
    let root = i;
    while (parent[root] !== root) root = parent[root]!;
    return root;
  };
  for (const { a, b } of merges.slice(0, Math.max(0, n - k))) parent[rootOf(b)] = rootOf(a);
  const numbers = new Map<number, number>();
  return Int32Array.from({ length: n }, (_, i) => {
    const root = rootOf(i);
    if (!numbers.has(root)) numbers.set(root, numbers.size);
    return numbers.get(root)!;
  });
}
