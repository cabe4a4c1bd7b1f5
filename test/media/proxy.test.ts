import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDepartures } from '../../shared/adapters/departures.ts';
import { systemClock } from '../../shared/adapters/ids.ts';
import { createLinkSignatures, type Link } from '../../shared/adapters/link-signatures.ts';
import { createProfiles } from '../../shared/adapters/profiles.ts';
import { seconds } from '../identity/google.ts';
import { imageId } from '../support/records.ts';
import { TABLE } from '../support/world.ts';
import { type Media, ORIGIN, SIGNING_KEY, startMedia } from './media.ts';

let media: Media;
beforeAll(async () => {
  media = await startMedia('proxy');
});
afterAll(() => media.stop());

const BYTES = Buffer.from('0123456789');
const photo = (changes = {}) => media.photo('ada', { original: BYTES }, changes);

describe('the bytes', () => {
  test('of an original, typed and named by the record, and good for nothing but looking at', async () => {
    const { image_id } = await photo({ display_name: 'Ä "b".jpg' });
    const answer = await media.call(`/images/${image_id}/original`, { headers: media.as('ada') });
    expect([answer.status, answer.body.toString()]).toEqual([200, '0123456789']);
    expect(answer.headers).toMatchObject({
      'content-type': 'image/jpeg',
      'content-length': '10',
      'content-disposition': `inline; filename="A _b_.jpg"; filename*=UTF-8''%C3%84%20_b_.jpg`,
      'x-content-type-options': 'nosniff',
      'content-security-policy': expect.stringMatching(/default-src 'none'.*sandbox/),
      'cross-origin-resource-policy': 'cross-origin',
      'cache-control': 'private, no-cache',
      vary: expect.stringContaining('Authorization'),
      'accept-ranges': 'bytes',
      'x-request-id': 'request-1',
    });
  });

  test.each([
    ['thumbnail', 'small'],
    ['thumbnails/small', 'small'],
    ['thumbnails/medium', 'medium'],
    ['faces/1', 'face'],
  ])('of %s', async (path, size) => {
    const { image_id } = await photo();
    const answer = await media.call(`/images/${image_id}/${path}`, { headers: media.as('ada') });
    expect(answer.body.toString()).toBe(`${size} of ${image_id}`);
    expect(answer.headers['content-type']).toBe('image/webp');
  });

  test.each(['faces/0', 'faces/50', 'faces/x', 'faces/01'])('of %s, which is not there, are not', async (path) => {
    const { image_id } = await photo();
    const { status } = await media.call(`/images/${image_id}/${path}`, { headers: media.as('ada') });
    expect([404, 422]).toContain(status);
    const none = await media.call(`/images/${imageId(999_999)}/${path}`, { headers: media.as('ada') });
    expect(none.status).toBe(status);
  });

  test('of something no browser paints are saved, under a type that does nothing', async () => {
    const { image_id } = await media.photo('ada', { original: BYTES, contentType: 'text/html' });
    const { headers } = await media.call(`/images/${image_id}/original`, { headers: media.as('ada') });
    expect(headers['content-type']).toBe('application/octet-stream');
    expect(headers['content-disposition']).toMatch(/^attachment; /);
  });

  test.each([
    ['a GIF that is a script as well', 'GIF89a/*\0\0\0*/=1;alert(1)', 'image/gif', 'image/gif', 'inline'],
    ['a JPEG that is an archive as well', '\xff\xd8\xff\xe0 PK\x03\x04', 'image/jpeg', 'image/jpeg', 'inline'],
    ['a PNG with a page in it', '\x89PNG <html><script>alert(1)</script>', 'image/png', 'image/png', 'inline'],
    ['a HEIC', 'ftypheic', 'image/heic', 'image/heic', 'attachment'],
    ['a TIFF', 'II*\0', 'image/tiff', 'image/tiff', 'attachment'],
    ['a drawing', '<svg onload=alert(1)>', 'image/svg+xml', 'application/octet-stream', 'attachment'],
    ['a page', '<script>alert(1)</script>', 'text/html; charset=utf-8', 'application/octet-stream', 'attachment'],
  ])('of %s are nothing that runs', async (_, bytes, contentType, served, disposition) => {
    const { image_id } = await media.photo('ada', { original: Buffer.from(bytes, 'latin1'), contentType });
    for (const path of ['original', 'thumbnails/small', 'faces/1']) {
      const { headers } = await media.call(`/images/${image_id}/${path}`, { headers: media.as('ada') });
      expect([path, headers['content-type']]).toEqual([path, path === 'original' ? served : 'image/webp']);
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['content-security-policy']).toMatch(/default-src 'none'.*sandbox/);
      expect(headers['content-disposition']).toMatch(
        path === 'original' ? new RegExp(`^${disposition}; `) : /^inline; /,
      );
    }
  });

  test('of a large original arrive whole', async () => {
    const original = randomBytes(9 * 1024 * 1024);
    const { image_id } = await media.photo('ada', { original });
    const answer = await media.call(`/images/${image_id}/original`, { headers: media.as('ada') });
    expect(answer.body.equals(original)).toBe(true);
  });

  test('stay behind for HEAD', async () => {
    const { image_id } = await photo();
    const answer = await media.call(`/images/${image_id}/original`, { headers: media.as('ada'), method: 'HEAD' });
    expect([answer.status, answer.body.length, answer.headers['content-length']]).toEqual([200, 0, '10']);
  });
});

