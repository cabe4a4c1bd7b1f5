/**
 * Ranks as a function of scores, frozen when a search begins: what is added to or taken from a ranked list later changes no other
 * entry's rank, so that pages neither skip nor repeat. Small enough to travel in a cursor: the scores at the first 32 ranks and,
 * from there on, at ranks a quarter further each.
 */
export interface Ranks {
  /** How many entries the list had. */
  count: number;
  /** The scores at {@link ranksKept}, falling. */
  scores: Float32Array;
}

const EXACT = 32;
const GROWTH = 1.25;

/** Which ranks (from 1) of a list of `count` are kept: about 25 beyond the exact ones for 5,000. */
export function ranksKept(count: number): number[] {
  const ranks: number[] = [];
  for (let rank = 1; rank < count; rank = rank < EXACT ? rank + 1 : Math.ceil(rank * GROWTH)) ranks.push(rank);
  return count > 0 ? [...ranks, count] : [];
}

/** Freezes the ranks of a list. `scores` in single precision (`Math.fround`), in any order. */
export function freezeRanks(scores: readonly number[]): Ranks {
  const falling = Float32Array.from(scores).sort().reverse();
  return {
    count: scores.length,
    scores: Float32Array.from(ranksKept(scores.length), (rank) => falling[rank - 1] ?? 0),
  };
}

/** The rank of a score, from 1; not whole between the ranks kept. Equal scores have equal ranks, smaller ones none before. */
export function rankOf(score: number, { count, scores }: Ranks): number {
  const ranks = ranksKept(count);
  const better = scores.findIndex((kept) => kept <= score);
  if (better === 0 || count === 0) return 1;
  const above = better < 0 ? scores.length - 1 : better - 1;
  const rank = ranks[above] ?? count;
  const top = scores[above] ?? 0;
  if (better < 0) return rank + 1 / (1 + Math.max(0, score));
  const bottom = scores[better] ?? 0;
  return rank + ((ranks[better] ?? count) - rank) * ((top - score) / (top - bottom));
}
