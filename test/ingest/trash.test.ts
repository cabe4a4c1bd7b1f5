import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { drawPicture } from '../fixtures/pictures.ts';
import { startWorld, type World } from '../support/world.ts';
import { openPhotos, type Photos } from './photos.ts';

let world: World;
let photos: Photos;
let picture: Uint8Array;
let users = 0;
beforeAll(async () => {
  world = await startWorld();
  picture = await drawPicture({ width: 64, height: 48, seed: 1 });
});
afterAll(() => world.stop());
beforeEach(async () => {
  users += 1;
  photos = openPhotos(world, `Trash${users}`);
  await photos.events();
});

/** A photo of these bytes that is done, and in the trash. */
async function trashed(): Promise<void> {
  await photos.upload(1, picture);
  await photos.run(1);
  await photos.images.endStage(photos.key(1), 'describe', { state: 'done' });
  await photos.images.endStage(photos.key(1), 'organize', { state: 'done' });
  await photos.edits.trash(photos.key(1), 30);
}

test('uploading the bytes of a photo in the trash again brings that photo back, as its duplicate', async () => {
  await trashed();
  await photos.upload(2, picture);
  await photos.run(2);
  await photos.expectDuplicate(2, 1);
  const restored = await photos.record(1);
  expect(restored).not.toHaveProperty('trashed_at');
  expect(restored?.taken_key).toBe(`${restored?.taken_at}#${restored?.image_id}`);
  expect(await photos.events()).toEqual(['described:1', 'settled:2']);
});

test('a run that dies before it says so, and is repeated, restores it once', async () => {
  await trashed();
  await photos.upload(2, picture);
  let times = 0;
  await expect(
    photos.run(2, (step) => {
      if (step === 'duplicate') times += 1;
      if (times === 2) throw new Error('killed');
    }),
  ).rejects.toThrow('killed');
  const { edit_revision } = (await photos.record(1)) ?? {};
  await photos.run(2);
  await photos.expectDuplicate(2, 1);
  expect((await photos.record(1))?.edit_revision).toBe(edit_revision);
});

test('an upload that is itself in the trash brings nothing back', async () => {
  await trashed();
  await photos.upload(2, picture, { status: 'queued' });
  await photos.edits.trash(photos.key(2), 30);
  await photos.run(2);
  await photos.expectDuplicate(2, 1);
  expect(await photos.record(1)).toHaveProperty('trashed_at');
});

test('one erased in that very moment is no twin any more: the new upload is accepted', async () => {
  await trashed();
  await photos.upload(2, picture);
  expect(await photos.runWith(2, 'duplicate', async () => void (await photos.images.markDeleted(photos.key(1))))).toBe(
    true,
  );
  await photos.expectAccepted(2, picture);
});

test('a photo read while it is in the trash is not on the timeline until it is restored', async () => {
  await photos.upload(1, picture, { status: 'queued' });
  await photos.edits.trash(photos.key(1), 30);
  await photos.run(1);
  const read = await photos.record(1);
  expect(read?.taken_at).toEqual(expect.any(String));
  expect(read).not.toHaveProperty('taken_key');
  await photos.edits.restore(photos.key(1));
  expect(await photos.record(1)).toHaveProperty('taken_key');
});
