import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { MAX_UPLOAD_BYTES } from '../../shared/contract/schemas.ts';
import { drawPicture, emptyPng, truncated } from '../fixtures/pictures.ts';
import { type Form, type Image, type Person, type Problem, post, signUp } from './support/person.ts';
import { recount } from './support/recount.ts';
import { startTestStack, type TestStack } from './support/stack.ts';

/** Long enough to use a form on a busy machine, short enough to wait for its end. */
const FORM_SECONDS = 20;
const EXPIRED_WITHIN_MS = (FORM_SECONDS + 60) * 1000;

let stack: TestStack;
let ada: Person;
let seed = 0;
/** A good picture that nobody has uploaded yet. */
const fresh = () => {
  seed += 1;
  return drawPicture({ width: 96, height: 64, seed });
};
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const padded = (bytes: Buffer, size: number) => Buffer.concat([bytes, Buffer.alloc(size - bytes.length)]);

/** Files that are no picture we accept, and what their owner is told. */
const REJECTED: [name: string, make: () => Promise<Uint8Array>, code: string, message: RegExp][] = [
  ['zero bytes', async () => Buffer.alloc(0), 'empty', /empty/],
  ['text named .jpg', async () => Buffer.from('Dear diary, …'), 'unknown_format', /not a picture of a known format/],
  ['truncated JPEG', async () => truncated(await fresh()), 'corrupt', /damaged or incomplete/],
  ['60,000 × 60,000 PNG', async () => emptyPng(60_000, 60_000), 'too_many_pixels', /60,000 × 60,000.*at most 100/],
];

let never: string;
let late: { form: Form; bytes: Uint8Array };
let otherSize: { longer: number; shorter: number; imageId: string };
let goodOnes: string[];
const rejected = new Map<string, string>();

// All of it at once, as one run: the bad must not take the good along.
beforeAll(async () => {
  stack = await startTestStack({ plainSight: true, env: { UPLOAD_EXPIRES_SECONDS: String(FORM_SECONDS) } });
  ada = await signUp(stack.url);
  const bytes = await fresh();
  never = (await ada.form({ filename: 'never.jpg', bytes })).image_id;
  late = { form: await ada.form({ filename: 'late.jpg', bytes }), bytes };
  const form = await ada.form({ filename: 'other-size.jpg', bytes });
  const longer = await post(form, padded(bytes, bytes.length + 1));
  const shorter = await post(form, truncated(bytes));
  otherSize = { longer: longer.status, shorter: shorter.status, imageId: form.image_id };
  const uploads = REJECTED.map(async ([name, make]) => {
    rejected.set(name, await ada.upload({ filename: `${name}.jpg`, bytes: await make() }));
  });
  const good = Promise.all([1, 2, 3].map(async () => ada.upload({ filename: 'good.jpg', bytes: await fresh() })));
  await Promise.all(uploads);
  goodOnes = await good;
});
afterAll(() => stack?.remove());

describe('what is no picture', () => {
  test.each(REJECTED)('%s is rejected, with a reason', async (name, _make, code, message) => {
    const [image] = await ada.ended([rejected.get(name) ?? '']);
    expect(image).toMatchObject({ status: 'rejected', error: { code, message: expect.stringMatching(message) } });
    expect(image).toMatchObject({ original_url: null, thumbnails: null, cluster: null });
  });

  test('the other pictures of the run are done', async () => {
    for (const image of await ada.ended(goodOnes)) {
      expect(image).toMatchObject({ status: 'done', degraded: false, error: null, format: 'jpeg' });
    }
  });

  test('the same truncated picture again is rejected for itself, not as a duplicate', async () => {
    const bytes = truncated(await fresh());
    const [first] = await ada.ended([await ada.upload({ filename: 'once.jpg', bytes })]);
    const announce = { sha256: sha256(bytes) };
    const [second] = await ada.ended([await ada.upload({ filename: 'twice.jpg', bytes, announce })]);
    for (const image of [first, second])
      expect(image).toMatchObject({ status: 'rejected', error: { code: 'corrupt' } });
    expect(second?.image_id).not.toBe(first?.image_id);
  });
});

