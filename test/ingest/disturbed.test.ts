import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { INGEST_STEPS } from '../../functions/ingest/ingest.ts';
import { drawPicture } from '../fixtures/pictures.ts';
import { imageId } from '../support/records.ts';
import { startWorld, type World } from '../support/world.ts';
import { openPhotos, type Photos, sha256 } from './photos.ts';

/** Steps of a run that ends with an accepted picture. */
const STEPS = INGEST_STEPS.filter((step) => !['reject', 'duplicate', 'settle'].includes(step));

let world: World;
let photos: Photos;
let picture: Buffer;
let other: Buffer;
const garbage = Buffer.from('no picture');
let users = 0;

beforeAll(async () => {
  world = await startWorld();
  picture = await drawPicture({ seed: 1 });
  other = await drawPicture({ seed: 2 });
});
afterAll(() => world.stop());
beforeEach(() => {
  users += 1;
  photos = openPhotos(world, `Ann${users}`);
});

describe.each(STEPS)('before the step %s', (step) => {
  test('the run dies and is repeated', async () => {
    await photos.upload(1, picture);
    expect(await photos.runUntil(1, step)).toBe(true);
    await photos.run(1);
    await photos.expectAccepted(1, picture);
    expect(new Set(await photos.handedOn())).toEqual(new Set([imageId(1)]));
  });

  test('a second run overtakes the first', async () => {
    await photos.upload(1, picture);
    expect(await photos.runWith(1, step, () => photos.run(1))).toBe(true);
    await photos.expectAccepted(1, picture);
    expect(new Set(await photos.handedOn())).toEqual(new Set([imageId(1)]));
  });

  test('the form is used again with another picture: one of the two is accepted, whole', async () => {
    await photos.upload(1, picture);
    expect(await photos.runWith(1, step, () => photos.post(1, other))).toBe(true);
    await photos.run(1);
    const record = await photos.record(1);
    await photos.expectAccepted(1, record?.sha256 === sha256(picture) ? picture : other);
  });

  test('the form is used again and that is read first: one of the two is accepted, whole', async () => {
    await photos.upload(1, picture);
    await photos.runWith(1, step, async () => {
      await photos.post(1, other);
      await photos.run(1);
    });
    const record = await photos.record(1);
    await photos.expectAccepted(1, record?.sha256 === sha256(picture) ? picture : other);
  });

  test('the run dies and the form is used again with garbage', async () => {
    await photos.upload(1, picture);
    await photos.runUntil(1, step);
    await photos.post(1, garbage);
    await photos.run(1);
    await photos.run(1);
    // Once the original is kept it is what counts.
    if (STEPS.indexOf(step) > STEPS.indexOf('keep')) await photos.expectAccepted(1, picture);
    else await photos.expectRejected(1, 'unknown_format');
  });

  test('the form is used again with garbage and that is read first', async () => {
    await photos.upload(1, picture);
    await photos.runWith(1, step, async () => {
      await photos.post(1, garbage);
      await photos.run(1);
    });
    const record = await photos.record(1);
    if (record?.status === 'rejected') await photos.expectRejected(1, 'unknown_format');
    else await photos.expectAccepted(1, picture);
    expect(record?.status === 'rejected' ? await photos.handedOn() : []).toEqual([]);
  });

  test('the photo is deleted and erased', async () => {
    await photos.upload(1, picture);
    await photos.runWith(1, step, async () => {
      await photos.images.markDeleted(photos.key(1));
      await photos.erase(1);
    });
    await photos.expectNothing(1);
  });

  test('the photo is deleted, and erased only after the run', async () => {
    await photos.upload(1, picture);
    await photos.runWith(1, step, async () => {
      await photos.images.markDeleted(photos.key(1));
    });
    await photos.erase(1);
    await photos.expectNothing(1);
  });

  test('the run dies, the photo is deleted, the message comes back before it is erased', async () => {
    await photos.upload(1, picture);
    await photos.runUntil(1, step);
    await photos.images.markDeleted(photos.key(1));
    await photos.run(1);
    await photos.erase(1);
    await photos.expectNothing(1);
  });

  test('the same bytes are uploaded once more and read first', async () => {
    await photos.upload(1, picture);
    await photos.upload(2, picture);
    await photos.runWith(1, step, () => photos.run(2));
    const first = (await photos.record(1))?.status === 'duplicate' ? 2 : 1;
    await photos.expectAccepted(first, picture);
    await photos.expectDuplicate(first === 1 ? 2 : 1, first);
    expect(new Set(await photos.handedOn())).toEqual(new Set([imageId(first)]));
  });

  test('the run dies, the same bytes are uploaded once more, the first comes back', async () => {
    await photos.upload(1, picture);
    await photos.upload(2, picture);
    await photos.runUntil(1, step);
    await photos.run(2);
    await photos.run(1);
    const first = (await photos.record(1))?.status === 'duplicate' ? 2 : 1;
    await photos.expectAccepted(first, picture);
    await photos.expectDuplicate(first === 1 ? 2 : 1, first);
  });
});

/** Numbers of photos of no other test: the queue drops an event that it has seen of a photo before. */
const ownNumbers = () => [users * 10 + 1, users * 10 + 2] as const;

describe.each(['reject', 'settle', 'clear'] as const)(
  'what is no picture, when the run dies before the step %s',
  (step) => {
    test('ends rejected all the same', async () => {
      const [number] = ownNumbers();
      await photos.upload(number, garbage);
      expect(await photos.runUntil(number, step)).toBe(true);
      await photos.run(number);
      await photos.expectRejected(number, 'unknown_format');
      expect(await photos.events()).toEqual([`settled:${number}`]);
    });
  },
);

describe.each(['duplicate', 'settle', 'clear'] as const)(
  'a duplicate, when the run dies before the step %s',
  (step) => {
    test('ends as a duplicate all the same', async () => {
      const [first, second] = ownNumbers();
      await photos.upload(first, picture);
      await photos.run(first);
      await photos.upload(second, picture);
      expect(await photos.runUntil(second, step)).toBe(true);
      await photos.run(second);
      await photos.expectDuplicate(second, first);
      await photos.expectAccepted(first, picture);
      expect(await photos.events()).toEqual([`settled:${second}`]);
    });
  },
);

test('a photo that ended outside says so until what is derived from it has followed', async () => {
  const [number] = ownNumbers();
  await photos.upload(number, garbage);
  await photos.run(number);
  const record = await photos.record(number);
  if (record) await photos.images.settle(photos.key(number), record);
  expect(await photos.runUntil(number, 'settle')).toBe(false);
});
