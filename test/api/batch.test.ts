import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeItems } from '../../shared/adapters/batch-write.ts';
import { createImages } from '../../shared/adapters/images.ts';
import type { BatchResult, Problem } from '../../shared/contract/schemas.ts';
import { donePhoto, imageId, imageRecord } from '../support/records.ts';
import { TABLE } from '../support/world.ts';
import { type Api, startApi } from './api.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const images = () => createImages(api.world.table, TABLE, () => new Date());
const record = (userId: string, number: number) => images().get({ userId, imageId: imageId(number) });
const ids = (...numbers: number[]) => numbers.map(imageId);
const seed = (as: string, ...numbers: number[]) =>
  Promise.all(numbers.map((number) => images().create(donePhoto(as, number))));
async function batch(as: string, body: object): Promise<BatchResult[]> {
  const answer = await api.call('POST', '/images/batch', { as, body });
  expect(answer.status).toBe(200);
  return answer.json<{ items: BatchResult[] }>().items;
}
const events = async () => (await api.world.drain('organize')) as { type: string; image_id: string }[];

test('an edit reaches every image it can, and says of each what became of it, in the order given', async () => {
  await seed('ada', 1, 2);
  await seed('bob', 3);
  await events();
  const given = ids(2, 99, 1, 3, 2);
  const items = await batch('ada', { action: 'edit', ids: given, changes: { title: 'Trip', archived: true } });
  expect(items).toEqual(
    given.map((image_id, index) => ({ image_id, result: [1, 3].includes(index) ? 'not_found' : 'done' })),
  );
  for (const number of [1, 2]) {
    expect(await record('ada', number)).toMatchObject({ title: 'Trip', archived: true, edit_revision: 1 });
  }
  expect(await record('bob', 3)).toMatchObject({ title: 'A beach' });
  expect((await events()).map(({ type, image_id }) => [type, image_id]).sort()).toEqual(
    ids(1, 2).map((id) => ['edited', id]),
  );
  // Again: nothing is left to be changed.
  expect(await batch('ada', { action: 'edit', ids: given, changes: { title: 'Trip', archived: true } })).toEqual(items);
  expect((await record('ada', 1))?.edit_revision).toBe(1);
  expect(await events()).toEqual([]);
});

test('tags are added and taken away, each image keeping its own', async () => {
  await images().create(donePhoto('cid', 4, { tags: ['dog', 'sea'] }));
  await images().create(donePhoto('cid', 5, { tags: Array.from({ length: 20 }, (_, index) => `tag ${index}`) }));
  await images().create(imageRecord('cid', 6));
  const items = await batch('cid', { action: 'tag', ids: ids(4, 5, 6), add: [' Trip'], remove: ['dog'] });
  expect(items.map(({ result }) => result)).toEqual(['done', 'refused', 'done']);
  expect(items[1]?.error).toMatchObject({ code: 'too_many_tags', message: expect.stringContaining('21') });
  expect(await record('cid', 4)).toMatchObject({ tags: ['sea', 'trip'], machine: { tags: ['dog', 'sea'] } });
  expect((await record('cid', 5))?.edits).toBeUndefined();
  expect(await record('cid', 6)).toMatchObject({ tags: ['trip'] });
  await events();
  await batch('cid', { action: 'tag', ids: ids(4), add: ['trip'], remove: ['dog'] });
  expect((await record('cid', 4))?.edit_revision).toBe(1);
  expect(await events()).toEqual([]);
});

test('images run again, those that can; a repetition finds them on their way', async () => {
  await seed('dan', 7);
  await images().create(imageRecord('dan', 8, { status: 'rejected' }));
  await api.world.drain('describe');
  const request = { action: 'reprocess', ids: ids(7, 8, 99), stages: ['describe'] };
  const items = await batch('dan', request);
  expect(items.map(({ result }) => result)).toEqual(['done', 'refused', 'not_found']);
  expect(items[1]?.error?.code).toBe('no_bytes');
  expect(await api.world.drain('describe')).toEqual([{ user_id: 'dan', image_id: imageId(7) }]);
  expect(await batch('dan', request)).toEqual(items);
  expect(await api.world.drain('describe')).toEqual([]);
  expect((await record('dan', 7))?.generation).toBe(1);
  // What is under way otherwise is not what was asked for.
  const [other] = await batch('dan', { ...request, stages: ['ingest'] });
  expect(other).toMatchObject({ result: 'refused', error: { code: 'under_way' } });
});

test('images deleted for good are gone at once, and organize is told to erase them', async () => {
  await seed('eva', 9, 10);
  await events();
  const items = await batch('eva', { action: 'delete', ids: ids(9, 10, 9, 99), permanent: true });
  expect(items.map(({ result }) => result)).toEqual(['done', 'done', 'done', 'not_found']);
  expect((await api.call('GET', `/images/${imageId(9)}`, { as: 'eva' })).status).toBe(404);
  expect((await events()).map(({ type, image_id }) => [type, image_id]).sort()).toEqual(
    ids(9, 10).map((id) => ['removed', id]),
  );
});

describe('a batch', () => {
  test('that nobody could carry out changes nothing', async () => {
    await seed('fay', 11);
    const bodies = [
      { action: 'edit', ids: ids(11), changes: {} },
      { action: 'edit', ids: ids(11), changes: { title: '\u200b' } },
      { action: 'shred', ids: ids(11) },
      { action: 'tag', ids: ids(11) },
      { action: 'album', ids: ids(11), add: [] },
      { action: 'delete', ids: [] },
      { action: 'delete', ids: Array.from({ length: 501 }, (_, index) => imageId(index)) },
    ];
    for (const body of bodies) {
      const answer = await api.call('POST', '/images/batch', { as: 'fay', body });
      expect(answer.status).toBe(422);
      expect(answer.json<Problem>().errors).not.toEqual([]);
    }
    expect(await record('fay', 11)).toMatchObject({ title: 'A beach' });
  });

  test('may have 500 images', async () => {
    const numbers = Array.from({ length: 500 }, (_, index) => 1_000 + index);
    const puts = numbers.map((number) => ({ ...donePhoto('gil', number), sk: `IMAGE#${imageId(number)}` }));
    await writeItems(api.world.table, TABLE, { puts, deletes: [] });
    api.world.aws.resetRequests();
    const items = await batch('gil', { action: 'edit', ids: ids(...numbers), changes: { favorite: true } });
    expect(items.map(({ image_id, result }) => [image_id, result])).toEqual(ids(...numbers).map((id) => [id, 'done']));
    // The session; then each is read and written once, and ten events are sent at a time.
    expect(api.world.aws.requests()).toEqual({
      'dynamodb:GetItem': 501,
      'dynamodb:UpdateItem': 500,
      'sqs:SendMessageBatch': 50,
    });
  });

  test('goes on where one of its images cannot be changed', async () => {
    await seed('hal', 14);
    // No write to it can be made conditional on its generation.
    await images().create(donePhoto('hal', 13, { generation: undefined as unknown as number }));
    const items = await batch('hal', { action: 'edit', ids: ids(13, 14), changes: { title: 'Trip' } });
    expect(items[0]).toMatchObject({ result: 'refused', error: { code: 'failed' } });
    expect(items[1]).toMatchObject({ result: 'done' });
  });
});