describe('the same form twice', () => {
  test('with other bytes once the first are accepted: they are thrown away', async () => {
    const [first, second] = [await fresh(), await fresh()];
    const size = Math.max(first.length, second.length);
    const form = await ada.form({ filename: 'swap.jpg', bytes: padded(first, size) });
    await post(form, padded(first, size));
    const [before] = await ada.ended([form.image_id]);
    expect(before).toMatchObject({ status: 'done', sha256: sha256(padded(first, size)) });
    expect((await post(form, padded(second, size))).status).toBe(204);
    expect(await recount(stack).then(exceptUnderWay)).toEqual([]);
    const { urls_expire_at: _now, ...after } = await ada.image(form.image_id);
    const { original_url, thumbnail_url, thumbnails, urls_expire_at, ...unchanged } = before as Image;
    expect(after).toMatchObject(unchanged);
    expect(sha256(await download(after.original_url))).toBe(after.sha256);
  });

  test('with other bytes at once: one of them is accepted, whole', async () => {
    const [first, second] = [await fresh(), await fresh()];
    const size = Math.max(first.length, second.length);
    const both = [padded(first, size), padded(second, size)];
    const form = await ada.form({ filename: 'race.jpg', bytes: both[0] as Buffer });
    await Promise.all(both.map((bytes) => post(form, bytes)));
    const [image] = await ada.ended([form.image_id]);
    expect(image).toMatchObject({ status: 'done' });
    expect(both.map(sha256)).toContain(image?.sha256);
    expect(await recount(stack).then(exceptUnderWay)).toEqual([]);
    expect(sha256(await download((await ada.image(form.image_id)).original_url))).toBe(image?.sha256);
  });
});

describe('the same bytes twice', () => {
  test('at once: one is accepted, the other names it', async () => {
    const bytes = await fresh();
    const ids = await Promise.all([1, 2].map((n) => ada.upload({ filename: `twin-${n}.jpg`, bytes })));
    const images = await ada.ended(ids);
    const done = images.find(({ status }) => status === 'done');
    const duplicate = images.find(({ status }) => status === 'duplicate');
    expect(duplicate).toMatchObject({ duplicate_of: done?.image_id, error: { code: 'duplicate' } });
    expect(duplicate?.error?.message).toContain(done?.image_id);
  });

  test('while the first is still being processed', async () => {
    stack.inject('azure:429=4s,azure:retry_after=2');
    const bytes = await fresh();
    const first = await ada.upload({ filename: 'first.jpg', bytes });
    const underWay = await vi.waitFor(
      async () => {
        const image = await ada.image(first);
        expect(image.stages.ingest.state).toBe('done');
        return image;
      },
      { timeout: 60_000, interval: 50 },
    );
    expect(underWay.status).toBe('processing');
    const [second] = await ada.ended([await ada.upload({ filename: 'second.jpg', bytes })]);
    expect(second).toMatchObject({ status: 'duplicate', duplicate_of: first });
    const [ticket] = await ada.tickets([{ filename: 'third.jpg', bytes, announce: { sha256: sha256(bytes) } }]);
    expect(ticket).toEqual({ image_id: first, duplicate: true });
    const [ended] = await ada.ended([first]);
    expect(ended).toMatchObject({ status: 'done', degraded: false });
  });

  test('after the first is done: announced, there is nothing to upload; unannounced, it is a duplicate', async () => {
    const bytes = await fresh();
    const [first] = await ada.ended([await ada.upload({ filename: 'first.jpg', bytes })]);
    const [ticket] = await ada.tickets([{ filename: 'again.jpg', bytes, announce: { sha256: sha256(bytes) } }]);
    expect(ticket).toEqual({ image_id: first?.image_id, duplicate: true });
    const [second] = await ada.ended([await ada.upload({ filename: 'again.jpg', bytes })]);
    expect(second).toMatchObject({ status: 'duplicate', duplicate_of: first?.image_id });
  });
});

test('an S3 event delivered three times makes one photo', async () => {
  stack.inject('ingest:duplicate=2');
  const ids = await Promise.all(
    [1, 2, 3].map(async () => ada.upload({ filename: 'thrice.jpg', bytes: await fresh() })),
  );
  for (const image of await ada.ended(ids)) expect(image).toMatchObject({ status: 'done', degraded: false });
  expect(await recount(stack).then(exceptUnderWay)).toEqual([]);
  stack.inject('ingest:duplicate=0');
});

describe('an upload that does not come', () => {
  test('never: the image expires, and says so', async () => {
    const [image] = await ada.ended([never], EXPIRED_WITHIN_MS);
    expect(image).toMatchObject({ status: 'expired', error: { message: expect.stringMatching(/expired before/) } });
  });

  test('of another size than announced: S3 refuses it, and the image expires', async () => {
    expect(otherSize).toMatchObject({ longer: 400, shorter: 400 });
    const [image] = await ada.ended([otherSize.imageId], EXPIRED_WITHIN_MS);
    expect(image).toMatchObject({ status: 'expired', original_url: null });
  });

  test('after the form has expired: S3 refuses it', async () => {
    const [image] = await ada.ended([late.form.image_id], EXPIRED_WITHIN_MS);
    expect(image?.status).toBe('expired');
    const answer = await post(late.form, late.bytes);
    expect([answer.status, answer.text]).toEqual([403, expect.stringContaining('expired')]);
  });
});

