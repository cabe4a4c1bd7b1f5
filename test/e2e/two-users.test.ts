import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { endpoints, type RouteId } from '../../shared/contract/routes.ts';
import type { DownloadResult } from '../../shared/contract/schemas.ts';
import { drawPicture } from '../fixtures/pictures.ts';
import { leftOf, vectorIndexOf } from '../support/departed.ts';
import { readZip } from '../support/zip.ts';
import { type Image, type Person, post, signUp } from './support/person.ts';
import { deadLetters, quiet, startTestStack, type TestStack } from './support/stack.ts';
import { readStored, type Stored } from './support/stored.ts';

/** Every method and path, aliases included, that names something of somebody's. A share link opens to whoever has it. */
const naming = endpoints.filter(({ path, access }) => path.includes('{') && !access.startsWith('link'));
const NOBODYS = '01890000-0000-7000-8000-000000000000';
/** What everybody's paths may say. */
const SHARED = { size: 'medium', n: '0', part: '1' };
/** As many alike as it takes for a cluster. */
const ALIKE = 8;

let stack: TestStack;
let ada: Person;
let bob: Person;
/** What is Ada's, by the name of the path parameter. */
let hers: Record<string, string>;
let picture: Image;

beforeAll(async () => {
  stack = await startTestStack({ plainSight: true });
  [ada, bob] = await Promise.all([signUp(stack.url), signUp(stack.url)]);
  const drawings = Array.from({ length: ALIKE }, (_, seed) => drawPicture({ width: 240, height: 160, seed }));
  const files = (await Promise.all(drawings)).map((bytes) => ada.upload({ filename: 'hers.jpg', bytes }));
  const images = await ada.ended(await Promise.all(files));
  for (const { status } of images) expect(status).toBe('done');
  picture = images[0] as Image;
  const headers = { prefer: 'wait=20' };
  await ada.call('POST', '/images/cluster', { body: { k: 1, names: false }, headers });
  const job = await ada.call('POST', '/downloads', { body: { all: true }, headers });
  const { job_id = '' } = job.json<{ job_id: string }>();
  const { items } = await ada.get<{ items: { cluster_id: string }[] }>('/images/clusters');
  const album = { name: 'Hers', image_ids: [picture.image_id] };
  const { album_id = '' } = (await ada.call('POST', '/albums/manual', { body: album })).json<{ album_id: string }>();
  const link = await ada.call('POST', `/albums/${album_id}/links`, { body: {} });
  const { link_id = '' } = link.json<{ link_id: string }>();
  hers = {
    image_id: picture.image_id,
    job_id,
    cluster_id: items[0]?.cluster_id ?? '',
    album_id,
    link_id,
    // Nobody looks for faces here; whose people are is tested in test/api/people.test.ts.
    person_id: picture.image_id,
    ...SHARED,
  };
});
afterAll(() => stack?.remove());

const fill = (path: string, values: Record<string, string>) =>
  path.replaceAll(/\{(\w+)\}/g, (_, name) => values[name] ?? '');
const nobodys = () => ({ ...Object.fromEntries(Object.keys(hers).map((name) => [name, NOBODYS])), ...SHARED });

/** What has to be said to a route for it to look at the id at all. */
const BODIES: Partial<Record<RouteId, object>> = {
  editImage: { favorite: true },
  reprocessImage: {},
  editCluster: { name: 'Mine' },
  editAlbum: { name: 'Mine' },
  createLink: {},
  addToAlbum: { ids: [NOBODYS] },
  removeFromAlbum: { ids: [NOBODYS] },
  editPerson: { name: 'Mine' },
  splitPerson: { image_ids: [NOBODYS] },
  assignFace: { name: 'Mine' },
};

/** Everything of an answer that could tell two of them apart, but what is new with every request. */
async function answerTo(person: Person, method: string, path: string, sent?: object) {
  const { status, headers, text } = await person.call(method, path, { body: sent });
  const { request_id, ...body } = text.startsWith('{') ? JSON.parse(text) : {};
  const ephemeral = /^(date|x-request-id|x-amz|x-amzn|apigw|connection|keep-alive)/;
  const kept = [...headers].filter(([name]) => !ephemeral.test(name));
  return { status, headers: kept, body };
}

describe('what is another’s answers as if there were none', () => {
  test('there are ids to ask for', () => {
    for (const id of Object.values(hers)) expect(id).not.toBe('');
    expect(naming.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['/jobs/{job_id}', '/images/{image_id}/original']),
    );
    for (const { path } of naming)
      for (const [, name = ''] of path.matchAll(/\{(\w+)\}/g)) expect(hers).toHaveProperty(name);
  });

  test.each(naming)('$method $path', async ({ id, method, path }) => {
    const anothers = await answerTo(bob, method, fill(path, hers), BODIES[id]);
    expect(anothers.status).toBe(404);
    expect(anothers.body.title).toEqual(expect.any(String));
    expect(anothers).toEqual(await answerTo(bob, method, fill(path, nobodys()), BODIES[id]));
  });

  test('and is still there for its owner', async () => {
    for (const { method, path } of naming.filter((endpoint) => endpoint.method === 'GET')) {
      // There is nobody in a drawing.
      if (path.includes('/faces/') || path.includes('/people/')) continue;
      expect([200, 302], path).toContain((await ada.call(method, fill(path, hers))).status);
    }
  });
});

