import { meaningfulWords } from './words.ts';

/** Dimensions each word is spread over: more make chance collisions smaller, fewer make it faster. */
const SPREAD = 8;

/**
 * A deterministic embedding in which shared words mean closeness: every word's stem is hashed to {@link SPREAD} signed
 * dimensions (feature hashing, Weinberger et al. 2009); repetition counts logarithmically and words near the start
 * count more. Returns a unit vector.
 */
export function embedText(text: string, dimensions: number): Float32Array {
  const weights = new Map<string, number>();
  meaningfulWords(text).forEach(({ stem, weight }, position) => {
    weights.set(stem, (weights.get(stem) ?? 0) + weight / (1 + position / 40));
  });
  // Text without a single meaningful word still needs a direction, its own.
  if (weights.size === 0) weights.set(`\u0000${text}`, 1);
  const vector = new Float64Array(dimensions);
  for (const [stem, weight] of weights) {
    let state = hash(stem);
    for (let step = 0; step < SPREAD; step += 1) {
      state = next(state);
      const index = (state >>> 1) % dimensions;
      vector[index] = (vector[index] ?? 0) + (state & 1 ? 1 : -1) * Math.log1p(weight);
    }
  }
  const length = Math.hypot(...vector) || 1;
  return Float32Array.from(vector, (value) => value / length);
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (const byte of Buffer.from(text)) state = Math.imul(state ^ byte, 0x01000193);
  return state >>> 0;
}

/** One step of splitmix32: successive dimensions of a word must not depend on each other. */
function next(state: number): number {
  let mixed = (state + 0x9e3779b9) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