test('after all of it, everything stored is accounted for', async () => {
  expect(await recount(stack)).toEqual([]);
});

describe('what is asked wrongly is answered with the field', () => {
  const file = { filename: 'a.jpg', content_type: 'image/jpeg', bytes: 3 };
  const files = (...list: object[]) => ({ body: { files: list } });
  const id = '00000000-0000-7000-8000-000000000000';

  test.each<[string, string, string, { body?: unknown } | undefined, number, string | undefined]>([
    ['an unknown field', 'POST', '/images/uploads', files({ ...file, colour: 'red' }), 422, 'files[0].colour'],
    ['an unknown field at the top', 'POST', '/images/uploads', { body: { files: [file], x: 1 } }, 422, 'x'],
    ['a number as text', 'POST', '/images/uploads', files({ ...file, bytes: '3' }), 422, 'files[0].bytes'],
    [
      'a file too large',
      'POST',
      '/images/uploads',
      files({ ...file, bytes: MAX_UPLOAD_BYTES + 1 }),
      422,
      'files[0].bytes',
    ],
    ['a negative size', 'POST', '/images/uploads', files({ ...file, bytes: -1 }), 422, 'files[0].bytes'],
    [
      'a name too long',
      'POST',
      '/images/uploads',
      files({ ...file, filename: 'x'.repeat(256) }),
      422,
      'files[0].filename',
    ],
    ['no digest', 'POST', '/images/uploads', files(file, { ...file, sha256: 'AB' }), 422, 'files[1].sha256'],
    ['too many files', 'POST', '/images/uploads', files(...Array(101).fill(file)), 422, 'files'],
    ['no files', 'POST', '/images/uploads', files(), 422, 'files'],
    ['half a body', 'POST', '/images/uploads', { body: '{"files": [' }, 400, undefined],
    ['a page too large', 'GET', '/images?limit=101', undefined, 422, 'limit'],
    ['a page of words', 'GET', '/images?limit=many', undefined, 422, 'limit'],
    ['an unknown status', 'GET', '/images?status=lost', undefined, 422, 'status'],
    ['an unknown parameter', 'GET', '/images?sort=name', undefined, 422, 'sort'],
    ['a cursor of one’s own', 'GET', '/images?cursor=..%2Fx', undefined, 422, 'cursor'],
    ['an image id that is none', 'GET', '/images/1', undefined, 422, 'image_id'],
    ['an image id that is none, to erase', 'DELETE', '/images/..%2F..', undefined, 422, 'image_id'],
    ['an image id that is none, for its bytes', 'GET', '/images/1/original', undefined, 422, 'image_id'],
    ['a size there is not', 'GET', `/images/${id}/thumbnails/huge`, undefined, 422, 'size'],
    ['a cluster id that is none', 'GET', '/images/clusters/1', undefined, 422, 'cluster_id'],
    ['a job id that is none', 'GET', '/jobs/1', undefined, 422, 'job_id'],
    ['too many clusters', 'POST', '/images/cluster', { body: { k: 201 } }, 422, 'k'],
    ['an id nobody has', 'GET', `/images/${id}`, undefined, 404, undefined],
    ['a route there is not', 'GET', '/imagos', undefined, 404, undefined],
  ])('%s', async (_, method, path, call, status, field) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await ada.call(method, path, call && { ...call, headers });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'application/problem+json']);
    const problem = answer.json<Problem>();
    expect(problem).toMatchObject({ status, title: expect.any(String), request_id: expect.any(String) });
    expect(problem.detail).not.toBe('');
    expect(problem.errors?.map(({ path }) => path)).toEqual(field === undefined ? undefined : [field]);
  });

  test('more than fits through the API names the route that takes it', async () => {
    const form = new FormData();
    form.append('files', new Blob([Buffer.alloc(4.2 * 1024 * 1024)]), 'large.jpg');
    const answer = await ada.call('POST', '/images/upload', { body: form });
    expect(answer.status).toBe(413);
    expect(answer.json<Problem>().detail).toContain('/images/uploads');
  });
});

/** Uploads that have not come yet are still waited for; all else is accounted for in between, too. */
function exceptUnderWay(deviations: readonly string[]): string[] {
  return deviations.filter((deviation) => !/has not ended: awaiting_upload|is awaiting_upload, but/.test(deviation));
}

async function download(url: string | null): Promise<Uint8Array> {
  const response = await fetch(url ?? '');
  expect(response.status).toBe(200);
  return response.bytes();
}
