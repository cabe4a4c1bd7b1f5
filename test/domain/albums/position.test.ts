import fc from 'fast-check';
import { expect, test } from 'vitest';
import { albumsAfter, MOST_ALBUMS } from '../../../shared/domain/albums/membership.ts';
import { LONGEST_RANK, rankAt, ranksBetween } from '../../../shared/domain/albums/position.ts';

const at = (ms: number) => new Date(Date.UTC(2026, 0, 1) + ms);

test('what is added later ranks behind what was added before, those added together in their order', () => {
  fc.assert(
    fc.property(fc.nat(1e12), fc.nat(1e6), fc.nat(499), fc.nat(499), (time, later, one, other) => {
      expect(rankAt(at(time), one) < rankAt(at(time + later + 1), other)).toBe(true);
      expect(rankAt(at(time), one) < rankAt(at(time), other)).toBe(one < other);
    }),
  );
});

test('photos placed anywhere, one after another, stand where they were placed', () => {
  const step = fc.record({ behind: fc.nat(), count: fc.integer({ min: 1, max: 4 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const ranks = [rankAt(at(0), 0), rankAt(at(0), 1), rankAt(at(5), 0)];
      for (const { behind, count } of steps) {
        const index = behind % (ranks.length + 1);
        ranks.splice(index, 0, ...ranksBetween(ranks[index - 1] ?? '', ranks[index] ?? null, count));
      }
      expect(ranks.toSorted()).toEqual(ranks);
      expect(new Set(ranks).size).toBe(ranks.length);
    }),
  );
});

test('a thousand photos placed one by one behind the same one find room', () => {
  const low = rankAt(at(0), 0);
  let high = rankAt(at(0), 1);
  for (let placed = 0; placed < 900; placed += 1) {
    const [rank = ''] = ranksBetween(low, high, 1);
    expect(rank > low && rank < high).toBe(true);
    high = rank;
  }
  expect(high.length).toBeLessThan(LONGEST_RANK);
});

test('a photo keeps its place unless it is moved, and always when it was added', () => {
  const record = { albums: { a: 'k1', b: 'k5@k2' }, edit_revision: 3 };
  expect(albumsAfter(record, { add: { a: 'k9' }, remove: ['c'] })).toEqual({ change: null });
  expect(albumsAfter(record, { add: { a: 'k9@x', b: 'k2@x', c: 'k3@k4' }, move: true })).toEqual({
    change: { set: { albums: { a: 'k9@k1', b: 'k2', c: 'k3@k4' }, edit_revision: 4 }, remove: [] },
  });
  expect(albumsAfter(record, { remove: ['a', 'b'] })).toMatchObject({ change: { set: { albums: {} } } });
});

test('a photo in too many albums can still leave some', () => {
  const albums = Object.fromEntries(Array.from({ length: MOST_ALBUMS }, (_, n) => [String(n), 'k1']));
  expect(albumsAfter({ albums }, { add: { one: 'k2' } })).toMatchObject({ refused: { code: 'too_many_albums' } });
  expect(albumsAfter({ albums }, { add: { one: 'k2' }, remove: ['0'] })).toHaveProperty('change');
});
