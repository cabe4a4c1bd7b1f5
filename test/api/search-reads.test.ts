import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { AzureEmulator } from '../../local/emulators/azure/server.ts';
import { writeItems } from '../../shared/adapters/batch-write.ts';
import { colorBins } from '../../shared/domain/color-bins.ts';
import { srgbToOklab } from '../../shared/domain/oklab.ts';
import { imageId } from '../support/records.ts';
import { TABLE } from '../support/world.ts';
import type { Api } from './api.ts';
import { described, openGallery, searcher, startApiWithAzure } from './gallery.ts';

/**
 * Work per query follows what matches, not the gallery: the same twelve photos are looked for among 100, 1,000 and 10,000, and the
 * requests made and the items read have to be the same.
 */

const USER = 'ann';
const CLUSTER = '018e0000-0000-7000-8000-000000000001';
const PURPLE = srgbToOklab(122, 40, 160);

let api: Api & { azure: AzureEmulator };
let items = 0;

beforeAll(async () => {
  api = await startApiWithAzure();
  const { add, photo } = openGallery(api, USER);
  const cluster = { cluster_id: CLUSTER, similarity: 1, threshold: 0, runner_up: null, margin: null, reason: 'x' };
  await add(
    ...Array.from({ length: 12 }, (_, index) =>
      photo(900_000 + index, {
        ...described('dog', ['pet', 'animal']),
        cluster,
        favorite: true,
        taken_at: `2024-05-${10 + index}T10:00:00`,
        place: { city: 'Paris', country: 'France', country_code: 'FR' },
        metadata: { camera_make: 'Canon', camera_model: 'Canon EOS 40D' },
        color_bins: colorBins([PURPLE]),
        // Near each other in pairs, and in the same lists.
        phash: `a1b2c3d4e5f607${String(Math.floor(index / 2)).repeat(2)}`,
      }),
    ),
    photo(800_000, { status: 'failed' }),
    photo(1, { tags: ['street', 'road'] }),
  );
  // Counts every item that any client of this process is handed.
  const send = DynamoDBDocumentClient.prototype.send;
  vi.spyOn(DynamoDBDocumentClient.prototype, 'send').mockImplementation(async function (this: unknown, ...args) {
    const answer = (await (send.apply(this as DynamoDBDocumentClient, args) as unknown)) as {
      ScannedCount?: number;
      Item?: object;
      Responses?: Record<string, object[]>;
    };
    items += answer.ScannedCount ?? (answer.Item ? 1 : 0);
    items += Object.values(answer.Responses ?? {}).flat().length;
    return answer;
  });
});
afterAll(async () => {
  vi.restoreAllMocks();
  await api.stop();
});

/** Photos of which nothing is looked for: the postings such a photo would have, fewer of each kind. */
async function fill(from: number, to: number): Promise<void> {
  const puts = Array.from({ length: to - from }, (_, index) => {
    const image_id = imageId(from + index);
    const taken = '2020-01-01T00:00:00';
    const posting = (list: string, rest = {}) => ({
      user_id: USER,
      sk: `${list}#${image_id}`,
      image_id,
      taken_at: taken,
      ...rest,
    });
    return [
      posting('IMAGE', { status: 'done', taken_key: `${taken}#${image_id}` }),
      posting('STATUS#done'),
      posting('TERM#street', { tf: 3, len: 40, in: ['tags'] }),
      // Two lists that lie among each other, with nothing in common.
      posting(index % 2 === 0 ? 'TAG#street' : 'TAG#road'),
    ];
  });
  await writeItems(api.world.table, TABLE, { puts: puts.flat() });
}

const QUERIES: Record<string, [path: string, query: Record<string, string>, found: number]> = {
  'no filter': ['/search/images', { limit: '10' }, 10],
  'a tag': ['/search/images', { tag: 'dog' }, 12],
  'a place': ['/search/images', { place: 'paris,france' }, 12],
  'a camera': ['/search/images', { camera: 'canon' }, 12],
  'a cluster': ['/search/images', { cluster: CLUSTER }, 12],
  favourites: ['/search/images', { favorite: 'true' }, 12],
  'a status': ['/search/images', { status: 'failed' }, 1],
  'a time': ['/search/images', { from: '2024-05', to: '2024-05' }, 12],
  'a tag, a place and a time': ['/search/images', { tag: 'dog', place: 'paris', from: '2024' }, 12],
  words: ['/search/images', { q: 'dog' }, 12],
  'words, with filters': ['/search/images', { q: 'dog', tag: 'pet', camera: 'eos 40d' }, 12],
  'unknown words': ['/search/images', { q: 'zeppelin' }, 0],
  'a colour': ['/search/images', { color: 'purple' }, 12],
  'words and a colour': ['/search/images', { q: 'dog', color: 'purple' }, 12],
  similar: [`/search/images/${imageId(900_003)}/similar`, { limit: '50' }, 11],
  suggestions: ['/search/suggest', { prefix: 'do' }, 1],
  duplicates: ['/images/duplicates', {}, 1],
  stats: ['/stats', {}, 0],
};

/** What each query costs: requests by service and operation, and items handed over. */
async function measure(): Promise<Record<string, object>> {
  const costs: Record<string, object> = {};
  for (const [name, [path, query, found]] of Object.entries(QUERIES)) {
    api.world.aws.resetRequests();
    items = 0;
    const answer = await api.call('GET', path, { as: USER, query });
    expect(answer.status, name).toBe(200);
    expect(answer.json<{ items?: unknown[] }>().items ?? [], name).toHaveLength(found);
    costs[name] = { ...api.world.aws.requests(), items };
  }
  return costs;
}

test('the same requests and the same items among 100, 1,000 and 10,000 photos', { timeout: 120_000 }, async () => {
  // Queries are embedded and keys fetched before anything is counted.
  await fill(10, 98);
  await measure();
  const among100 = await measure();
  await fill(98, 988);
  expect(await measure()).toEqual(among100);
  await fill(988, 9_988);
  expect(await measure()).toEqual(among100);
  // What does grow is what matches: here a word of nearly all of them, up to where its list is read no further.
  items = 0;
  expect((await searcher(api, USER)({ q: 'street', tag: 'dog' })).ids).toEqual([]);
  expect(items).toBeGreaterThan(2_000);
  expect(items).toBeLessThan(2_100);
});

test('a search that would read too much answers what it has, and goes on from there', async () => {
  const search = searcher(api, USER);
  const query = { tag: 'street,road' };
  const first = await search(query);
  expect(first.ids).toEqual([]);
  const second = await search({ ...query, cursor: first.next_cursor ?? '' });
  expect(second).toMatchObject({ ids: [imageId(1)], next_cursor: null });
});