describe('ranges', () => {
  test.each([
    ['bytes=0-3', '0123', 'bytes 0-3/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=-2', '89', 'bytes 8-9/10'],
    ['bytes=8-99', '89', 'bytes 8-9/10'],
  ])('%s', async (range, bytes, contentRange) => {
    const { image_id } = await photo();
    const answer = await media.call(`/images/${image_id}/original`, { headers: { ...media.as('ada'), Range: range } });
    expect([answer.status, answer.body.toString()]).toEqual([206, bytes]);
    expect(answer.headers).toMatchObject({ 'content-range': contentRange, 'content-length': String(bytes.length) });
  });

  test.each(['bytes=0-1,3-4', 'lines=1-2', 'nonsense'])('“%s” is answered with the whole', async (range) => {
    const { image_id } = await photo();
    const answer = await media.call(`/images/${image_id}/original`, { headers: { ...media.as('ada'), Range: range } });
    expect([answer.status, answer.body.length]).toEqual([200, 10]);
  });

  test('beyond the end: 416, saying how long it is', async () => {
    const { image_id } = await photo();
    const headers = { ...media.as('ada'), Range: 'bytes=10-' };
    const answer = await media.call(`/images/${image_id}/original`, { headers });
    expect(answer.status).toBe(416);
    expect(answer.headers).toMatchObject({ 'content-range': 'bytes */10', 'content-type': 'application/problem+json' });
  });

  test('If-Range: the rest of the same version, the whole of another', async () => {
    const { image_id } = await photo();
    const ask = (headers: Record<string, string>) =>
      media.call(`/images/${image_id}/original`, { headers: { ...media.as('ada'), Range: 'bytes=5-', ...headers } });
    const { headers } = await ask({});
    expect((await ask({ 'If-Range': headers.etag ?? '' })).status).toBe(206);
    expect((await ask({ 'If-Range': '"another"' })).body.toString()).toBe('0123456789');
    expect((await ask({ 'If-Range': headers['last-modified'] ?? '' })).status).toBe(200);
  });
});

describe('what the client already has is not sent again', () => {
  test('by tag, and by date', async () => {
    const { image_id } = await photo();
    const ask = (headers: Record<string, string>) =>
      media.call(`/images/${image_id}/original`, { headers: { ...media.as('ada'), ...headers } });
    const { headers } = await ask({});
    const etag = headers.etag ?? '';
    const same = await ask({ 'If-None-Match': etag });
    expect([same.status, same.body.length]).toEqual([304, 0]);
    expect(same.headers).toMatchObject({ etag, 'cache-control': 'private, no-cache' });
    expect((await ask({ 'If-None-Match': '"another"' })).status).toBe(200);
    expect((await ask({ 'If-Modified-Since': headers['last-modified'] ?? '' })).status).toBe(304);
    expect((await ask({ 'If-Modified-Since': 'nonsense' })).status).toBe(200);
  });
});

