import { type Ranks, rankOf } from './ranks.ts';

/** Reciprocal rank fusion (Cormack, Clarke & Büttcher 2009): how little the first ranks differ from those behind them. */
const K = 60;

/** What a photo says of itself in so many words counts more than what it is near to. */
const WEIGHTS = { words: 2, meaning: 1, color: 1 } as const;

export interface Ranked {
  image_id: string;
  score: number;
}

export interface Rankings {
  /** Scores by image, with the ranks they have. */
  words?: { scores: ReadonlyMap<string, number>; ranks: Ranks } | undefined;
  /** Best first. */
  meaning?: readonly { image_id: string }[] | undefined;
  /** Required of every hit where asked for. */
  color?: { scores: ReadonlyMap<string, number>; ranks: Ranks } | undefined;
}

/**
 * All that was found, best first (of equals the newest). A hit is found by words or meaning where either was asked for, and has the
 * colour where one was. Where only a colour was asked for, its share is the score.
 */
export function fuse({ words, meaning, color }: Rankings): Ranked[] {
  if (!words && !meaning) {
    return [...(color?.scores ?? [])].map(([image_id, score]) => ({ image_id, score })).sort(bestFirst);
  }
  const sums = new Map<string, number>();
  const add = (imageId: string, weight: number, rank: number) =>
    sums.set(imageId, (sums.get(imageId) ?? 0) + weight / (K + rank));
  if (words) for (const [imageId, score] of words.scores) add(imageId, WEIGHTS.words, rankOf(score, words.ranks));
  meaning?.forEach(({ image_id }, index) => {
    add(image_id, WEIGHTS.meaning, index + 1);
  });
  for (const imageId of color ? [...sums.keys()] : []) {
    const share = color?.scores.get(imageId);
    if (color && share !== undefined) add(imageId, WEIGHTS.color, rankOf(share, color.ranks));
    else sums.delete(imageId);
  }
  return [...sums].map(([image_id, score]) => ({ image_id, score })).sort(bestFirst);
}

/** The order of results: by score, then newest first. */
export function bestFirst(one: Ranked, other: Ranked): number {
  if (one.score !== other.score) return other.score - one.score;
  return one.image_id === other.image_id ? 0 : one.image_id < other.image_id ? 1 : -1;
}
