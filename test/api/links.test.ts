import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { linkDeviations } from '../../bin/doctor/recount/links.ts';
import { createAlbums } from '../../shared/adapters/albums.ts';
import { createImageIndex } from '../../shared/adapters/image-index.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { digestOf } from '../../shared/adapters/links.ts';
import type * as schemas from '../../shared/contract/schemas.ts';
import type { Problem } from '../../shared/contract/schemas.ts';
import { type Album, isByRule } from '../../shared/domain/albums/album.ts';
import { membershipsOf, viewedListsOf } from '../../shared/domain/albums/lists.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';
import { thumbnailKey } from '../../shared/domain/object-keys.ts';
import { donePhoto, imageId } from '../support/records.ts';
import { TABLE } from '../support/world.ts';
import { type Api, startApi } from './api.ts';

type NewLink = z.infer<typeof schemas.newLink>;
type Shared = z.infer<typeof schemas.shared>;
type SharedPage = z.infer<typeof schemas.sharedImagePage>;

let api: Api;
let user: string;
let users = 0;
beforeAll(async () => {
  api = await startApi();
  const { world } = api;
  const endpoint = world.aws.endpoints.secretsmanager;
  const secrets = new SecretsManagerClient({ region: 'eu-central-1', endpoint, credentials: world.aws.credentials });
  const SecretString = JSON.stringify({ azure_openai_api_key: '', url_signing_key: 'k'.repeat(40) });
  await secrets.send(new CreateSecretCommand({ Name: 'shoebox', SecretString }));
  secrets.destroy();
});
afterAll(() => api.stop());
beforeEach(() => {
  users += 1;
  user = `Lea${users}`;
});

const ALBUM = imageId(9_001);
const OTHER = imageId(9_002);
const GPS = { lat: 38.7, lon: -9.1 };
const albums = () => createAlbums(api.world.table, TABLE);
const images = () => createImages(api.world.table, TABLE, () => new Date());

async function album(changes: Partial<Album> = {}): Promise<Album> {
  const at = new Date().toISOString();
  const stored: Album = {
    album_id: ALBUM,
    kind: 'manual',
    name: 'Summer',
    description: 'By the sea',
    sort: 'taken',
    created_at: at,
    updated_at: at,
    ...changes,
  };
  await albums().create(user, stored);
  return stored;
}

/** A photo as organize leaves it listed. */
async function photo(number: number, changes: Partial<ImageRecord> = {}): Promise<void> {
  const small = {
    key: thumbnailKey(user, imageId(number), 'small'),
    content_type: 'image/webp',
    bytes: 4,
    width: 2,
    height: 1,
  };
  const record = donePhoto(user, number, {
    taken_at: `2025-07-0${number % 10}T10:00:00`,
    albums: { [ALBUM]: `${number}` },
    thumbnails: { small, medium: small },
    metadata: { gps: GPS, camera_model: 'X100' },
    sha256: 'f'.repeat(64),
    ...changes,
  });
  await images().create(record);
  const lists = [...membershipsOf(record), ...viewedListsOf(record)];
  const postings = lists.map(({ list }) => ({ list, image_id: record.image_id }));
  await createImageIndex(api.world.table, TABLE).writePostings(user, postings, []);
}

const share = (body: object = {}, as = user, albumId = ALBUM) =>
  api.call('POST', `/albums/${albumId}/links`, { as, body });
const shared = async (body: object = {}) => (await share(body)).json<NewLink>();
const visit = (token: string, path = '', access?: string) =>
  api.call('GET', `/shared/${token}${path}`, access === undefined ? {} : { headers: { 'Share-Access': access } });
const enter = (token: string, password: string) => api.call('POST', `/shared/${token}/access`, { body: { password } });
const seen = async (token: string, query: Record<string, string> = {}) =>
  (await api.call('GET', `/shared/${token}/images`, { query })).json<SharedPage>();
const shown = async (token: string) => (await seen(token)).items.map(({ image_id }) => image_id);

