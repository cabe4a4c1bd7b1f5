import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { colorBins } from '../../shared/domain/color-bins.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';
import { srgbToOklab } from '../../shared/domain/oklab.ts';
import { imageId } from '../support/records.ts';
import { TABLE } from '../support/world.ts';
import { type Api, startApi } from './api.ts';
import { described, openGallery } from './gallery.ts';

// No Azure: none of this asks a model.
let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const RED = srgbToOklab(200, 16, 46);
const BLUE = srgbToOklab(28, 82, 200);

describe('similar', () => {
  interface Similar {
    items: { image_id: string; similarity: number; parts: Record<string, number | null> }[];
  }
  const ask = (id: string, query: Record<string, string> = {}, as = 'ann') =>
    api.call('GET', `/search/images/${id}/similar`, { as, query });
  const similar = async (number: number, query: Record<string, string> = {}) =>
    (await ask(imageId(number), query)).json<Similar>().items;
  const numbers = (items: Similar['items']) => items.map(({ image_id }) => Number(image_id.slice(-3)));

  beforeAll(async () => {
    const { add, photo, hide } = openGallery(api, 'ann');
    const hash = (digits: string): Partial<ImageRecord> => ({ phash: digits });
    await add(
      photo(1, { ...described('dog', ['pet', 'grass']), color_bins: colorBins([RED]), ...hash('a1b2c3d4e5f60718') }),
      // The same in everything; in words and tags; in colour; in looks; in nothing.
      photo(2, { ...described('dog', ['pet', 'grass']), color_bins: colorBins([RED]), ...hash('a1b2c3d4e5f60719') }),
      photo(3, { ...described('dog', ['pet', 'sofa']), color_bins: colorBins([BLUE]) }),
      photo(4, { color_bins: colorBins([RED, RED, RED, RED, BLUE]) }),
      photo(5, { ...described('ship'), color_bins: colorBins([BLUE]), ...hash('a1b2c3d4e5f6ffff') }),
      photo(6, { ...described('invoice'), color_bins: colorBins([BLUE]) }),
    );
    const gone = photo(7, { ...described('dog', ['pet', 'grass']), color_bins: colorBins([RED]) });
    await add(gone);
    await hide(gone.image_id);
    const other = openGallery(api, 'bob');
    await other.add(other.photo(8, { ...described('dog', ['pet', 'grass']), color_bins: colorBins([RED]) }));
  });

  test('most alike first, each with what it is alike in; never itself, a deleted one, or another’s', async () => {
    const items = await similar(1);
    expect(numbers(items).slice(0, 3)).toEqual([2, 3, 5]);
    expect(new Set(numbers(items)).intersection(new Set([1, 7, 8])).size).toBe(0);
    expect(items[0]).toMatchObject({
      similarity: expect.closeTo(1, 1),
      parts: { embedding: expect.closeTo(1, 3), palette: 1, tags: 1, phash: 1 - 1 / 32 },
    });
    const alikeInColour = items.find(({ image_id }) => image_id === imageId(4));
    expect(alikeInColour?.parts).toEqual({
      embedding: null,
      palette: expect.closeTo(0.97, 2),
      tags: null,
      phash: null,
    });
    expect(items.find(({ image_id }) => image_id === imageId(3))?.parts).toMatchObject({ tags: 0.5, phash: null });
  });

  test.each<[string, Record<string, string>, number[]]>([
    ['colour alone', { embedding: '0', palette: '1', tags: '0', phash: '0' }, [2, 4]],
    ['tags alone', { embedding: '0', palette: '0', tags: '1', phash: '0' }, [2, 3]],
    ['looks alone', { embedding: '0', palette: '0', tags: '0', phash: '1' }, [2, 5]],
    ['meaning alone', { embedding: '1', palette: '0', tags: '0', phash: '0' }, [2, 3]],
  ])('by %s', async (_, weights, first) => {
    expect(numbers(await similar(1, weights)).slice(0, 2)).toEqual(first);
  });

  test('as many as asked for', async () => {
    expect(await similar(1, { limit: '2' })).toHaveLength(2);
    expect((await ask(imageId(1), { limit: '51' })).status).toBe(422);
    expect((await ask(imageId(1), { embedding: '0', palette: '0', tags: '0', phash: '0' })).status).toBe(422);
  });

  test('to nothing where there is nothing to compare', async () => {
    const { add, photo } = openGallery(api, 'ann');
    await add(photo(20));
    expect(await similar(20)).toEqual([]);
  });

  test.each([
    ['one that is not there', imageId(99), 'ann'],
    ['a deleted one', imageId(7), 'ann'],
    ['another’s', imageId(1), 'bob'],
  ])('to %s: not found', async (_, id, as) => expect((await ask(id, {}, as)).status).toBe(404));
});

