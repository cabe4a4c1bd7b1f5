import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeRanked, encodeRanked } from '../../functions/api/search/frozen.ts';
import type { AzureEmulator } from '../../local/emulators/azure/server.ts';
import { seededRandom } from '../../shared/domain/clustering/random.ts';
import { colorBins } from '../../shared/domain/color-bins.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';
import { srgbToOklab } from '../../shared/domain/oklab.ts';
import { freezeRanks } from '../../shared/domain/search/ranks.ts';
import { imageId } from '../support/records.ts';
import type { Api } from './api.ts';
import { openGallery, type Searched, searcher, startApiWithAzure } from './gallery.ts';

let api: Api & { azure: AzureEmulator };
beforeAll(async () => {
  api = await startApiWithAzure();
});
afterAll(() => api.stop());

const random = seededRandom(7);
const some = <T>(all: readonly T[], share: number) => all.filter(() => random() < share);
const RED = srgbToOklab(200, 16, 46);

/** Words, tags and colours by chance, so that no two rank the same for the same reason. */
function anyWords(): Partial<ImageRecord> {
  return {
    title: ['A photo', ...some(['dog', 'beach'], 0.4)].join(' '),
    description: `It shows ${some(['dog', 'cat', 'sea', 'sand', 'ball', 'tree', 'street', 'house', 'dog'], 0.5).join(', ')} here.`,
    tags: ['photo', ...some(['dog', 'pet', 'beach'], 0.4)],
    color_bins: colorBins(Array.from({ length: 50 }, () => (random() < 0.6 ? RED : srgbToOklab(0, 0, 0)))),
    taken_at: `2024-05-${String(1 + Math.floor(random() * 28)).padStart(2, '0')}T10:00:00`,
  };
}

/** All pages, with something done between each and the next. */
async function walk(
  search: (query: Record<string, string>) => Promise<Searched>,
  query: Record<string, string>,
  between: (page: number) => Promise<unknown>,
): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = null;
  for (let page = 0; page === 0 || cursor; page += 1) {
    expect(page).toBeLessThan(60);
    const answer: Searched = await search({ ...query, limit: '7', ...(cursor && { cursor }) });
    ids.push(...answer.ids);
    cursor = answer.next_cursor;
    await between(page);
  }
  return ids;
}

describe('pages neither skip nor repeat while photos come and go', () => {
  // Even numbers are there from the beginning; what comes late is older than all, newer than all, or between them.
  let late = 0;
  const lateNumbers = () => {
    late += 1;
    return [101 + 2 * late, 1_000 + late, 99 - late];
  };
  beforeAll(async () => {
    const { add, photo } = openGallery(api, 'walker');
    await add(...Array.from({ length: 60 }, (_, index) => photo(100 + 2 * index, anyWords())));
  });

  test.each<[string, Record<string, string>]>([
    ['no filter', {}],
    ['a tag', { tag: 'photo' }],
    ['two tags', { tag: 'photo,dog' }],
    ['a time', { from: '2024-05-03', to: '2024-05-25' }],
    ['a tag and a time', { tag: 'photo', from: '2024-05-03' }],
    ['words', { q: 'dog on the beach' }],
    ['words and a tag', { q: 'dog', tag: 'beach' }],
    ['a colour', { color: 'red' }],
    ['words and a colour', { q: 'dog', color: '#c8102e' }],
  ])('%s', async (_, query) => {
    const gallery = openGallery(api, 'walker');
    const search = searcher(api, 'walker');
    const whole = (await search({ ...query, limit: '100' })).ids;
    expect(whole.length).toBeGreaterThan(15);

    const deleted = new Set<string>();
    const seen = await walk(search, query, async (page) => {
      if (page > 3) return;
      await gallery.add(...lateNumbers().map((number) => gallery.photo(number, anyWords())));
      const victim = whole[(page + 1) * 7 + 3];
      if (victim && page % 2 === 0) {
        await gallery.hide(victim);
        deleted.add(victim);
      }
    });
    expect(new Set(seen).size).toBe(seen.length);
    const known = new Set(whole);
    const expected = whole.filter((id) => !deleted.has(id));
    expect(seen.filter((id) => known.has(id) && !deleted.has(id))).toEqual(expected);
  });
});

