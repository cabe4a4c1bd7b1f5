import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { incomingKey } from '../../shared/domain/object-keys.ts';
import { drawPicture } from '../fixtures/pictures.ts';
import { imageId } from '../support/records.ts';
import { lambdaContext, sqsEvent } from '../support/sqs-event.ts';
import { BUCKET, startWorld, TABLE, type World } from '../support/world.ts';
import { openPhotos } from './photos.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld();
  const settings = {
    ...world.environment,
    TABLE_NAME: TABLE,
    BUCKET_NAME: BUCKET,
    DESCRIBE_QUEUE_URL: world.urls.describe,
    FACES_QUEUE_URL: world.urls.faces,
    ORGANIZE_QUEUE_URL: world.urls.organize,
    LOG_LEVEL: 'ERROR',
  };
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await world.stop();
});

const s3Event = (key: string) => ({ Records: [{ s3: { bucket: { name: BUCKET }, object: { key } } }] });

test('the function accepts what S3 tells it of, with nothing but its settings', async () => {
  const { handler } = await import('../../functions/ingest/handler.ts');
  const photos = openPhotos(world, 'ann');
  const picture = await drawPicture();
  await photos.upload(1, picture);
  await photos.upload(2, Buffer.from('no picture'));
  const event = sqsEvent(
    { Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: BUCKET },
    s3Event(incomingKey('ann', imageId(1))),
    s3Event(incomingKey('ann', imageId(2))),
  );
  expect(await handler(event, lambdaContext)).toEqual({ batchItemFailures: [] });
  await photos.expectAccepted(1, picture);
  await photos.expectRejected(2, 'unknown_format');
  expect(await photos.handedOn()).toEqual([imageId(1)]);
  expect(await photos.events()).toEqual(['settled:2']);
});
