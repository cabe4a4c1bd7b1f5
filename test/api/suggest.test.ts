import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Api, startApi } from './api.ts';
import { described, openGallery } from './gallery.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
  const { add, photo } = openGallery(api, 'ann');
  const canon = { camera_make: 'Canon', camera_model: 'Canon EOS 40D' };
  await add(
    photo(1, {
      ...described('dog', ['pet']),
      place: { city: 'New York City', country: 'United States' },
      metadata: canon,
    }),
    photo(2, { ...described('dog', ['door']), place: { city: 'Dortmund', country: 'Germany' }, metadata: canon }),
    photo(3, {
      ...described('cat', ['Hot Dog']),
      display_name: 'Dora’s cat.jpg',
      edits: { display_name: '2026-01-01T00:00:00.000Z' },
    }),
    photo(4, { status: 'failed', tags: ['domino'] }),
  );
  const other = openGallery(api, 'bob');
  await other.add(other.photo(5, described('dolphin')));
});
afterAll(() => api.stop());

interface Suggestions {
  items: { text: string; kind: string; count: number }[];
}

describe('suggestions', () => {
  const suggest = async (prefix: string, query: Record<string, string> = {}) => {
    const answer = await api.call('GET', '/search/suggest', { as: 'ann', query: { prefix, ...query } });
    expect(answer.status).toBe(200);
    return answer.json<Suggestions>().items;
  };
  const texts = async (prefix: string) => (await suggest(prefix)).map(({ text }) => text);

  test('most frequent first, with how many they would find', async () => {
    expect(await suggest('Do')).toEqual([
      { text: 'dog', kind: 'tag', count: 2 },
      { text: 'Dora’s cat.jpg', kind: 'name', count: 1 },
      { text: 'Dortmund', kind: 'place', count: 1 },
      { text: 'door', kind: 'tag', count: 1 },
      { text: 'hot dog', kind: 'tag', count: 1 },
    ]);
    expect(await suggest('do', { limit: '1' })).toHaveLength(1);
  });

  test.each([
    ['canon', ['Canon', 'Canon EOS 40D']],
    ['eos', ['Canon EOS 40D']],
    ['york', ['New York City']],
    ['NEW YO', ['New York City']],
    ['dogs', ['dog', 'hot dog']],
    ['zeppelin', []],
    ['###', []],
    ['dolphin', []],
    ['domino', []],
  ])('%s', async (prefix, expected) => expect(await texts(prefix)).toEqual(expected));

  test('a tag that is suggested finds as many photos as it says', async () => {
    for (const { text, kind, count } of await suggest('d')) {
      if (kind !== 'tag') continue;
      const answer = await api.call('GET', '/search/images', { as: 'ann', query: { tag: text } });
      expect(answer.json<{ items: unknown[] }>().items, text).toHaveLength(count);
    }
  });
});

test('statistics: zeroes for a new account, and what organize has counted', async () => {
  const stats = async (as: string) => (await api.call('GET', '/stats', { as })).json<Record<string, unknown>>();
  expect(await stats('zoe')).toMatchObject({ images: 0, bytes: 0, by_status: {}, updated_at: null });
  expect(await stats('ann')).toMatchObject({
    images: 4,
    by_status: { done: 3, failed: 1 },
    stages: { ingest: { count: 4, mean_ms: 100 } },
  });
});
