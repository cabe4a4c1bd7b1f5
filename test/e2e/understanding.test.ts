import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { z } from 'zod';
import type * as schemas from '../../shared/contract/schemas.ts';
import type { SearchPage } from '../../shared/contract/schemas.ts';
import { sharp } from '../../shared/imaging/sharp.ts';
import { drawPicture } from '../fixtures/pictures.ts';
import { photos, photosThere } from '../fixtures/real-photos.ts';
import { type Image, type Person, signUp } from './support/person.ts';
import { recount } from './support/recount.ts';
import { quiet, startTestStack, type TestStack } from './support/stack.ts';

let stack: TestStack;
let ada: Person;
let lisbon: Image;
let others: Image[];

/** A drawing that says it was taken in Lisbon on a summer evening. */
async function lisbonPhoto(): Promise<Buffer> {
  return sharp(await drawPicture({ width: 640, height: 480, seed: 7 }))
    .withExif({
      IFD0: { Make: 'Leica', Model: 'Q2', Artist: 'Ada' },
      IFD2: { DateTimeOriginal: '2024:06:13 21:05:10', ExposureTime: '1/40', FNumber: '17/10', ISOSpeedRatings: '200' },
      IFD3: {
        GPSLatitudeRef: 'N',
        GPSLatitude: '38/1 42/1 3000/100',
        GPSLongitudeRef: 'W',
        GPSLongitude: '9/1 8/1 1200/100',
      },
    })
    .jpeg()
    .toBuffer();
}

const found = async (person: Person, query: string) =>
  (await person.get<SearchPage>(`/search/images?${query}`)).items.map(({ image_id }) => image_id);
const stats = async (person: Person) => person.get<z.infer<typeof schemas.stats>>('/stats');

beforeAll(async () => {
  stack = await startTestStack();
  ada = await signUp(stack.url);
  const id = await ada.upload({ filename: 'DSC_0001.JPG', bytes: await lisbonPhoto() });
  const ids = await Promise.all(
    [21, 22, 23, 24].map(async (seed) =>
      ada.upload({ filename: `${seed}.jpg`, bytes: await drawPicture({ width: 320, height: 240, seed }) }),
    ),
  );
  [lisbon, ...others] = (await ada.ended([id, ...ids])) as [Image, ...Image[]];
});
afterAll(() => stack?.remove());

describe('what the file says', () => {
  test('is on the record, typed; all of it where the image alone is asked for', async () => {
    expect(lisbon).toMatchObject({
      status: 'done',
      degraded: false,
      metadata: {
        camera_make: 'Leica',
        camera_model: 'Q2',
        exposure_time: '1/40',
        exposure_seconds: 0.025,
        f_number: 1.7,
        iso: 200,
      },
      taken_at: '2024-06-13T21:05:10',
      taken_at_offset: '+01:00',
      taken_at_source: 'gps_zone',
      place: { city: 'Lisbon', country: 'Portugal', country_code: 'PT' },
    });
    expect(lisbon.metadata?.gps?.lat).toBeCloseTo(38.7083, 3);
    expect(lisbon.colors.length).toBeGreaterThan(1);
    expect(lisbon.metadata).not.toHaveProperty('raw');
    expect(JSON.stringify((await ada.image(lisbon.image_id)).metadata?.raw)).toContain('Ada');
  });

  test.skipIf(!photosThere('heic'))(
    'a phone’s HEIC comes with a preview (skipped where photos/heic is absent)',
    async () => {
      const { readFile } = await import('node:fs/promises');
      const [image] = await ada.ended([
        await ada.upload({ filename: 'IMG_5195.HEIC', bytes: await readFile(photos('heic', 'IMG_5195.HEIC')) }),
      ]);
      expect(image).toMatchObject({ status: 'done', degraded: false, format: 'heic', content_type: 'image/heic' });
      const answer = await fetch(image?.thumbnails?.preview ?? '');
      const preview = await sharp(await answer.bytes()).metadata();
      expect([answer.headers.get('content-type'), Math.max(preview.width, preview.height)]).toEqual([
        'image/webp',
        2048,
      ]);
    },
  );
});

test('the links lead to S3, the routes redirect there: presigned mode, the default', async () => {
  for (const [path, link, digest] of [
    ['original', lisbon.original_url, lisbon.sha256],
    ['thumbnail', lisbon.thumbnail_url],
    ['thumbnails/medium', lisbon.thumbnails?.medium],
  ] as const) {
    expect(link).toMatch(new RegExp(`^${stack.endpoints.s3}/`));
    const redirect = await ada.call('GET', `/images/${lisbon.image_id}/${path}`);
    expect(redirect.status).toBe(302);
    for (const url of [link, redirect.headers.get('location')]) {
      const answer = await fetch(url ?? '');
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, digest ? 'image/jpeg' : 'image/webp']);
      const data = await answer.bytes();
      if (digest) expect(createHash('sha256').update(data).digest('hex')).toBe(digest);
    }
  }
  const changed = (lisbon.original_url ?? '')
    .replace(/Signature=./, 'Signature=0')
    .replace(/Signature=0./, 'Signature=00');
  expect((await fetch(changed)).status).toBe(403);
  const key = new URL(lisbon.original_url ?? '').pathname;
  expect((await fetch(new URL(key, stack.endpoints.s3))).status).toBe(403);
});