describe('signed links', () => {
  const sign = (secondsAgo = 0) =>
    createLinkSignatures({
      secrets: { get: async () => ({ azure_openai_api_key: '', url_signing_key: SIGNING_KEY }) },
      clock: () => new Date(Date.now() - secondsAgo * 1000),
    });
  async function linkTo(image_id: string, changes: Partial<Link> = {}, secondsAgo = 0) {
    const signatures = sign(secondsAgo);
    const link: Link = {
      user_id: 'ada',
      image_id,
      rendition: 'small',
      at: seconds(),
      exp: signatures.expiry(),
      ...changes,
    };
    return { u: link.user_id, at: String(link.at), exp: String(link.exp), sig: (await signatures.signer())(link) };
  }

  test('work without any header, on both paths of the same thumbnail, and are cached as long as they live', async () => {
    const { image_id } = await photo();
    const query = await linkTo(image_id);
    for (const path of ['thumbnail', 'thumbnails/small']) {
      const answer = await media.call(`/images/${image_id}/${path}`, { query });
      expect([answer.status, answer.body.toString()]).toEqual([200, `small of ${image_id}`]);
      const maxAge = Number(/^private, max-age=(\d+)$/.exec(answer.headers['cache-control'] ?? '')?.[1]);
      expect(maxAge).toBeGreaterThan(3_500);
      expect(maxAge).toBeLessThanOrEqual(Number(query.exp) - seconds());
    }
  });

  test('are refused when expired, altered, or for something else', async () => {
    const { image_id } = await photo();
    const other = await photo();
    const good = await linkTo(image_id);
    const refused: [string, Record<string, string>][] = [
      [`/images/${image_id}/thumbnail`, await linkTo(image_id, {}, 3 * 3600)],
      [`/images/${image_id}/original`, good],
      [`/images/${image_id}/thumbnails/medium`, good],
      [`/images/${other.image_id}/thumbnail`, good],
      [`/images/${image_id}/thumbnail`, { ...good, exp: `${Number(good.exp) + 1}` }],
      [`/images/${image_id}/thumbnail`, { ...good, at: `${Number(good.at) + 9}` }],
      [`/images/${image_id}/thumbnail`, { ...good, u: 'eve' }],
      [`/images/${image_id}/thumbnail`, { u: 'ada', exp: good.exp }],
      [`/images/${image_id}/thumbnail`, { ...good, sig: '' }],
    ];
    for (const [path, query] of refused) expect((await media.call(path, { query })).status).toBe(401);
  });

  test('die with their owner’s account, at once', async () => {
    const record = await media.photo('Liv', { original: Buffer.from('0123456789') });
    const query = await linkTo(record.image_id, { user_id: 'Liv' });
    expect((await media.call(`/images/${record.image_id}/thumbnail`, { query })).status).toBe(200);
    await createDepartures(media.world.table, TABLE, systemClock).begin('Liv');
    expect((await media.call(`/images/${record.image_id}/thumbnail`, { query })).status).toBe(401);
    const headers = media.as('Liv');
    expect((await media.call(`/images/${record.image_id}/thumbnail`, { headers })).status).toBe(401);
  });

  test('die with the session they were made in, at once; those of the next one open', async () => {
    const { image_id } = await media.photo('Max', { original: Buffer.from('0123456789') });
    const made = (at: number) => linkTo(image_id, { user_id: 'Max', at });
    const ask = async (query: Record<string, string>) =>
      (await media.call(`/images/${image_id}/thumbnail`, { query })).status;
    const before = await made(seconds(-60));
    expect(await ask(before)).toBe(200);
    const next = await createProfiles(media.world.table, TABLE, systemClock).endSessions('Max', seconds());
    expect(await ask(before)).toBe(401);
    expect(await ask(await made(next))).toBe(200);
  });

  test('of one person do not open what another owns', async () => {
    const { image_id } = await photo();
    const query = await linkTo(image_id, { user_id: 'eve' });
    expect((await media.call(`/images/${image_id}/thumbnail`, { query })).status).toBe(404);
  });

  test('that have expired do not stand in the way of a good token', async () => {
    const { image_id } = await photo();
    const query = await linkTo(image_id, {}, 3 * 3600);
    const answer = await media.call(`/images/${image_id}/thumbnail`, { query, headers: media.as('ada') });
    expect(answer.status).toBe(200);
  });
});

