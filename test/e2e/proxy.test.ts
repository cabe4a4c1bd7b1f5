import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { drawPicture } from '../fixtures/pictures.ts';
import { type Image, type Person, signUp } from './support/person.ts';
import { startTestStack, type TestStack } from './support/stack.ts';

const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');

/** The default, links that lead to S3: test/e2e/understanding.test.ts. */
describe('in proxy mode', () => {
  let stack: TestStack;
  let ada: Person;
  let bytes: Buffer;
  let image: Image;
  beforeAll(async () => {
    stack = await startTestStack({ plainSight: true, env: { IMAGE_URL_MODE: 'proxy' } });
    ada = await signUp(stack.url);
    bytes = await drawPicture({ width: 900, height: 600 });
    [image] = (await ada.ended([await ada.upload({ filename: 'picture.jpg', bytes })])) as [Image];
    expect(image).toMatchObject({ status: 'done' });
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
