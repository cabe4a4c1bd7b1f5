import { afterAll, beforeAll, expect, test } from 'vitest';
import { imageId } from '../support/records.ts';
import { type Media, startMedia } from './media.ts';

let media: Media;
beforeAll(async () => {
  media = await startMedia('presigned');
});
afterAll(() => media.stop());

const photo = () => media.photo('ada', { original: Buffer.from('0123456789') });

test.each([
  ['original', '0123456789', 'image/jpeg'],
  ['thumbnail', /^small of /, 'image/webp'],
  ['thumbnails/medium', /^medium of /, 'image/webp'],
  ['faces/1', /^face of /, 'image/webp'],
])('%s: a redirect to a URL that opens without any header', async (path, content, type) => {
  const { image_id } = await photo();
  const answer = await media.call(`/images/${image_id}/${path}`, { headers: media.as('ada') });
  expect([answer.status, answer.body.length]).toEqual([302, 0]);
  expect(answer.headers).toMatchObject({
    'cache-control': 'private, max-age=300',
    vary: expect.stringContaining('Authorization'),
  });
  const followed = await fetch(answer.headers.location ?? '');
  expect(followed.status).toBe(200);
  expect(followed.headers.get('content-type')).toBe(type);
  expect(await followed.text()).toMatch(content);
});

test('another’s picture is not there, a missing token is refused, and neither says where the bytes are', async () => {
  const { image_id } = await photo();
  const theirs = await media.call(`/images/${image_id}/original`, { headers: media.as('eve') });
  const none = await media.call(`/images/${imageId(999_999)}/original`, { headers: media.as('eve') });
  expect(theirs.status).toBe(404);
  expect(theirs.json()).toEqual(none.json());
  const anonymous = await media.call(`/images/${image_id}/original`);
  expect(anonymous.status).toBe(401);
  for (const answer of [theirs, anonymous]) expect(answer.headers).not.toHaveProperty('location');
});
