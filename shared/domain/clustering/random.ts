/** A source of uniform numbers in [0, 1), like `Math.random`. */
export type Random = () => number;

/**
 * Seeded pseudo-random source (mulberry32, Tommy Ettinger, public domain): equal seeds give equal sequences on every
 * host. For sampling and initialisation only; nothing secret may depend on it.
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** One draw from the standard normal distribution (Box–Muller). */
export function gaussian(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** A new array with the items in random order (Fisher–Yates). */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}

/** `size` of the numbers 0…count−1, ascending, without repetition; all of them when there are no more than that. */
export function sampleIndices(count: number, size: number, random: Random): number[] {
  const all = Array.from({ length: count }, (_, i) => i);
  return count <= size
    ? all
    : shuffled(all, random)
        .slice(0, size)
        .sort((a, b) => a - b);
}
