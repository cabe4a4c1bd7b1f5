import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { drawPicture } from '../fixtures/pictures.ts';
import { TABLE } from '../support/world.ts';
import { multipart } from './api.ts';
import { type Pipeline, startPipeline } from './pipeline.ts';

/** What a later release may have written beside what this one knows. */
const LATER = { from_a_later_release: { kept: true } };

/** Kinds of items that are changed attribute by attribute: nobody could compute them anew. */
const KEPT = ['ALBUM', 'ALBUM_SETTINGS', 'IMAGE', 'LINK', 'PERSON', 'PROFILE', 'SPENDING', 'UPLOADS'];
/** Kinds that organize writes whole: rebuilt from the others, and so is whatever a later release adds to them. */
const WRITTEN_WHOLE = [
  ...['CENTROID', 'CLUSTERING', 'FACE', 'PERSON_CENTROID'],
  ...['CAMERA', 'COLOR', 'DOC', 'IN_ALBUM', 'MODEL', 'PHASH', 'PLACE', 'SIZE', 'STATUS', 'TAG', 'TERM'],
  ...['SUGGEST', 'SUMMARY', 'TALLY'],
];

let shoebox: Pipeline;
const call = (method: string, path: string, body?: object) =>
  shoebox.call(method, path, { as: 'kore', ...(body && { body }) });
beforeAll(async () => {
  shoebox = await startPipeline();
});
afterAll(() => shoebox.stop());

type Item = Record<string, unknown> & { user_id: string; sk: string };
const keyOf = ({ user_id, sk }: Item) => `${user_id.startsWith('LINK#') ? 'LINK' : user_id} ${sk}`;
const kindOf = ({ sk }: Item) => sk.split('#')[0] ?? '';
const items = async () => new Map(((await shoebox.world.items()) as Item[]).map((item) => [keyOf(item), item]));

async function upload(seed: number): Promise<string> {
  const content = await drawPicture({ seed, width: 120, height: 80 });
  const form = multipart([{ name: 'files', filename: 'a.jpg', content }]);
  const answer = await shoebox.call('POST', '/images/upload', { as: 'kore', body: form.body, headers: form.headers });
  return answer.json<{ items: { image_id: string }[] }>().items[0]?.image_id ?? '';
}

test('what a later release has written survives this one, where nobody could compute it anew', async () => {
  const { model, work, world } = shoebox;
  model.says = { title: 'A', description: 'B', tags: ['c'], filename: 'a', text: '' };
  const first = await upload(1);
  await work();
  await call('POST', '/people/data', { face_detection: true });
  const album = (await call('POST', '/albums/manual', { name: 'One', image_ids: [first] })).json<{
    album_id: string;
  }>();
  const link = (await call('POST', `/albums/${album.album_id}/links`, {})).json<{ token: string; link_id: string }>();
  await call('POST', '/albums/auto-generate', { by: ['event'], min_images: 2 });
  await call('PATCH', `/images/${first}/faces/0`, { name: 'Someone' });
  await work();
  const { items: people } = (await call('GET', '/people')).json<{ items: { person_id: string }[] }>();

  const before = await items();
  for (const { user_id, sk } of before.values()) {
    await world.table.send(
      new UpdateCommand({
        TableName: TABLE,
        Key: { user_id, sk },
        UpdateExpression: 'SET from_a_later_release = :later',
        ExpressionAttributeValues: { ':later': LATER.from_a_later_release },
      }),
    );
  }

  const statuses: [string, number][] = [];
  const did = async (method: string, path: string, body?: object) => {
    statuses.push([`${method} ${path}`, (await call(method, path, body)).status]);
    await work();
  };
  const second = await upload(2);
  await work();
  await did('PATCH', `/images/${first}`, { title: 'Other words', tags: ['d'], favorite: true });
  await did('PATCH', `/people/${people[0]?.person_id}`, { name: 'Someone else' });
  await did('PATCH', `/albums/${album.album_id}`, { name: 'Two', description: 'more' });
  await did('PUT', `/albums/${album.album_id}/images`, { ids: [second] });
  await did('POST', '/albums/auto-generate', { by: ['event'], min_images: 3 });
  await did('POST', '/people/data', { face_detection: true });
  await did('DELETE', `/images/${first}`);
  await did('POST', `/images/${first}/restore`);
  await did('POST', `/images/${first}/reprocess`, { stages: ['describe'] });
  await shoebox.call('GET', `/shared/${link.token}`);
  expect(statuses.filter(([, status]) => status >= 400)).toEqual([]);

  const after = await items();
  const kept = new Set<string>();
  const lost = new Set<string>();
  for (const [key, now] of after) {
    const then = before.get(key);
    if (!then) continue;
    const { from_a_later_release: later, ...rest } = now;
    if (!later) lost.add(kindOf(now));
    else if (JSON.stringify(rest) !== JSON.stringify(then)) kept.add(kindOf(now));
  }
  expect([...lost].filter((kind) => !WRITTEN_WHOLE.includes(kind))).toEqual([]);
  expect([...lost]).toContain('SUMMARY');
  expect([...kept]).toEqual(expect.arrayContaining(KEPT));
});
