import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createImages } from '../../shared/adapters/images.ts';
import { MAX_UPLOAD_BYTES } from '../../shared/contract/schemas.ts';
import { originalKey } from '../../shared/domain/object-keys.ts';
import { drawPicture, emptyPng, PICTURE_FORMATS, truncated } from '../fixtures/pictures.ts';
import { imageId } from '../support/records.ts';
import { startWorld, TABLE, type World } from '../support/world.ts';
import { openPhotos, type Photos, sha256 } from './photos.ts';

let world: World;
let photos: Photos;
let users = 0;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());
beforeEach(() => {
  users += 1;
  photos = openPhotos(world, `Ann${users}`);
});

describe('a picture', () => {
  test.each(PICTURE_FORMATS)('of format %s is accepted, whatever the client called it', async (format) => {
    const bytes = await drawPicture({ format, width: 300, height: 100, orientation: format === 'gif' ? 1 : 6 });
    await photos.upload(1, bytes, { expected: { content_type: 'text/plain', bytes: bytes.length } });
    await photos.run(1);
    const record = await photos.expectAccepted(1, bytes);
    const content_type = `image/${format}`;
    expect(record).toMatchObject({ format, content_type, width: 300, height: 100, taken_at: '2026-01-01T12:00:00' });
    expect(record.original).toMatchObject({ content_type, width: 300, height: 100 });
    expect(record.thumbnails?.medium).toMatchObject({ content_type: 'image/webp', width: 300, height: 100 });
    expect(record.thumbnails?.small).toMatchObject({ content_type: 'image/webp', width: 200, height: 67 });
    expect(record.stages.ingest).toMatchObject({ attempts: 1, ms: expect.any(Number) });
    expect(await photos.handedOn()).toEqual([imageId(1)]);
    expect((await photos.objects.head(record.original?.key ?? ''))?.contentType).toBe(content_type);
  });

  test('whose checksum was announced is accepted when it arrives unchanged', async () => {
    const bytes = await drawPicture();
    const expected = { content_type: 'image/jpeg', bytes: bytes.length, sha256: sha256(bytes) };
    await photos.upload(1, bytes, { expected });
    await photos.run(1);
    await photos.expectAccepted(1, bytes);
  });

  test('whose upload had expired is accepted when it comes after all', async () => {
    const bytes = await drawPicture();
    await photos.announce(1);
    await photos.images.expire(photos.key(1));
    await photos.post(1, bytes);
    await photos.run(1);
    const record = await photos.expectAccepted(1, bytes);
    expect(record.error).toBeUndefined();
  });

  test('that failed before is accepted when it is tried again, from the bytes that were kept', async () => {
    const bytes = await drawPicture();
    await photos.announce(1);
    await photos.objects.write(originalKey(photos.userId, imageId(1)), bytes, 'application/octet-stream');
    await photos.images.fail(photos.key(1), 'ingest', { code: 'internal', message: 'no' });
    await photos.run(1);
    const record = await photos.expectAccepted(1, bytes);
    expect(record.error).toBeUndefined();
  });
});

describe('what is no acceptable picture is rejected with a reason', () => {
  const raw = Buffer.concat([Buffer.from('IIU\0\x18\0\0\0', 'latin1'), Buffer.alloc(100)]);
  test.each<[string, string, string | RegExp, () => Buffer | Promise<Buffer>]>([
    ['zero bytes', 'empty', 'The file is empty (0 bytes).', () => Buffer.alloc(0)],
    ['text', 'unknown_format', /not a picture of a known format/, () => Buffer.from('no picture')],
    ['a camera raw file', 'unsupported_format', /^Camera raw files are not accepted; JPEG, PNG/, () => raw],
    ['a truncated JPEG', 'corrupt', /damaged or incomplete/, async () => truncated(await drawPicture())],
    ['a bomb', 'too_many_pixels', /60,000 × 60,000/, () => emptyPng(60_000, 60_000)],
    [
      'too many bytes',
      'too_large',
      'The file has 50.1 MB; at most 50 MB are accepted.',
      () => Buffer.alloc(MAX_UPLOAD_BYTES + 100_000),
    ],
  ])('%s', async (_, code, message, make) => {
    const bytes = await make();
    await photos.upload(1, bytes);
    await photos.run(1);
    const { error, bytes: size, stages } = await photos.expectRejected(1, code);
    expect(error?.message).toMatch(message);
    expect(size).toBe(bytes.length);
    expect(stages.ingest).toMatchObject({ state: 'failed', error: { code } });
    expect(await photos.handedOn()).toEqual([]);
  });

  test('other bytes than were announced', async () => {
    const expected = { content_type: 'image/jpeg', bytes: 1, sha256: 'a'.repeat(64) };
    await photos.upload(1, await drawPicture(), { expected });
    await photos.run(1);
    await photos.expectRejected(1, 'checksum_mismatch');
  });
});