describe('cursors', () => {
  const QUERIES: Record<string, string>[] = [{ q: 'photo' }, { tag: 'photo' }];
  let search: (query: Record<string, string>) => Promise<Searched>;
  beforeAll(async () => {
    const gallery = openGallery(api, 'ann');
    await gallery.add(...Array.from({ length: 12 }, (_, index) => gallery.photo(index + 1, anyWords())));
    search = searcher(api, 'ann');
  });
  const cursorOf = async (query: Record<string, string>) => (await search({ ...query, limit: '3' })).next_cursor ?? '';
  const refused = async (as: string, query: Record<string, string>) => {
    const answer = await api.call('GET', '/search/images', { as, query });
    expect(answer.status, JSON.stringify(query)).toBe(422);
    expect(answer.text).toContain('"path":"cursor"');
  };

  test('later pages do not ask the model again', async () => {
    const query = { q: 'photo of a sea' };
    const cursor = await cursorOf(query);
    api.azure.setFaults({ throttle: 100 });
    expect(await search({ ...query, cursor })).toMatchObject({ meaning: 'searched' });
    api.azure.setFaults({});
  });

  test('serve another limit, but no other search, and no other user', async () => {
    for (const query of [...QUERIES, { color: 'red' }]) {
      const cursor = await cursorOf(query);
      expect((await search({ ...query, limit: '5', cursor })).ids).toHaveLength(5);
      await refused('ann', { ...query, favorite: 'true', cursor });
      await refused('ann', { q: 'dog', cursor });
      await refused('bob', { ...query, cursor });
    }
  });

  test('are refused where they were tampered with', async () => {
    for (const query of QUERIES) {
      const cursor = await cursorOf(query);
      for (let count = 0; count < 15; count += 1) {
        const bytes = Buffer.from(cursor, 'base64url');
        const at = Math.floor(random() * bytes.length);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8));
        await refused('ann', { ...query, cursor: bytes.toString('base64url') });
        await refused('ann', { ...query, cursor: bytes.subarray(0, at).toString('base64url') || 'A' });
      }
    }
  });

  test('hold no more than 3 KB, however much was found', () => {
    const ranks = freezeRanks(Array.from({ length: 20_000 }, () => Math.fround(random() * 1_000)));
    const frozen = {
      asOf: Date.now(),
      meaning: Array.from({ length: 100 }, (_, index) => ({ image_id: imageId(index), percent: index })),
      corpus: { documents: 4_000_000, averageLength: 61.5, frequencies: Array<number>(12).fill(2_000) },
      wordRanks: ranks,
      colorRanks: ranks,
    };
    const position = { frozen, after: { image_id: imageId(3), score: 0.0163 } };
    const bytes = encodeRanked(position);
    expect(Buffer.from(bytes).toString('base64url').length).toBeLessThan(3_200);
    expect(decodeRanked(Buffer.from(bytes))).toEqual(position);
  });

  test('whatever bytes are read, they are understood or refused, never cut short', () => {
    const frozen = {
      asOf: 1,
      meaning: [{ image_id: imageId(1), percent: 50 }],
      corpus: { documents: 1, averageLength: 1, frequencies: [1] },
      wordRanks: freezeRanks([1, 2, 3]),
      colorRanks: freezeRanks([]),
    };
    const sound = encodeRanked({ frozen, after: { image_id: imageId(1), score: 1 } });
    fc.assert(
      fc.property(fc.nat(sound.length - 1), fc.nat(255), fc.nat(sound.length), (at, value, end) => {
        const bytes = Buffer.from(sound);
        bytes[at] = value;
        const read = decodeRanked(bytes.subarray(0, end));
        if (end < sound.length) expect(read).toBeNull();
        else if (at < 8) expect(read?.after ?? null).toEqual(read && { image_id: imageId(1), score: 1 });
      }),
      { numRuns: 2_000 },
    );
  });

  test('pages by number hold the same, and end', async () => {
    for (const query of QUERIES) {
      const whole = (await search({ ...query, limit: '100' })).ids;
      const pages = await Promise.all([1, 2, 3, 4].map((page) => search({ ...query, limit: '5', page: String(page) })));
      expect(pages.flatMap(({ ids }) => ids)).toEqual(whole);
      expect(pages[3]?.next_cursor).toBeNull();
    }
  });
});
