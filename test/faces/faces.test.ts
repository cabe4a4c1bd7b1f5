import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createImageEdits } from '../../shared/adapters/image-edits.ts';
import { UnacceptablePicture } from '../../shared/imaging/unacceptable.ts';
import { Killed, mortal } from '../support/mortal.ts';
import { startWorld, TABLE, type World } from '../support/world.ts';
import { crowd, openPhotos } from './photos.ts';

let world: World;
let death: ReturnType<typeof mortal>;
let photos: ReturnType<typeof openPhotos>;
let users = 0;
beforeAll(async () => {
  world = await startWorld();
  death = mortal([world.table, world.s3, world.sqs]);
});
afterAll(() => world.stop());
beforeEach(() => {
  users += 1;
  photos = openPhotos(world, `Ann${users}`);
});

const TWO = { faces: 2, crops: ['face-0.webp', 'face-1.webp'] };
const NOTHING = { faces: null, crops: [] };
const eventOf = (number: number, generation = 0) => `faces:${photos.keyOf(number).imageId}:${generation}`;

test('faces are stored with their crops, the stage ends, and organize hears of it', async () => {
  await photos.accept(1);
  photos.finds(crowd(2));
  await photos.run(1);
  expect(await photos.stage(1)).toMatchObject({ state: 'done', attempts: 1, ms: expect.any(Number) });
  expect(await photos.stored(1)).toEqual(TWO);
  expect(await photos.events()).toEqual([eventOf(1)]);
  const { userId, imageId } = photos.keyOf(1);
  const item = (await photos.faces.getMany(userId, [imageId])).get(imageId);
  expect(item).toEqual({ image_id: imageId, generation: 0, faces: crowd(2).map(({ face }) => face) });
});

test('delivered twice, and beside itself, it is done once and says so again', async () => {
  await photos.accept(1);
  photos.finds(crowd(2));
  await Promise.all([photos.run(1), photos.run(1)]);
  const once = await photos.stage(1);
  await photos.run(1);
  expect(await photos.stage(1)).toEqual(once);
  expect(await photos.stored(1)).toEqual(TWO);
  expect(new Set(await photos.events())).toEqual(new Set([eventOf(1)]));
});

test('killed before any request and delivered again: everything is there, once', async () => {
  photos.finds(crowd(2));
  for (let requests = 0; ; requests += 1) {
    await photos.accept(requests);
    death.arm(requests);
    const died = await photos.run(requests).then(
      () => false,
      (error: unknown) => {
        if (error instanceof Killed) return true;
        throw error;
      },
    );
    death.arm(null);
    await photos.run(requests);
    expect(await photos.stage(requests)).toMatchObject({ state: 'done' });
    expect(await photos.stored(requests)).toEqual(TWO);
    expect(await photos.events()).toContain(eventOf(requests));
    if (!died) {
      expect(requests).toBeGreaterThan(9);
      return;
    }
  }
});

test('killed before any request, then deleted and erased: delivered again it leaves nothing', async () => {
  photos.finds(crowd(2));
  for (let requests = 0, died = true; died; requests += 1) {
    await photos.accept(requests);
    death.arm(requests);
    died = await photos.run(requests).then(
      () => false,
      () => true,
    );
    death.arm(null);
    await photos.images.erase(photos.keyOf(requests));
    await photos.run(requests);
    expect(await photos.stored(requests)).toEqual(NOTHING);
  }
});

test('a photo erased while faces are looked for keeps none', async () => {
  await photos.accept(1);
  photos.finds(async () => {
    await photos.images.erase(photos.keyOf(1));
    return crowd(2);
  });
  await photos.run(1);
  expect(await photos.stored(1)).toEqual(NOTHING);
  expect(await photos.events()).toEqual([]);
});

test('a photo that is run again and shows fewer keeps only those', async () => {
  await photos.accept(1);
  photos.finds(crowd(2));
  await photos.run(1);
  for (const name of ['describe', 'organize'] as const) {
    await photos.images.endStage(photos.keyOf(1), name, { state: 'done' });
  }
  await photos.events();
  await createImageEdits(world.table, TABLE, () => new Date()).rerun(photos.keyOf(1), ['faces']);
  photos.finds(crowd(1));
  await photos.run(1);
  expect(await photos.stored(1)).toEqual({ faces: 1, crops: ['face-0.webp'] });
  expect(await photos.events()).toEqual([eventOf(1, 1)]);
});

test('a run that a new round has overtaken stores nothing', async () => {
  await photos.accept(1);
  photos.finds(async () => {
    const { userId, imageId } = photos.keyOf(1);
    await photos.faces.put(userId, { image_id: imageId, generation: 1, faces: [] });
    return crowd(2);
  });
  await photos.run(1);
  const { userId, imageId } = photos.keyOf(1);
  expect((await photos.faces.getMany(userId, [imageId])).get(imageId)).toMatchObject({ generation: 1, faces: [] });
});

test('whoever wants no faces looked for has none: the stage is skipped', async () => {
  await photos.profiles.setFaceDetection(photos.keyOf(1).userId, false);
  photos.finds(() => Promise.reject(new Error('Expected nobody to look')));
  await photos.accept(1);
  await photos.run(1);
  expect(await photos.stage(1)).toMatchObject({ state: 'skipped' });
  expect(await photos.stored(1)).toEqual(NOTHING);
  expect(await photos.events()).toEqual([eventOf(1)]);
});

test('whoever says so while it is under way has none either', async () => {
  photos.finds(async () => {
    await photos.profiles.setFaceDetection(photos.keyOf(1).userId, false);
    return crowd(2);
  });
  await photos.accept(1);
  await photos.run(1);
  expect(await photos.stage(1)).toMatchObject({ state: 'skipped' });
  expect(await photos.stored(1)).toEqual(NOTHING);
});

test('a picture that cannot be opened ends the stage at once, with a reason', async () => {
  photos.finds(() => Promise.reject(new UnacceptablePicture('corrupt', 'It cannot be opened.')));
  await photos.accept(1);
  await photos.run(1);
  const error = { code: 'corrupt', message: 'It cannot be opened.' };
  expect(await photos.stage(1)).toMatchObject({ state: 'failed', attempts: 1, error });
  expect(await photos.events()).toEqual([eventOf(1)]);
});

test('what fails for our own fault is tried five times, and then given up', async () => {
  photos.finds(() => Promise.reject(new Error('Out of memory')));
  await photos.accept(1);
  for (let attempt = 1; attempt < 5; attempt += 1) await expect(photos.run(1)).rejects.toThrow('Out of memory');
  await photos.run(1);
  expect(await photos.stage(1)).toMatchObject({ state: 'failed', attempts: 5, error: { code: 'faces_gave_up' } });
  expect(await photos.events()).toEqual([eventOf(1)]);
});

test('a run that died five times counts itself out', async () => {
  await photos.accept(1);
  photos.finds(crowd(1));
  for (let died = 0; died < 5; died += 1) {
    // Looked at and begun, and no further.
    death.arm(2);
    await photos.run(1).catch(() => undefined);
    death.arm(null);
  }
  await photos.run(1);
  expect(await photos.stage(1)).toMatchObject({ state: 'failed', attempts: 5 });
});
