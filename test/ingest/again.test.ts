import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { INGEST_STEPS } from '../../functions/ingest/ingest.ts';
import { createImageEdits } from '../../shared/adapters/image-edits.ts';
import { changeItem } from '../../shared/adapters/table.ts';
import type { ImageRecord, StageName } from '../../shared/domain/image.ts';
import { originalKey, rawMetadataKey, thumbnailKey } from '../../shared/domain/object-keys.ts';
import { sharp } from '../../shared/imaging/sharp.ts';
import { drawPicture } from '../fixtures/pictures.ts';
import { imageId } from '../support/records.ts';
import { startWorld, TABLE, type World } from '../support/world.ts';
import { openPhotos, type Photos, sha256 } from './photos.ts';

/** Steps of a run that reads an accepted photo anew. */
const STEPS = INGEST_STEPS.filter((step) => !['reject', 'duplicate', 'settle'].includes(step));

let world: World;
let photos: Photos;
let edits: ReturnType<typeof createImageEdits>;
let picture: Buffer;
/** No other test's: the queue drops an event that it has seen of a photo before. */
let number = 0;

beforeAll(async () => {
  world = await startWorld();
  edits = createImageEdits(world.table, TABLE, () => new Date());
  const drawn = await drawPicture({ width: 300, height: 200 });
  picture = await sharp(drawn)
    .withExif({ IFD0: { Make: 'Acme', Model: 'One' }, IFD2: { DateTimeOriginal: '2024:05:06 07:08:09' } })
    .toBuffer();
});
afterAll(() => world.stop());
beforeEach(() => {
  number += 10;
  photos = openPhotos(world, `Ann${number}`);
});

/** Takes a photo to its end, as the other stages would. */
async function finished(bytes: Buffer = picture): Promise<ImageRecord> {
  await photos.upload(number, bytes);
  await photos.run(number);
  await photos.images.endStage(photos.key(number), 'describe', { state: 'done' });
  await photos.images.endStage(photos.key(number), 'faces', { state: 'done' });
  await photos.images.endStage(photos.key(number), 'organize', { state: 'done' });
  await photos.handedOn();
  await photos.events();
  const record = await photos.record(number);
  expect(record?.status).toBe('done');
  return record as ImageRecord;
}

async function askAgain(...stages: StageName[]): Promise<void> {
  expect(await edits.rerun(photos.key(number), stages)).toMatchObject({ state: 'changed' });
}

/** What a photo says of itself, without when and how often it was worked on. */
function factsOf(record: ImageRecord | null | undefined): Partial<ImageRecord> {
  const { stages, status, generation, updated_at, processing_started_at, processing_ms, ...facts } =
    record as ImageRecord;
  const { shard, since, ...rest } = facts as typeof facts & Record<string, unknown>;
  return rest;
}

/** Loses everything that is made from the original. */
async function loseDerived(): Promise<void> {
  const { userId, imageId: id } = photos.key(number);
  await photos.objects.remove([
    thumbnailKey(userId, id, 'small'),
    thumbnailKey(userId, id, 'medium'),
    rawMetadataKey(userId, id),
  ]);
}

