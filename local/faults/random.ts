/** Mulberry32 (public domain, T. Ettinger): a small generator, numbers from 0 up to, not including, 1. */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Draws of its own for everything that has a name, so that how often one fault is asked about does not change where another
 * strikes (FNV-1a over the name, mixed with the seed).
 */
export function randomFor(seed: number, name: string): () => number {
  let hash = 0x811c9dc5;
  for (const character of name) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return createRandom(hash ^ seed);
}
