import { dot } from '../clustering/vectors.ts';
import { colorLikeness } from '../color-bins.ts';
import type { ImageRecord } from '../image.ts';
import { hamming } from '../phash.ts';
import { tagsOf } from './names.ts';

const LIKENESS_PARTS = ['embedding', 'palette', 'tags', 'phash'] as const;
export type LikenessPart = (typeof LIKENESS_PARTS)[number];

/** What likeness is told from. */
export type Portrait = Pick<ImageRecord, 'tags' | 'metadata' | 'color_bins' | 'phash'> & {
  embedding?: Float32Array | undefined;
};

/** Each 0–1; `null` where one of the two has nothing to compare. */
export type LikenessParts = Record<LikenessPart, number | null>;

export interface Likeness {
  /** Weighted mean of the parts that at least one of them has: one that the other lacks counts as 0. */
  similarity: number;
  parts: LikenessParts;
}

/** In how many bits hashes of unrelated photos differ, on average. */
export const BITS_UNRELATED = 32;

/** How alike two photos are. `weights`: what each part counts, 0 or more. */
export function likeness(one: Portrait, other: Portrait, weights: Readonly<Record<LikenessPart, number>>): Likeness {
  const parts: LikenessParts = {
    embedding: one.embedding && other.embedding ? clamp(dot(one.embedding, other.embedding)) : null,
    palette:
      one.color_bins?.length && other.color_bins?.length ? colorLikeness(one.color_bins, other.color_bins) : null,
    tags: overlap(tagsOf(one), tagsOf(other)),
    phash: one.phash && other.phash ? clamp(1 - hamming(one.phash, other.phash) / BITS_UNRELATED) : null,
  };
  let sum = 0;
  let weight = 0;
  for (const part of LIKENESS_PARTS) {
    // Else one that has nothing but a palette would be more alike than one that is alike in everything but a little.
    if (!has(one, part) && !has(other, part)) continue;
    sum += weights[part] * (parts[part] ?? 0);
    weight += weights[part];
  }
  return { similarity: weight > 0 ? clamp(sum / weight) : 0, parts };
}

function has(one: Portrait, part: LikenessPart): boolean {
  switch (part) {
    case 'embedding':
      return one.embedding !== undefined;
    case 'palette':
      return (one.color_bins?.length ?? 0) > 0;
    case 'tags':
      return tagsOf(one).length > 0;
    case 'phash':
      return one.phash !== undefined;
  }
}

/** Jaccard: what both have of all that either has. */
function overlap(one: readonly string[], other: readonly string[]): number | null {
  if (one.length === 0 || other.length === 0) return null;
  const common = new Set(one).intersection(new Set(other)).size;
  return common / (one.length + other.length - common);
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}