describe('lists', () => {
  test.each([
    ...['/images', '/images/list', '/images?status=done', '/images/clusters', '/search', '/images/duplicates'],
    ...['/albums', '/albums/by-location', '/albums/by-date', '/trash'],
    ...['/timeline', '/memories', '/dashboard/recent-activity'],
  ])('%s is empty', async (path) => {
    expect((await bob.get<{ items: unknown[] }>(path)).items).toEqual([]);
  });

  test.each(['/dashboard/stats', '/dashboard/storage-analysis', '/dashboard/location-analysis'])(
    '%s counts nothing',
    async (path) => {
      expect((await bob.get<{ images: number }>(path)).images).toBe(0);
    },
  );

  test('from another’s place on are empty', async () => {
    expect(await bob.get(`/images?cursor=${hers.image_id}`)).toEqual({ items: [], next_cursor: null });
  });

  test('of uploads know nothing of another’s bytes', async () => {
    const bytes = await drawPicture({ width: 240, height: 160, seed: 0 });
    const [ticket] = await bob.tickets([{ filename: 'b.jpg', bytes, announce: { sha256: picture.sha256 ?? '' } }]);
    expect(ticket).toHaveProperty('upload');
  });
});

describe('when one of them leaves while photos are on their way', () => {
  test('everything of theirs is to be had before, nothing is left after, and the others keep everything', async () => {
    const cid = await signUp(stack.url);
    const { user_id: id } = await cid.get<{ user_id: string }>('/auth/me');
    const drawings = await Promise.all([21, 22, 23, 24].map((seed) => drawPicture({ width: 240, height: 160, seed })));
    const [first, ...others] = drawings.map((bytes, number) => ({ filename: `${number}.jpg`, bytes }));
    if (!first) throw new Error('Expected a picture');
    await cid.ended([await cid.upload(first)]);
    const exported = await cid.call('GET', '/auth/me/export', { headers: { prefer: 'wait=20' } });
    const { result } = exported.json<{ result: DownloadResult }>();
    const zips = await Promise.all(result.parts.map(async ({ url }) => readZip(await bytesAt(url))));
    const files = zips.flat();
    expect(files.find(({ name }) => name === '0.jpg')?.content.equals(first.bytes)).toBe(true);
    expect(files.find(({ name }) => name === 'account.json')?.content.toString()).toContain('@example.org');
    expect(files.find(({ name }) => name === 'images.jsonl')?.content.toString()).toContain('0.jpg');
    const form = await cid.form({ filename: 'late.jpg', bytes: first.bytes });
    const before = await readStored(stack);

    await Promise.all(others.map((file) => cid.upload(file)));
    expect((await cid.call('DELETE', '/auth/me')).status).toBe(202);
    expect((await cid.call('GET', '/images')).status).toBe(401);
    expect((await post(form, first.bytes)).status).toBeLessThan(300);

    await vi.waitFor(
      async () => {
        await quiet(stack);
        const { items, objects, indexes } = await readStored(stack);
        expect(leftOf(id, { items, objects: objects.map(({ key }) => key), indexes })).toEqual([]);
      },
      { timeout: 60_000, interval: 500 },
    );
    expect(await accountIds()).not.toContain(id);
    expect(await accountIds()).toHaveLength(2);
    expect(await deadLetters(stack)).toEqual([]);
    const ofOthers = ({ items, objects, vectors }: Stored) => ({
      items: items.filter(({ user_id }) => user_id !== id && !user_id.startsWith('#')),
      objects: objects.filter(({ key }) => !key.includes(id)),
      vectors: vectors.filter(({ index }) => index !== vectorIndexOf(id)),
    });
    expect(ofOthers(await readStored(stack))).toEqual(ofOthers(before));
  });

  const bytesAt = async (url: string | null) => Buffer.from(await (await fetch(url ?? '')).bytes());

  async function accountIds(): Promise<string[]> {
    const path = 'identitytoolkit.googleapis.com/v1/projects/demo-shoebox/accounts:batchGet?maxResults=1000';
    const headers = { Authorization: 'Bearer owner' };
    const answer = await fetch(`http://${stack.authEmulatorHost}/${path}`, { headers });
    const { users = [] } = (await answer.json()) as { users?: { localId: string }[] };
    return users.map(({ localId }) => localId);
  }
});