describe('messages', () => {
  test('that come three times change nothing more', async () => {
    const bytes = await drawPicture();
    await photos.upload(1, bytes);
    await photos.run(1);
    const first = await photos.expectAccepted(1, bytes);
    await photos.run(1);
    await photos.run(1);
    expect(await photos.expectAccepted(1, bytes)).toEqual(first);
    expect(await photos.handedOn()).toEqual([imageId(1)]);
  });

  test('about a photo that has no record remove its bytes', async () => {
    await photos.post(1, await drawPicture());
    await photos.run(1);
    await photos.expectNothing(1);
    expect(await photos.handedOn()).toEqual([]);
  });

  test('about a photo whose bytes have not come leave it alone', async () => {
    await photos.announce(1);
    const before = await photos.record(1);
    await photos.run(1);
    expect(await photos.record(1)).toEqual(before);
  });

  test('about a queued photo whose bytes were never stored end it with a reason', async () => {
    await photos.announce(1, { status: 'queued' });
    await photos.run(1);
    expect(await photos.record(1)).toMatchObject({ status: 'failed', error: { code: 'bytes_missing' } });
    expect(await photos.events()).toEqual(['settled:1']);
  });

  test('after the end, with other bytes, remove those bytes only', async () => {
    const bytes = await drawPicture();
    await photos.upload(1, bytes);
    await photos.run(1);
    await photos.post(1, await drawPicture({ seed: 2 }));
    await photos.run(1);
    await photos.expectAccepted(1, bytes);

    await photos.upload(2, Buffer.from('no picture'));
    await photos.run(2);
    await photos.post(2, bytes);
    await photos.run(2);
    await photos.expectRejected(2, 'unknown_format');
  });
});

describe('the same bytes twice', () => {
  test('make the second a duplicate of the first', async () => {
    const bytes = await drawPicture({ width: 70 });
    await photos.upload(1, bytes);
    await photos.upload(2, bytes);
    await photos.run(1);
    await photos.run(2);
    await photos.expectAccepted(1, bytes);
    await photos.expectDuplicate(2, 1);
    expect(await photos.record(2)).toMatchObject({
      width: 70,
      sha256: sha256(bytes),
      stages: { ingest: { state: 'done' } },
    });
    expect(await photos.handedOn()).toEqual([imageId(1)]);
  });

  test('are two photos of two users', async () => {
    const bytes = await drawPicture();
    const other = openPhotos(world, `Bob${users}`);
    await photos.upload(1, bytes);
    await other.upload(1, bytes);
    await photos.run(1);
    await other.run(1);
    await photos.expectAccepted(1, bytes);
    await other.expectAccepted(1, bytes);
  });

  test('are accepted the second time if the first was rejected', async () => {
    const bytes = await drawPicture();
    await photos.upload(1, bytes, { expected: { content_type: 'image/jpeg', bytes: 1, sha256: 'a'.repeat(64) } });
    await photos.upload(2, bytes);
    await photos.run(1);
    await photos.run(2);
    await photos.expectRejected(1, 'checksum_mismatch');
    await photos.expectAccepted(2, bytes);
  });

  test.each(['before it is erased', 'after it is erased'])(
    'are accepted again if the first was deleted, %s',
    async (when) => {
      const bytes = await drawPicture();
      await photos.upload(1, bytes);
      await photos.run(1);
      await photos.images.markDeleted(photos.key(1));
      if (when === 'after it is erased') await photos.erase(1);
      await photos.upload(2, bytes);
      await photos.run(2);
      await photos.erase(1);
      await photos.expectAccepted(2, bytes);
    },
  );

  test('are accepted the second time if the first failed; tried again, the first is the duplicate', async () => {
    const bytes = await drawPicture();
    await photos.upload(1, bytes);
    await photos.runUntil(1, 'finish');
    await photos.images.fail(photos.key(1), 'ingest', { code: 'internal', message: 'no' });
    await photos.upload(2, bytes);
    await photos.run(2);
    await photos.expectAccepted(2, bytes);
    await photos.run(1);
    await photos.expectDuplicate(1, 2);
    await photos.expectAccepted(2, bytes);
  });
});

test('our own failures are thrown, for the queue to bring the photo back', async () => {
  const bytes = await drawPicture();
  await photos.upload(1, bytes);
  const failing = openPhotos(world, photos.userId);
  await expect(
    failing.run(1, (step) => {
      if (step === 'keep') throw new Error('S3 is away');
    }),
  ).rejects.toThrow('S3 is away');
  expect(await photos.record(1)).toMatchObject({
    status: 'processing',
    stages: { ingest: { state: 'running', attempts: 1 } },
  });
  await photos.run(1);
  expect((await photos.expectAccepted(1, bytes)).stages.ingest.attempts).toBe(2);
});

test('the clock that is given is the one that is used', async () => {
  const at = new Date('2030-05-06T07:08:09.000Z');
  const images = createImages(world.table, TABLE, () => at);
  const bytes = await drawPicture();
  await photos.upload(1, bytes);
  const record = await photos.record(1);
  expect(record && (await images.beginIngest(photos.key(1), record))?.processing_started_at).toBe(at.toISOString());
});
