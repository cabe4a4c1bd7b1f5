import { afterAll, beforeAll, expect, test } from 'vitest';
import { createIngest } from '../../functions/ingest/ingest.ts';
import { createQueues } from '../../shared/adapters/queues.ts';
import { createLogger } from '../../shared/lambda/logger.ts';
import { drawPicture } from '../fixtures/pictures.ts';
import { imageId } from '../support/records.ts';
import { BUCKET, startWorld, type World } from '../support/world.ts';
import { openPhotos } from './photos.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

/** Photos of a stack with `FACES=off`: nobody knows a queue for faces. */
function openWithout(userId: string) {
  const photos = openPhotos(world, userId);
  const queues = createQueues(world.sqs, { ...world.urls, faces: '' });
  const ingest = createIngest({ ...photos, queues, findsFaces: false });
  return { ...photos, queues, run: (number: number) => ingest(photos.key(number), createLogger('ingest', 'ERROR')) };
}

test('where faces are looked for, a photo is sent to be described and to be looked at', async () => {
  const photos = openPhotos(world, 'ann');
  await photos.upload(1, await drawPicture());
  await photos.run(1);
  expect(await world.drain('describe')).toEqual([{ user_id: 'ann', image_id: imageId(1) }]);
  expect(await world.drain('faces')).toEqual([{ user_id: 'ann', image_id: imageId(1) }]);
});

test('where they are not, the stage is skipped', async () => {
  const photos = openWithout('bob');
  await photos.upload(1, await drawPicture());
  await photos.run(1);
  await photos.run(1);
  expect((await photos.record(1))?.stages.faces).toMatchObject({ state: 'skipped', attempts: 0 });
  expect(await world.drain('faces')).toEqual([]);
  expect(await photos.handedOn()).toEqual([imageId(1)]);
});

test('a photo that waits for faces when they are turned off goes on', async () => {
  const photos = openPhotos(world, 'cid');
  await photos.upload(1, await drawPicture());
  await photos.run(1);
  await photos.images.endStage(photos.key(1), 'describe', { state: 'done' });
  await world.drain('faces');
  await photos.events();
  const without = openWithout('cid');
  // As sweep sends it again.
  await without.queues.faces(BUCKET, { user_id: 'cid', image_id: imageId(1) });
  expect(await world.drain('ingest')).toHaveLength(1);
  await without.run(1);
  expect((await photos.record(1))?.stages.faces).toMatchObject({ state: 'skipped' });
  expect(await photos.events()).toEqual(['described:1']);
});