describe('401', () => {
  test('without a token, with a bad one, with one whose session has ended: problem+json that pages may read', async () => {
    const { image_id } = await photo();
    const profiles = createProfiles(media.world.table, TABLE, systemClock);
    await media.photo('grace', { original: BYTES });
    await profiles.endSessions('grace', seconds());
    const tokens = [
      {},
      { Authorization: 'Bearer nonsense' },
      { Authorization: `Bearer ${media.google.token({ signedBy: 'stranger' })}` },
      media.as('grace'),
    ];
    for (const token of tokens) {
      const answer = await media.call(`/images/${image_id}/original`, { headers: { ...token, Origin: ORIGIN } });
      expect([answer.status, answer.headers['content-type']]).toEqual([401, 'application/problem+json']);
      expect(answer.headers).toMatchObject({
        'access-control-allow-origin': ORIGIN,
        'cache-control': 'no-store',
        vary: expect.stringContaining('Origin'),
      });
      expect(answer.json()).toMatchObject({ type: 'urn:shoebox:problem:unauthorized', request_id: 'request-1' });
    }
  });
});

describe('404', () => {
  test('for another’s picture, exactly as for none', async () => {
    const { image_id } = await photo();
    const ask = (id: string) => media.call(`/images/${id}/original`, { headers: media.as('eve') });
    const [theirs, none] = [await ask(image_id), await ask(imageId(999_999))];
    expect(theirs.status).toBe(404);
    expect(theirs.json()).toEqual(none.json());
    expect(theirs.headers).toEqual(none.headers);
  });

  test('for one that is being erased', async () => {
    const record = await photo();
    await media.images.markDeleted({ userId: 'ada', imageId: record.image_id });
    const answer = await media.call(`/images/${record.image_id}/original`, { headers: media.as('ada') });
    expect(answer.status).toBe(404);
  });

  test('for one whose object has gone already', async () => {
    const record = await photo();
    await media.objects.remove([record.original?.key ?? '']);
    const answer = await media.call(`/images/${record.image_id}/original`, { headers: media.as('ada') });
    expect(answer.status).toBe(404);
  });

  test('while there is nothing to show, saying why', async () => {
    const none = { original: undefined, thumbnails: undefined };
    const waiting = await photo({ ...none, status: 'processing' });
    const rejected = await photo({ ...none, status: 'rejected' });
    const ask = (id: string) => media.call(`/images/${id}/thumbnail`, { headers: media.as('ada') });
    expect((await ask(waiting.image_id)).json()).toMatchObject({
      status: 404,
      detail: expect.stringMatching(/yet.*processing/),
    });
    expect((await ask(rejected.image_id)).json()).toMatchObject({
      status: 404,
      detail: expect.stringMatching(/no thumbnail.*rejected/),
    });
  });
});

test.each([
  ['/images/nonsense/original', 'image_id'],
  [`/images/${imageId(1)}/thumbnails/huge`, 'size'],
])('422 for %s, naming the field', async (path, field) => {
  const answer = await media.call(path, { headers: media.as('ada') });
  expect(answer.status).toBe(422);
  expect(answer.json()).toMatchObject({ errors: [{ path: field }] });
});
