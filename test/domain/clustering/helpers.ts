import { gaussian, seededRandom } from '../../../shared/domain/clustering/random.ts';
import { DIMENSIONS, normalise } from '../../../shared/domain/clustering/vectors.ts';
import type { Waiting } from '../../../shared/domain/clustering/waiting.ts';

/** `count` images whose similarity to each other is about `similarity`, unrelated to those of another seed. */
export function alike(prefix: string, count: number, similarity: number, seed: number): Waiting[] {
  const random = seededRandom(seed);
  const direction = () => normalise(Float32Array.from({ length: DIMENSIONS }, () => gaussian(random)));
  const centre = direction();
  return Array.from({ length: count }, (_, i) => {
    const noise = direction();
    const vector = normalise(
      centre.map((value, d) => Math.sqrt(similarity) * value + Math.sqrt(1 - similarity) * noise[d]!),
    );
    return { image_id: `${prefix}${i}`, vector };
  });
}

/** Ids `c1`, `c2`, … */
export function counter(prefix = 'c'): () => string {
  let last = 0;
  return () => `${prefix}${++last}`;
}

export const vectorsOf = (images: readonly Waiting[]) => images.map(({ vector }) => vector);
