/** How long something took, over many photos: count, sum, and a histogram fine enough for percentiles. */
export interface Timing {
  count: number;
  sum_ms: number;
  /** Count by bucket, see {@link bucketOf}; empty ones are left out. */
  buckets: Partial<Record<string, number>>;
}

/** Buckets a doubling: each is 19 % wider than the one before, so a percentile is exact to about 10 %. */
const PER_DOUBLING = 4;

export const noTiming = (): Timing => ({ count: 0, sum_ms: 0, buckets: {} });

/** The bucket of a duration: number n holds what is above 2^((n−1)/4) ms and at most 2^(n/4) ms; 0 all up to 1 ms. */
function bucketOf(ms: number): number {
  return ms <= 1 ? 0 : Math.ceil(PER_DOUBLING * Math.log2(ms));
}

/** With one duration more (`sign` 1), or with one that was added before taken out again (−1). */
export function changeTiming({ count, sum_ms, buckets }: Timing, ms: number, sign: 1 | -1): Timing {
  return { count: count + sign, sum_ms: sum_ms + sign * ms, buckets: changeCount(buckets, String(bucketOf(ms)), sign) };
}

export function meanOf({ count, sum_ms }: Timing): number | null {
  return count === 0 ? null : Math.round(sum_ms / count);
}

/** The 95th percentile (nearest rank), as the geometric middle of its bucket; `null` where nothing was measured. */
export function p95({ count, buckets }: Timing): number | null {
  const rank = Math.ceil(0.95 * count);
  let seen = 0;
  for (const [bucket, inIt] of Object.entries(buckets).sort(([a], [b]) => Number(a) - Number(b))) {
    seen += inIt ?? 0;
    if (seen >= rank) return Number(bucket) === 0 ? 1 : Math.round(2 ** ((Number(bucket) - 0.5) / PER_DOUBLING));
  }
  return null;
}

/** Counts by name with one of them changed by one; what comes to nothing is left out. */
export function changeCount<K extends string>(
  counts: Partial<Record<K, number>>,
  name: K,
  sign: 1 | -1,
): Partial<Record<K, number>> {
  const changed = { ...counts };
  const count = (counts[name] ?? 0) + sign;
  if (count === 0) delete changed[name];
  else changed[name] = count;
  return changed;
}
