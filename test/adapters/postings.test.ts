import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeItems } from '../../shared/adapters/batch-write.ts';
import { createPostings, type Postings } from '../../shared/adapters/postings.ts';
import { imageId } from '../support/records.ts';
import { startWorld, TABLE, type World } from '../support/world.ts';

let world: World;
let postings: Postings;

beforeAll(async () => {
  world = await startWorld();
  postings = createPostings(world.table, TABLE);
  const item = (user_id: string, sk: string, rest = {}) => ({ user_id, sk, ...rest });
  const listed = (user: string, list: string, number: number, rest = {}) =>
    item(user, `${list}#${imageId(number)}`, { image_id: imageId(number), ...rest });
  const range = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
  const padding = 'x'.repeat(1_000);
  await writeItems(world.table, TABLE, {
    puts: [
      ...range(5).map((number) => listed('ann', 'TAG#dog', number, { taken_at: `2024-0${number}-01T00:00:00` })),
      listed('ann', 'TAG#dog sled', 9),
      listed('ann', 'TAG#do', 8),
      listed('bob', 'TAG#dog', 7),
      // More than one page of 1 MB.
      ...range(1_300).map((number) => listed('ann', 'TERM#sky', number, { padding })),
      ...range(4).map((number) => {
        const taken_key = `2024-0${5 - number}-01T00:00:00#${imageId(number)}`;
        return item('ann', `IMAGE#${imageId(number)}`, { image_id: imageId(number), taken_key });
      }),
      item('ann', 'SUGGEST#dog#tag', { text: 'dog', kind: 'tag', count: 5 }),
      item('ann', 'SUGGEST#cat#tag', { text: 'cat', kind: 'tag', count: 2 }),
    ],
  });
});
afterAll(() => world.stop());

const ids = (items: readonly { image_id: string }[]) => items.map(({ image_id }) => Number(image_id.slice(-4)));

describe('a list', () => {
  test('newest first, of one user, and of no list whose name begins alike', async () => {
    const { items, more } = await postings.page('ann', 'TAG#dog', { limit: 10 });
    expect(ids(items)).toEqual([5, 4, 3, 2, 1]);
    expect(more).toBe(false);
    expect(items[0]).toMatchObject({ taken_at: '2024-05-01T00:00:00' });
  });

  test('from below an id on', async () => {
    expect(ids((await postings.page('ann', 'TAG#dog', { before: imageId(3), limit: 10 })).items)).toEqual([2, 1]);
    const between = `${imageId(3)}~`;
    expect(ids((await postings.page('ann', 'TAG#dog', { before: between, limit: 2 })).items)).toEqual([3, 2]);
    expect((await postings.page('ann', 'TAG#dog', { before: imageId(1), limit: 10 })).items).toEqual([]);
  });

  test('so many of the newest, in however many pages the table gives them', async () => {
    world.aws.resetRequests();
    const newest = await postings.newest('ann', 'TERM#sky', { limit: 1_200 });
    expect(ids(newest)).toEqual(Array.from({ length: 1_200 }, (_, index) => 1_300 - index));
    expect(world.aws.requests()['dynamodb:Query']).toBe(2);
    expect(await postings.newest('ann', 'TERM#sea', { limit: 10 })).toEqual([]);
  });
});

describe('photos by when they were taken', () => {
  test.each<[{ from?: string; to?: string }, number[]]>([
    [{}, [1, 2, 3, 4]],
    [{ from: '2024-02', to: '2024-03' }, [2, 3]],
    [{ from: '2024-03-01' }, [1, 2]],
    [{ to: '2024-02-01T00:00:00' }, [3, 4]],
    [{ from: '2025', to: '2024' }, []],
  ])('%j', async (range, expected) => {
    const { items, more } = await postings.taken('ann', range, { limit: 10 });
    expect(ids(items)).toEqual(expected);
    expect(more).toBe(false);
  });

  test('from below a key on', async () => {
    const first = await postings.taken('ann', { from: '2024' }, { limit: 2 });
    expect(first.more).toBe(true);
    const before = first.items.at(-1)?.taken_key;
    expect(ids((await postings.taken('ann', { from: '2024' }, { before, limit: 10 })).items)).toEqual([3, 4]);
  });
});

test('how many photos have each tag', async () => {
  expect(await postings.tagCounts('ann', ['dog', 'cat', 'bird'])).toEqual(
    new Map([
      ['dog', 5],
      ['cat', 2],
    ]),
  );
});
