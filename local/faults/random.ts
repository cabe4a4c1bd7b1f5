import { type Random, seededRandom } from '../../shared/domain/clustering/random.ts';

/**
 * Draws of its own for everything that has a name, so that how often one fault is asked about does not change where another
 * strikes (FNV-1a over the name, mixed with the seed).
 */
export function randomFor(seed: number, name: string): Random {
  let hash = 0x811c9dc5;
  for (const character of name) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return seededRandom(hash ^ seed);
}