describe('finding', () => {
  test.each([
    'place=lisbon',
    'place=Lisbon,%20Portugal',
    'place=PT',
    'camera=leica',
    'camera=Leica%20Q2',
    'from=2024-06-13&to=2024-06-13',
    'from=2024&to=2024&place=portugal&status=done',
  ])('by %s', async (query) => {
    expect(await found(ada, query)).toEqual([lisbon.image_id]);
  });

  test('what is asked for together must be there together', async () => {
    expect(await found(ada, 'place=lisbon&to=2023')).toEqual([]);
    expect(await found(ada, 'place=lisbon&camera=canon')).toEqual([]);
  });

  test('every hit says why', async () => {
    const tag = lisbon.tags[0] ?? '';
    const { items } = await ada.get<SearchPage>(`/search/images?q=${encodeURIComponent(tag)}&place=lisbon`);
    const hit = items.find(({ image_id }) => image_id === lisbon.image_id);
    expect(hit?.matched.map(({ by }) => by)).toEqual(expect.arrayContaining(['word', 'place']));
  });

  test('suggestions by the first letters', async () => {
    const { items } = await ada.get<z.infer<typeof schemas.suggestions>>('/search/suggest?prefix=lis');
    expect(items).toContainEqual({ text: 'Lisbon', kind: 'place', count: 1 });
  });

  test('similar ones, best first, never itself', async () => {
    const { items } = await ada.get<z.infer<typeof schemas.similarImages>>(
      `/search/images/${lisbon.image_id}/similar?limit=3`,
    );
    expect(items.length).toBeGreaterThan(0);
    expect(items.map(({ image_id }) => image_id)).not.toContain(lisbon.image_id);
    const similarities = items.map(({ similarity }) => similarity);
    expect(similarities).toEqual(similarities.toSorted((a, b) => b - a));
  });

  test('finds nothing of another’s', async () => {
    const bob = await signUp(stack.url);
    for (const query of ['place=lisbon', 'camera=leica', 'from=2024', `q=${lisbon.tags[0]}`, 'status=done', '']) {
      expect(await found(bob, query), query).toEqual([]);
    }
    expect(await bob.get('/search/suggest?prefix=lis')).toEqual({ items: [] });
    expect(await bob.get('/images/duplicates')).toEqual({ items: [], next_cursor: null });
    expect(await stats(bob)).toMatchObject({ images: 0, bytes: 0 });
  });
});

test('a smaller copy is found as a duplicate of the better one', async () => {
  const [copy] = await ada.ended([
    await ada.upload({
      filename: 'small.jpg',
      bytes: await sharp(await lisbonPhoto())
        .resize(320)
        .jpeg({ quality: 60 })
        .toBuffer(),
    }),
  ]);
  const { items } = await ada.get<z.infer<typeof schemas.duplicateGroups>>('/images/duplicates');
  expect(items.map(({ best, images }) => [best, images.map(({ image_id }) => image_id)])).toEqual([
    [lisbon.image_id, [lisbon.image_id, copy?.image_id]],
  ]);
});

test('what a person says is found at once, and a re-run leaves it alone', async () => {
  const [first] = others;
  if (!first) throw new Error('Expected a photo');
  const path = `/images/${first.image_id}`;
  const edit = { title: 'Grandmother’s orchard', tags: ['orchard', 'Family'], favorite: true };
  const edited = (await ada.call('PATCH', path, { body: edit })).json<Image>();
  expect(edited).toMatchObject({ title: edit.title, tags: ['orchard', 'family'], locked: ['title', 'tags'] });
  await vi.waitFor(async () => expect(await found(ada, 'q=orchard')).toEqual([first.image_id]), { timeout: 30_000 });
  expect(await found(ada, 'tag=family&favorite=true')).toEqual([first.image_id]);

  expect((await ada.call('POST', `${path}/reprocess`, { body: {} })).status).toBe(202);
  const [again] = await ada.ended([first.image_id]);
  expect(again).toMatchObject({ status: 'done', degraded: false, title: edit.title, tags: ['orchard', 'family'] });
  expect(again?.description).toEqual(expect.any(String));
  expect(again?.stages.describe.tokens).toBeGreaterThan(first.stages.describe.tokens ?? 0);
  await quiet(stack);
  expect(await recount(stack)).toEqual([]);

  expect((await ada.call('PATCH', path, { body: { title: null } })).json<Image>()).toMatchObject({
    title: again?.title === edit.title ? expect.not.stringContaining('orchard') : expect.anything(),
    locked: ['tags'],
  });
});

test('many at once: what a re-run would cost, a tag for all, deleting', async () => {
  const estimate = await ada.call('POST', '/images/reprocess', { body: { status: 'done', dry_run: true } });
  const { images } = await stats(ada);
  expect(estimate.json()).toMatchObject({ dry_run: true, images });

  const run = await ada.call('POST', '/images/reprocess', {
    body: { status: 'done', stages: ['ingest'] },
    headers: { prefer: 'wait=20' },
  });
  expect([200, 202]).toContain(run.status);
  const all = await ada.images();
  await ada.ended(all.map(({ image_id }) => image_id));

  const ids = others.map(({ image_id }) => image_id);
  const tagged = await ada.call('POST', '/images/batch', { body: { action: 'tag', ids, add: ['summer'], remove: [] } });
  expect(tagged.json<{ items: unknown[] }>().items).toEqual(ids.map((image_id) => ({ image_id, result: 'done' })));
  await vi.waitFor(async () => expect((await found(ada, 'tag=summer')).sort()).toEqual([...ids].sort()), {
    timeout: 30_000,
  });

  const gone = ids.slice(0, 2);
  await ada.call('POST', '/images/batch', { body: { action: 'delete', ids: gone, permanent: true } });
  await quiet(stack);
  expect((await found(ada, 'tag=summer')).sort()).toEqual(ids.slice(2).sort());
  expect((await stats(ada)).images).toBe(all.length - gone.length);
  expect(await recount(stack)).toEqual([]);
});
