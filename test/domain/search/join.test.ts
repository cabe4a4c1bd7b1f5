import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BEFORE_ALL, createJoin, type Source } from '../../../shared/domain/search/join.ts';

const key = (number: number) => String(number).padStart(4, '0');

/** A list that is read in pages; counts how often. */
function listOf(numbers: readonly number[], pageSize: number) {
  const keys = [...new Set(numbers)].sort((one, other) => other - one).map(key);
  const list = {
    reads: 0,
    async read(before: string) {
      list.reads += 1;
      // As a range that includes its end, of which that end is then taken away.
      const below = keys.filter((one) => one <= before);
      const page = below.slice(0, pageSize);
      return {
        entries: page.filter((one) => one !== before).map((one) => ({ key: one, image_id: one })),
        more: below.length >= pageSize,
      };
    },
  };
  return list;
}

async function drain(source: Source): Promise<string[]> {
  const found: string[] = [];
  for (let entry = await source.next(); entry; entry = await source.next()) found.push(entry.key);
  return found;
}

const numbers = fc.array(fc.nat(60), { maxLength: 60 });

describe('a join of lists', () => {
  test('answers what is in all of them, greatest first, whatever pages they come in', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(numbers, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 2, max: 7 }),
        async (lists, size) => {
          const source = createJoin(
            lists.map((list) => listOf(list, size).read),
            BEFORE_ALL,
            10_000,
          );
          const common = lists.map((list) => new Set(list)).reduce((one, other) => one.intersection(other));
          expect(await drain(source)).toEqual([...common].sort((one, other) => other - one).map(key));
          expect(source.resume()).toBeNull();
        },
      ),
    );
  });

  test('stopped anywhere and gone on with, it neither skips nor repeats', async () => {
    await fc.assert(
      fc.asyncProperty(
        numbers,
        numbers,
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 2, max: 9 }),
        async (one, other, taken, reads) => {
          const found: string[] = [];
          let before: string | null = BEFORE_ALL;
          for (let rounds = 0; before !== null; rounds += 1) {
            expect(rounds).toBeLessThan(200);
            const source = createJoin([listOf(one, 3).read, listOf(other, 3).read], before, reads);
            for (let count = 0; count < taken; count += 1) {
              const entry = await source.next();
              if (!entry) break;
              found.push(entry.key);
            }
            before = source.resume();
          }
          const common = [...new Set(one).intersection(new Set(other))].sort((a, b) => b - a);
          expect(found).toEqual(common.map(key));
        },
      ),
    );
  });

  test('leaps over what only the longer list has', async () => {
    const long = listOf(
      Array.from({ length: 5_000 }, (_, index) => index),
      10,
    );
    const short = listOf([17, 2_500, 4_900], 10);
    expect(await drain(createJoin([long.read, short.read], BEFORE_ALL, 1_000))).toEqual(['4900', '2500', '0017']);
    expect(short.reads).toBe(1);
    expect(long.reads).toBeLessThanOrEqual(6);
  });

  test('gives up for now where it has read enough, and says how far it came', async () => {
    const odd = listOf(
      Array.from({ length: 500 }, (_, index) => 2 * index + 1),
      5,
    );
    const even = listOf(
      Array.from({ length: 500 }, (_, index) => 2 * index),
      5,
    );
    const source = createJoin([odd.read, even.read], BEFORE_ALL, 20);
    expect(await drain(source)).toEqual([]);
    expect(odd.reads + even.reads).toBe(20);
    expect(source.resume() ?? '').toMatch(/^09/);
  });
});
