import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rankWords } from '../../../shared/domain/search/bm25.ts';
import { bestFirst, fuse } from '../../../shared/domain/search/fuse.ts';
import { freezeRanks, rankOf, ranksKept } from '../../../shared/domain/search/ranks.ts';

const corpus = (frequencies: number[], documents = 1_000) => ({ documents, averageLength: 50, frequencies });
const entry = (image_id: string, tf: number, len = 50) => ({ image_id, tf, len, in: ['tags'] });

describe('words', () => {
  test('what has a word more often, or is shorter, comes first', () => {
    const hits = rankWords(
      [{ word: 'dog', entries: [entry('once', 1), entry('often', 8), entry('long', 1, 300)] }],
      corpus([3]),
    );
    const order = [...hits].sort(([, one], [, other]) => other.score - one.score).map(([id]) => id);
    expect(order).toEqual(['often', 'once', 'long']);
  });

  test('a rare word counts more than a common one, and two words more than either', () => {
    const hits = rankWords(
      [
        { word: 'zeppelin', entries: [entry('rare', 4), entry('both', 0.5, 400)] },
        { word: 'sky', entries: [entry('common', 4), entry('both', 0.5, 400)] },
      ],
      corpus([2, 400]),
    );
    const score = (id: string) => hits.get(id)?.score ?? 0;
    expect(score('rare')).toBeGreaterThan(score('common'));
    expect(score('both')).toBeGreaterThan(score('rare'));
    expect(hits.get('both')?.words.map(({ word }) => word)).toEqual(['zeppelin', 'sky']);
  });

  test('known by BM25: one document of one hundred, of average length', () => {
    const hits = rankWords([{ word: 'dog', entries: [entry('a', 2)] }], corpus([1], 100));
    expect(hits.get('a')?.score).toBeCloseTo(Math.log(1 + 99.5 / 1.5) * ((2 * 2.2) / (2 + 1.2)), 5);
  });

  test('a gallery whose counters are behind still has no negative scores', () => {
    const hits = rankWords([{ word: 'dog', entries: [entry('a', 1), entry('b', 1)] }], {
      ...corpus([2], 0),
      averageLength: 0,
    });
    for (const { score } of hits.values()) expect(score).toBeGreaterThan(0);
  });
});

describe('frozen ranks', () => {
  const scores = fc.array(fc.float({ min: 0, max: 4_000, noNaN: true }).map(Math.fround), {
    minLength: 1,
    maxLength: 300,
  });

  test('are the true ones for the first 32, near them beyond, and never out of order', () => {
    fc.assert(
      fc.property(scores, (list) => {
        const ranks = freezeRanks(list);
        const falling = [...list].sort((one, other) => other - one);
        let previous = 0;
        for (const score of falling) {
          const rank = rankOf(score, ranks);
          const exact = 1 + falling.filter((other) => other > score).length;
          if (exact <= 32) expect(rank).toBe(exact);
          expect(rank).toBeGreaterThanOrEqual(exact * 0.75);
          expect(rank).toBeLessThanOrEqual(Math.max(exact * 1.25 + 1, 33));
          expect(rank).toBeGreaterThanOrEqual(previous);
          previous = rank;
        }
      }),
    );
  });

  test('do not depend on what has come since, and put it in order', () => {
    fc.assert(
      fc.property(scores, fc.float({ min: 0, max: 5_000, noNaN: true }).map(Math.fround), (list, late) => {
        const ranks = freezeRanks(list);
        const rank = rankOf(late, ranks);
        for (const score of list) {
          if (score > late) expect(rankOf(score, ranks)).toBeLessThanOrEqual(rank);
          if (score < late) expect(rankOf(score, ranks)).toBeGreaterThanOrEqual(rank);
        }
      }),
    );
  });

  test('are few', () => {
    expect(ranksKept(0)).toEqual([]);
    expect(ranksKept(1)).toEqual([1]);
    expect(ranksKept(20_000).length).toBeLessThan(64);
  });
});

describe('fusion', () => {
  const ranking = (scores: Record<string, number>) => ({
    scores: new Map(Object.entries(scores)),
    ranks: freezeRanks(Object.values(scores)),
  });
  const order = (rankings: Parameters<typeof fuse>[0]) => fuse(rankings).map(({ image_id }) => image_id);

  test('what both name comes first; words before meaning', () => {
    const words = ranking({ a: 3, b: 2 });
    expect(order({ words, meaning: [{ image_id: 'c' }, { image_id: 'b' }] })).toEqual(['b', 'a', 'c']);
  });

  test('a colour is required where asked for, and ranks by itself only where nothing else is', () => {
    const color = ranking({ a: 0.2, b: 0.9, d: 1 });
    expect(order({ words: ranking({ a: 3, b: 2, c: 1 }), meaning: [], color })).toEqual(['a', 'b']);
    expect(fuse({ color })[0]).toEqual({ image_id: 'd', score: 1 });
    expect(fuse({ words: ranking({}), meaning: [], color })).toEqual([]);
  });

  test('the order is total: equals by id, newest first', () => {
    const hits = [
      { image_id: 'a', score: 1 },
      { image_id: 'b', score: 1 },
      { image_id: 'c', score: 2 },
    ];
    expect([...hits].sort(bestFirst).map(({ image_id }) => image_id)).toEqual(['c', 'b', 'a']);
    expect(bestFirst({ image_id: 'a', score: 1 }, { image_id: 'a', score: 1 })).toBe(0);
  });
});