describe('a new link', () => {
  test('opens for 30 days, to look only, without places; its token is nowhere in the table', async () => {
    await album();
    const answer = await share();
    expect(answer.status).toBe(201);
    const { token, url, link_id, expires_at, ...terms } = answer.json<NewLink>();
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(url).toMatch(new RegExp(`^https://.*/v1/shared/${token}$`));
    expect(terms).toMatchObject({ name: null, password: false, download: false, location: false });
    const days = (Date.parse(expires_at) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(29.99);
    expect(days).toBeLessThanOrEqual(30);
    const items = JSON.stringify(await api.world.items());
    expect(items).not.toContain(token);
    expect(items).toContain(digestOf(token));
    expect(linkDeviations(await api.world.items())).toEqual([]);
    const { items: listed } = (await api.call('GET', `/albums/${ALBUM}/links`, { as: user })).json<{
      items: object[];
    }>();
    expect(listed).toEqual([{ ...terms, link_id, expires_at }]);
  });

  test('keeps its password only as a hash of its own', async () => {
    await album();
    const [{ token }] = [await shared({ password: 'sea shells' }), await shared({ password: 'sea shells' })];
    const opening = (await api.world.items()).filter(
      (item) => String(item.user_id).startsWith('LINK#') && item.owner === user,
    );
    const hashes = opening.map((item) => Buffer.from((item.password as { hash: Uint8Array }).hash).toString('hex'));
    expect(new Set(hashes).size).toBe(2);
    expect(JSON.stringify(opening)).not.toContain('sea shells');
    expect((await visit(token)).json<Shared>()).toMatchObject({ locked: true, album: null });
  });

  test.each([
    [{ expires_in: 59 }],
    [{ expires_in: 366 * 86_400 }],
    [{ expires_at: '2020-01-01T00:00:00Z' }],
    [{ expires_at: new Date(Date.now() + 366 * 86_400_000).toISOString() }],
    [{ expires_in: 600, expires_at: '2027-01-01T00:00:00Z' }],
    [{ password: 'abc' }],
    [{ downloads: true }],
  ])('with %j is refused', async (body) => {
    await album();
    expect((await share(body)).status).toBe(422);
  });

  test('is for one’s own albums that list their photos', async () => {
    await album();
    await album({ album_id: OTHER, kind: 'smart', query: { q: 'sea' } });
    expect((await share({}, 'eve')).status).toBe(404);
    expect((await share({}, user, imageId(77))).status).toBe(404);
    expect((await share({}, user, OTHER)).status).toBe(409);
    expect((await api.call('GET', `/albums/${ALBUM}/links`, { as: 'eve' })).status).toBe(404);
  });
});

describe('what a visitor sees', () => {
  test('is the album and its photos, in its order, and nothing that tells of anything else', async () => {
    await album();
    for (const number of [3, 1, 2]) await photo(number);
    await photo(4, { albums: { [OTHER]: '4' } });
    const { token } = await shared();
    expect((await visit(token)).json()).toMatchObject({
      locked: false,
      album: { name: 'Summer', description: 'By the sea' },
      download: false,
      location: false,
    });
    const { items, next_cursor } = await seen(token, { limit: '2' });
    expect(items.map(({ image_id }) => image_id)).toEqual([1, 2].map(imageId));
    const rest = await seen(token, { cursor: next_cursor ?? '' });
    expect(rest.items.map(({ image_id }) => image_id)).toEqual([imageId(3)]);
    expect(items[0]).toMatchObject({ title: 'A beach', original: null, place: null, gps: null });
    const one = (await visit(token, `/images/${imageId(1)}`)).json();
    expect(one).toEqual(items[0]);
    const told = JSON.stringify([items, one, (await visit(token)).json()]);
    for (const secret of [user, OTHER, 'Lisbon', 'Portugal', '38.7', 'X100', '+02:00', 'fffff', 'gpt', 'No swimming']) {
      expect(told, secret).not.toContain(secret);
    }
  });

  test('are places and originals where the owner allows them, and how they go out', async () => {
    await album();
    const original = (content_type: string) => ({ key: 'k', content_type, bytes: 3, width: 4, height: 3 });
    await photo(1);
    await photo(2, { original: original('image/heic') });
    const forms = async (terms: object) =>
      (await seen((await shared(terms)).token)).items.map((image) => image.original?.form ?? null);
    expect(await forms({ location: true })).toEqual([null, null]);
    expect(await forms({ download: true })).toEqual(['stripped', 'preview']);
    expect(await forms({ download: true, location: true })).toEqual(['original', 'original']);
    const { items } = await seen((await shared({ location: true })).token);
    expect(items[0]).toMatchObject({ place: { city: 'Lisbon' }, gps: GPS });
  });

  test('has URLs that name the link and live for a quarter of an hour at the most', async () => {
    await album();
    await photo(1);
    const { token } = await shared();
    const [image] = (await seen(token)).items;
    const left = Date.parse(image?.urls_expire_at ?? '') - Date.now();
    expect(left).toBeLessThanOrEqual(900_000);
    expect(left).toBeGreaterThan(598_000);
    expect(image?.thumbnails?.small).toContain(`/shared/${token}/images/${imageId(1)}/thumbnails/small?exp=`);
  });

  test('is without photos in the trash, erased, or taken out of the album, though its lists still show them', async () => {
    await album();
    for (const number of [1, 2, 3, 4]) await photo(number);
    const { token } = await shared();
    expect(await shown(token)).toHaveLength(4);
    const change = (number: number, expression: string, values?: Record<string, string>) =>
      api.world.table.send(
        new UpdateCommand({
          TableName: TABLE,
          Key: { user_id: user, sk: `IMAGE#${imageId(number)}` },
          UpdateExpression: expression,
          ExpressionAttributeValues: values,
        }),
      );
    await change(1, 'SET trashed_at = :at', { ':at': '2026-01-01T00:00:00.000Z' });
    await change(2, 'REMOVE albums');
    await images().markDeleted({ userId: user, imageId: imageId(3) });
    expect(await shown(token)).toEqual([imageId(4)]);
    for (const number of [1, 2, 3, 99]) expect((await visit(token, `/images/${imageId(number)}`)).status).toBe(404);
  });

  test('of an automatic album is what its rule says', async () => {
    const auto = await album({ kind: 'auto', rule: { by: 'day', day: '2025-07-02' } });
    expect(isByRule(auto)).toBe(true);
    for (const number of [1, 2, 3]) await photo(number, { albums: {} });
    const { token } = await shared();
    expect(await shown(token)).toEqual([imageId(2)]);
    expect((await visit(token, `/images/${imageId(3)}`)).status).toBe(404);
  });
});

describe('a link that does not open', () => {
  test('is answered the same whatever the reason, and by every route', async () => {
    await album();
    await photo(1);
    await album({ album_id: OTHER });
    const [revoked, gone, expired] = [await shared(), (await share({}, user, OTHER)).json<NewLink>(), await shared()];
    expect((await api.call('DELETE', `/albums/${ALBUM}/links/${revoked.link_id}`, { as: user })).status).toBe(204);
    await albums().remove(user, OTHER);
    await api.world.table.send(
      new UpdateCommand({
        TableName: TABLE,
        Key: { user_id: `LINK#${digestOf(expired.token)}`, sk: 'LINK' },
        UpdateExpression: 'SET expires_at = :past',
        ExpressionAttributeValues: { ':past': new Date(Date.now() - 1).toISOString() },
      }),
    );
    const tokens = [revoked.token, gone.token, expired.token, 'a'.repeat(43), '.', 'x'.repeat(150)];
    for (const token of tokens) {
      const answers = [
        await visit(token),
        await visit(token, '/images'),
        await visit(token, `/images/${imageId(1)}`),
        await enter(token, 'sea shells'),
      ];
      for (const { status, json, headers } of answers) {
        const { detail } = json<Problem>();
        expect([status, detail, headers['WWW-Authenticate']]).toEqual([
          404,
          expect.stringMatching(/not any more/),
          undefined,
        ]);
      }
    }
  });

  test('leaves nothing behind; only its owner can take it back, and only once', async () => {
    await album();
    const { link_id, token } = await shared();
    const path = `/albums/${ALBUM}/links/${link_id}`;
    expect((await api.call('DELETE', path, { as: 'eve' })).status).toBe(404);
    expect((await visit(token)).status).toBe(200);
    expect((await api.call('DELETE', path, { as: user })).status).toBe(204);
    expect((await api.call('DELETE', path, { as: user })).status).toBe(404);
    const left = (await api.world.items()).filter((item) => item.owner === user || String(item.sk).startsWith('LINK#'));
    expect(left.filter((item) => item.user_id === user || item.owner === user)).toEqual([]);
  });
});

describe('a password', () => {
  test('is asked for by whatever shows something, and given once for some minutes', async () => {
    await album();
    await photo(1);
    const { token } = await shared({ password: 'Seemöwe 🐚', download: true });
    expect((await visit(token, '/images')).status).toBe(401);
    expect((await visit(token, `/images/${imageId(1)}`)).status).toBe(401);
    const wrong = await enter(token, 'Seemowe');
    expect(wrong.json()).toMatchObject({ status: 401, type: 'urn:shoebox:problem:password-needed' });
    const entered = await enter(token, 'Seemöwe 🐚');
    expect(entered.status).toBe(200);
    const { access, expires_at } = entered.json<{ access: string; expires_at: string }>();
    expect(Date.parse(expires_at) - Date.now()).toBeLessThanOrEqual(900_000);
    expect((await visit(token, '/images', access)).json<SharedPage>().items).toHaveLength(1);
    expect((await visit(token, '', access)).json<Shared>()).toMatchObject({ locked: false, album: { name: 'Summer' } });
    // It speaks for this link, until then, and not for longer because somebody says so.
    const other = await shared({ password: 'another' });
    expect((await visit(other.token, '/images', access)).status).toBe(401);
    const [exp = '', sig = ''] = access.split('.');
    expect((await visit(token, '/images', `${Number(exp) + 600}.${sig}`)).status).toBe(401);
    expect((await visit(token, '/images', 'nonsense')).status).toBe(401);
  });

  test('can be tried twenty times in a quarter of an hour, also all at once', async () => {
    await album();
    const { token } = await shared({ password: 'sea shells' });
    const key = { user_id: `LINK#${digestOf(token)}`, sk: 'LINK' };
    const set = (count: number, window: number) =>
      api.world.table.send(
        new UpdateCommand({
          TableName: TABLE,
          Key: key,
          UpdateExpression: 'SET tries_window = :window, tries_count = :count',
          ExpressionAttributeValues: { ':window': window, ':count': count },
        }),
      );
    const window = Math.floor(Date.now() / 900_000);
    await set(16, window);
    const answers = await Promise.all(Array.from({ length: 8 }, () => enter(token, 'wrong')));
    expect(answers.map(({ status }) => status).sort()).toEqual([401, 401, 401, 401, 429, 429, 429, 429]);
    const refused = await enter(token, 'sea shells');
    expect([refused.status, refused.headers['Retry-After']]).toEqual([429, '900']);
    await set(20, window - 1);
    expect((await enter(token, 'sea shells')).status).toBe(200);
  });
});

test('a link is asked so often in a minute, and then waits for the next', async () => {
  await album();
  const { token } = await shared();
  expect((await visit(token)).status).toBe(200);
  await api.world.table.send(
    new UpdateCommand({
      TableName: TABLE,
      Key: { user_id: `LINK#${digestOf(token)}`, sk: 'LINK' },
      UpdateExpression: 'SET requests_window = :window, requests_count = :count',
      ExpressionAttributeValues: { ':window': Math.floor(Date.now() / 60_000) + 1, ':count': 3_000 },
    }),
  );
  const refused = await visit(token);
  expect([refused.status, refused.headers['Retry-After']]).toEqual([429, '60']);
});