describe('a photo that is read anew', () => {
  test('has its thumbnails, its dump and its facts written once more, and goes on to organize', async () => {
    const before = await finished();
    await loseDerived();
    await askAgain('ingest');
    await photos.run(number);
    const after = await photos.expectAccepted(number, picture);
    expect(after.stages.ingest).toMatchObject({ state: 'done', attempts: 1 });
    expect(factsOf(after)).toEqual(factsOf(before));
    expect(after.metadata).toMatchObject({ camera_make: 'Acme', camera_model: 'One' });
    expect(after).toMatchObject({ taken_at: '2024-05-06T07:08:09', taken_at_source: 'camera' });
    expect(await photos.handedOn()).toEqual([]);
    expect(await photos.events()).toEqual([`described:${number}`]);
  });

  test('is handed on to be described where that was asked for too', async () => {
    await finished();
    await askAgain('ingest', 'describe');
    await photos.run(number);
    expect(await photos.handedOn()).toEqual([imageId(number)]);
    expect(await photos.events()).toEqual([]);
  });

  test('keeps what a person has said about it', async () => {
    await finished();
    const place = { city: 'Lisbon', country_code: 'PT' };
    await edits.edit(photos.key(number), { taken_at: '1999-12-31T23:59:59', place });
    await askAgain('ingest');
    await photos.run(number);
    const key = `1999-12-31T23:59:59#${imageId(number)}`;
    const said = { taken_at: '1999-12-31T23:59:59', taken_at_source: 'person', taken_key: key, place };
    expect(await photos.record(number)).toMatchObject(said);
  });

  test('forgets what the file does not say', async () => {
    // The reader of metadata does not know this kind of TIFF.
    const silent = await sharp(await drawPicture())
      .tiff({ bigtiff: true })
      .toBuffer();
    const { user_id, image_id } = await finished(silent);
    const raw_metadata = { key: rawMetadataKey(user_id, image_id), bytes: 2 };
    await photos.objects.write(raw_metadata.key, Buffer.from('{}'), 'application/json');
    await askAgain('ingest');
    // As an older reader might have left it.
    const stale = { taken_at_offset: '+09:00', place: { city: 'Nowhere' }, frames: 7, raw_metadata };
    const key = { user_id, sk: `IMAGE#${image_id}` };
    await changeItem(world.table, TABLE, key, { set: stale });
    await photos.run(number);
    const after = await photos.expectAccepted(number, silent);
    expect([after.place, after.frames, after.raw_metadata]).toEqual([undefined, undefined, undefined]);
    expect(after.taken_at_offset).toBe('+00:00');
  });

  test('is read from what was accepted, whatever has been posted since', async () => {
    await finished();
    await photos.post(number, await drawPicture({ seed: 9 }));
    await askAgain('ingest');
    await photos.run(number);
    await photos.expectAccepted(number, picture);
  });

  test('stays a photo of its own beside another of the same bytes', async () => {
    await finished();
    // It failed, and so owned its bytes no more when they came again.
    await askAgain('ingest');
    await photos.images.fail(photos.key(number), 'ingest', { code: 'internal', message: 'no' });
    const other = number + 1;
    await photos.upload(other, picture);
    await photos.run(other);
    await photos.expectAccepted(other, picture);
    await askAgain('ingest');
    await photos.run(number);
    expect(await photos.record(number)).toMatchObject({ status: 'processing', stages: { ingest: { state: 'done' } } });
    expect((await photos.record(number))?.duplicate_of).toBeUndefined();
    expect(await photos.checksums.owner(photos.userId, sha256(picture))).toBe(imageId(other));
  });

  test.each(STEPS)('ends well when the run dies before the step %s', async (step) => {
    const before = await finished();
    await loseDerived();
    await askAgain('ingest');
    expect(await photos.runUntil(number, step)).toBe(true);
    await photos.run(number);
    expect(factsOf(await photos.expectAccepted(number, picture))).toEqual(factsOf(before));
    expect(await photos.events()).toEqual([`described:${number}`]);
  });
});

describe('a photo that cannot be read any more', () => {
  const spoil = (bytes: Buffer) =>
    photos.objects.write(originalKey(photos.userId, imageId(number)), bytes, 'image/jpeg');

  test.each([
    ['is no picture now', 'unknown_format', () => spoil(Buffer.from('no picture'))],
    ['is damaged now', 'corrupt', () => spoil(picture.subarray(0, picture.length / 2))],
    [
      'has lost its original',
      'bytes_missing',
      () => photos.objects.remove([originalKey(photos.userId, imageId(number))]),
    ],
  ])('keeps what it had, and the stage says why: it %s', async (_, code, happens) => {
    const before = await finished();
    await happens();
    await askAgain('ingest');
    await photos.run(number);
    const after = await photos.record(number);
    expect(after).toMatchObject({ status: 'processing', stages: { ingest: { state: 'failed', error: { code } } } });
    expect(factsOf(after)).toEqual(factsOf(before));
    expect(await photos.stored(number)).toEqual(expect.arrayContaining(['medium', 'raw', 'small']));
    expect(await photos.events()).toEqual([`described:${number}`]);
    // Once more changes nothing.
    await photos.run(number);
    expect((await photos.record(number))?.stages).toEqual(after?.stages);
    // With the last stage it is done again, though not all of it went well.
    const done = await photos.images.endStage(photos.key(number), 'organize', { state: 'done' });
    expect(done?.status).toBe('done');
  });

  test('is described anew all the same', async () => {
    await finished();
    await spoil(Buffer.from('no picture'));
    await askAgain('ingest', 'describe');
    await photos.run(number);
    expect(await photos.handedOn()).toEqual([imageId(number)]);
  });
});
