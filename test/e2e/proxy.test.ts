import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { drawPicture } from '../fixtures/pictures.ts';
import { type Image, type Person, signUp } from './support/person.ts';
import { startTestStack, type TestStack } from './support/stack.ts';

let bytes: Buffer;
beforeAll(async () => {
  bytes = await drawPicture({ width: 900, height: 600 });
});

async function upload(stack: TestStack): Promise<{ ada: Person; image: Image }> {
  const ada = await signUp(stack.url);
  const [image] = await ada.ended([await ada.upload({ filename: 'picture.jpg', bytes })]);
  expect(image).toMatchObject({ status: 'done' });
  return { ada, image: image as Image };
}

const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');

describe('in proxy mode', () => {
  let stack: TestStack;
  let ada: Person;
  let image: Image;
  beforeAll(async () => {
    stack = await startTestStack({ env: { IMAGE_URL_MODE: 'proxy' } });
    ({ ada, image } = await upload(stack));
  });
  afterAll(() => stack?.remove());

  test('the links lead to the API and open as in an <img>, without headers', async () => {
    const { original_url, thumbnail_url, thumbnails } = image;
    for (const link of [thumbnail_url, thumbnails?.small, thumbnails?.medium]) {
      expect(link).toMatch(new RegExp(`^${stack.url}/`));
      const answer = await fetch(link ?? '');
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/webp']);
      expect((await answer.bytes()).length).toBeGreaterThan(100);
    }
    const original = await fetch(original_url ?? '');
    expect([original.status, original.headers.get('content-type')]).toEqual([200, 'image/jpeg']);
    expect(sha256(await original.bytes())).toBe(image.sha256);
  });

  test('parts of a picture are 206, what the client has is 304', async () => {
    const part = await fetch(image.original_url ?? '', { headers: { range: 'bytes=10-19' } });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 10-19/${bytes.length}`]);
    expect(Buffer.from(await part.bytes())).toEqual(bytes.subarray(10, 20));
    const etag = part.headers.get('etag') ?? '';
    expect(etag).not.toBe('');
    const same = await fetch(image.original_url ?? '', { headers: { 'if-none-match': etag } });
    expect([same.status, (await same.bytes()).length]).toEqual([304, 0]);
  });

  test('a link that was changed opens nothing', async () => {
    const link = new URL(image.original_url ?? '');
    link.searchParams.set('exp', String(Number(link.searchParams.get('exp')) + 60));
    expect((await fetch(link)).status).toBe(401);
    const another = (image.thumbnail_url ?? '').replace(/\/thumbnail[^?]*/, '/original');
    expect((await fetch(another)).status).toBe(401);
  });

  test('its owner’s session opens it, another’s finds nothing, nobody’s is asked to sign in', async () => {
    const path = `/images/${image.image_id}/thumbnails/medium`;
    expect((await ada.call('GET', path)).status).toBe(200);
    const bob = await signUp(stack.url);
    for (const where of [path, `/images/${image.image_id}/original`]) {
      expect((await bob.call('GET', where)).status).toBe(404);
    }
    expect((await fetch(stack.url + path)).status).toBe(401);
  });
});

describe('in presigned mode, the default', () => {
  let stack: TestStack;
  beforeAll(async () => {
    stack = await startTestStack();
  });
  afterAll(() => stack?.remove());

  test('the links lead to S3, the routes redirect there', async () => {
    const { ada, image } = await upload(stack);
    for (const [path, link, digest] of [
      ['original', image.original_url, image.sha256],
      ['thumbnail', image.thumbnail_url],
      ['thumbnails/medium', image.thumbnails?.medium],
    ] as const) {
      expect(link).toMatch(new RegExp(`^${stack.endpoints.s3}/`));
      const redirect = await ada.call('GET', `/images/${image.image_id}/${path}`);
      expect(redirect.status).toBe(302);
      for (const url of [link, redirect.headers.get('location')]) {
        const answer = await fetch(url ?? '');
        expect([answer.status, answer.headers.get('content-type')]).toEqual([
          200,
          digest ? 'image/jpeg' : 'image/webp',
        ]);
        const data = await answer.bytes();
        if (digest) expect(sha256(data)).toBe(digest);
      }
    }
    const changed = (image.original_url ?? '')
      .replace(/Signature=./, 'Signature=0')
      .replace(/Signature=0./, 'Signature=00');
    expect((await fetch(changed)).status).toBe(403);
    const key = new URL(image.original_url ?? '').pathname;
    expect((await fetch(new URL(key, stack.endpoints.s3))).status).toBe(403);
  });
});
