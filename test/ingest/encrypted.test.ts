import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../shared/adapters/ids.ts';
import { createObjects } from '../../shared/adapters/objects.ts';
import { createPictures, userKeysOf } from '../../shared/adapters/pictures.ts';
import { originalKey } from '../../shared/domain/object-keys.ts';
import { drawPicture } from '../fixtures/pictures.ts';
import { addKeys, type Keys } from '../support/keys.ts';
import { BUCKET, startWorld, type World } from '../support/world.ts';
import { openPhotos, sha256 } from './photos.ts';

let world: World;
let keys: Keys;
let photos: ReturnType<typeof openPhotos>;
let users = 0;
let picture: Buffer;

beforeAll(async () => {
  world = await startWorld();
  keys = await addKeys(world);
  picture = await drawPicture({ width: 300, height: 200 });
});
afterAll(() => world.stop());
beforeEach(() => {
  users += 1;
  photos = openPhotos(world, `user${users}`, createPictures(depsOf()).objects);
});

const depsOf = () => ({
  s3: world.s3,
  table: world.table,
  settings: { ...keys.settings, BUCKET_NAME: BUCKET },
  clock: systemClock,
  dataKeys: async () => keys.dataKeys,
});
const marksOf = async (Key: string) => (await world.s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key }))).Metadata;

test('what is accepted is encrypted, and the record says what was sent', async () => {
  await photos.announce(1);
  await photos.post(1, picture);
  await photos.run(1);
  const record = await photos.record(1);
  expect(record).toMatchObject({ sha256: sha256(picture), original: { bytes: picture.length } });
  const stored = (await world.keys()).filter((key) => key.includes(`/${photos.userId}/`));
  expect(stored.filter((key) => key.startsWith('incoming/'))).toEqual([]);
  expect(stored.length).toBeGreaterThanOrEqual(3);
  for (const key of stored) expect([key, await marksOf(key)]).toEqual([key, { encryption: 'user-1' }]);
  expect(Buffer.from((await photos.objects.read(record?.original?.key ?? '')) ?? []).equals(picture)).toBe(true);
});

test('a run that died after the bytes were kept is made up for: they are known as the same ones', async () => {
  await photos.announce(1);
  await photos.post(1, picture);
  expect(await photos.runUntil(1, 'thumbnails')).toBe(true);
  await photos.run(1);
  await photos.expectAccepted(1, picture);
});

test('photos from before are read as they are, and read anew are encrypted', async () => {
  const before = openPhotos(world, photos.userId, createObjects(world.s3, BUCKET));
  await before.announce(1);
  await before.post(1, picture);
  await before.run(1);
  const key = originalKey(photos.userId, (await photos.record(1))?.image_id ?? '');
  expect(await marksOf(key)).toEqual({});
  await photos.expectAccepted(1, picture);
  for (const stage of ['describe', 'faces', 'organize'] as const) {
    await photos.images.endStage(photos.key(1), stage, { state: 'done' });
  }
  expect(await photos.edits.rerun(photos.key(1), ['ingest'])).toMatchObject({ state: 'changed' });
  await photos.run(1);
  for (const name of await world.keys()) {
    if (name.includes(`/${photos.userId}/`))
      expect([name, await marksOf(name)]).toEqual([name, { encryption: 'user-1' }]);
  }
  await photos.expectAccepted(1, picture);
});

test('after the key was erased nothing is stored, nor is another key made', async () => {
  await photos.announce(1);
  await photos.post(1, picture);
  await userKeysOf(depsOf())?.erase(photos.userId);
  await photos.run(1);
  await photos.expectRejected(1, 'account_erased');
  expect(await keys.items.get(photos.userId)).toBe('erased');
});