describe('duplicates', () => {
  interface Groups {
    items: { best: string; images: { image_id: string }[] }[];
    next_cursor: string | null;
  }
  const duplicates = async (as: string, query: Record<string, string> = {}) =>
    (await api.call('GET', '/images/duplicates', { as, query })).json<Groups>();
  const groupsOf = ({ items }: Groups) =>
    items.map(({ images }) => images.map(({ image_id }) => Number(image_id.slice(-3))));
  const ALIKE = 'a1b2c3d4e5f60718';

  /** Pairs as organize writes them, without pictures. */
  async function pair(as: string, ...pairs: [number, number][]) {
    const { writeItems } = await import('../../shared/adapters/batch-write.ts');
    const item = (one: number, other: number) => ({
      user_id: as,
      sk: `NEAR#${imageId(one)}#${imageId(other)}`,
      distance: 3,
    });
    await writeItems(api.world.table, TABLE, { puts: pairs.flatMap(([a, b]) => [item(a, b), item(b, a)]) });
  }

  test('groups of what organize found to look the same, the best one first and marked', async () => {
    const { add, photo } = openGallery(api, 'cid');
    await add(
      photo(1, { phash: ALIKE, width: 400, height: 300 }),
      photo(2, { phash: ALIKE, width: 800, height: 600, bytes: 10 }),
      photo(3, { phash: ALIKE, width: 800, height: 600, bytes: 20 }),
      photo(4, { phash: '5e4d3c2b1a09f8e7' }),
    );
    const page = await duplicates('cid');
    expect(groupsOf(page)).toEqual([[3, 2, 1]]);
    expect(page).toMatchObject({ items: [{ best: imageId(3) }], next_cursor: null });
    expect(await duplicates('dan')).toEqual({ items: [], next_cursor: null });
  });

  test('each group once, page by page, whatever comes between', async () => {
    const { add, photo } = openGallery(api, 'eva');
    await add(...Array.from({ length: 30 }, (_, index) => photo(index + 1)));
    // A chain, a star, a pair, and groups that lie among each other.
    await pair('eva', [1, 5], [5, 9], [9, 13], [2, 20], [2, 21], [2, 22], [3, 4], [6, 30], [7, 29], [8, 28]);
    const whole = groupsOf(await duplicates('eva', { limit: '100' })).map((group) => group.sort((a, b) => a - b));
    expect(whole).toEqual([
      [8, 28],
      [7, 29],
      [6, 30],
      [3, 4],
      [2, 20, 21, 22],
      [1, 5, 9, 13],
    ]);
    const seen: number[][] = [];
    let cursor: string | null = null;
    do {
      const page: Groups = await duplicates('eva', { limit: '2', ...(cursor && { cursor }) });
      expect(page.items.length).toBeLessThanOrEqual(2);
      seen.push(...groupsOf(page).map((group) => group.sort((a, b) => a - b)));
      cursor = page.next_cursor;
      await pair('eva', [25, 26]);
    } while (cursor);
    expect(seen).toEqual(whole);
  });

  test('a group of which but one is left is none', async () => {
    const { add, photo, hide } = openGallery(api, 'fay');
    await add(photo(1), photo(2), photo(3));
    await pair('fay', [1, 2], [1, 3]);
    await hide(imageId(2));
    expect(groupsOf(await duplicates('fay'))).toEqual([[1, 3]]);
    await hide(imageId(3));
    expect(groupsOf(await duplicates('fay'))).toEqual([]);
  });

  test('many images end a page before its limit', async () => {
    const { add, photo } = openGallery(api, 'gus');
    await add(...Array.from({ length: 210 }, (_, index) => photo(index + 1)));
    // Two groups of 105, each a chain of neighbours.
    const chain = (from: number): [number, number][] =>
      Array.from({ length: 104 }, (_, index) => [from + index, from + index + 1]);
    await pair('gus', ...chain(1), ...chain(106));
    const first = await duplicates('gus', { limit: '10' });
    expect(groupsOf(first).map(({ length }) => length)).toEqual([105]);
    const second = await duplicates('gus', { limit: '10', cursor: first.next_cursor ?? '' });
    expect(groupsOf(second).map((group) => Math.min(...group))).toEqual([1]);
    expect(second.next_cursor).toBeNull();
  });
});
