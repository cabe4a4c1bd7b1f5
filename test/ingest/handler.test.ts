import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readEmbedded } from '../../local/metrics.ts';
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
    INGEST_QUEUE_URL: world.urls.ingest,
    DESCRIBE_QUEUE_URL: world.urls.describe,
    FACES_QUEUE_URL: world.urls.faces,
    ORGANIZE_QUEUE_URL: world.urls.organize,
    LOG_LEVEL: 'ERROR',
    POWERTOOLS_METRICS_DISABLED: 'false',
  };
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value);
  // Another file of the process may have imported the function with settings of its own.
  vi.resetModules();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await world.stop();
});

const s3Event = (key: string) => ({
  Records: [{ eventSource: 'aws:s3', s3: { bucket: { name: BUCKET }, object: { key } } }],
});

/** `WaitMilliseconds` of all that is told to CloudWatch while `work` runs. */
async function waitsDuring(work: () => Promise<unknown>): Promise<number[]> {
  const told = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    await work();
    const lines = told.mock.calls.map(([chunk]) => String(chunk)).join('');
    return lines
      .split('\n')
      .flatMap((line) => readEmbedded(line).flatMap(([name, values]) => (name === 'WaitMilliseconds' ? values : [])));
  } finally {
    told.mockRestore();
  }
}

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
  // As long as a cold start may take: no line.
  for (const { attributes } of event.Records) attributes.SentTimestamp = String(Date.now() - 2_000);
  const waits = await waitsDuring(async () =>
    expect(await handler(event, lambdaContext)).toEqual({ batchItemFailures: [] }),
  );
  expect(waits).toHaveLength(2);
  await photos.expectAccepted(1, picture);
  await photos.expectRejected(2, 'unknown_format');
  expect(await photos.handedOn()).toEqual([imageId(1)]);
  expect(await photos.events()).toEqual(['settled:2']);
});

test('what has stood in a line is sent again in its user’s name, once', async () => {
  const { handler } = await import('../../functions/ingest/handler.ts');
  const photos = openPhotos(world, 'bob');
  const picture = await drawPicture({ seed: 2 });
  await photos.upload(3, picture);
  await world.drain('ingest');
  const waited = sqsEvent(s3Event(incomingKey('bob', imageId(3))));
  for (const { attributes } of waited.Records) attributes.SentTimestamp = String(Date.now() - 60_000);
  expect(await handler(waited, lambdaContext)).toEqual({ batchItemFailures: [] });
  expect(await photos.handedOn()).toEqual([]);
  const command = { QueueUrl: world.urls.ingest, MessageSystemAttributeNames: ['All' as const] };
  const { Messages: [again] = [] } = await world.sqs.send(new ReceiveMessageCommand(command));
  expect(again?.Attributes).toMatchObject({ MessageGroupId: 'bob' });
  // However long that one has to wait; and the photo has waited since S3 told of it.
  const resent = sqsEvent(again?.Body ?? '');
  for (const { attributes } of resent.Records) attributes.SentTimestamp = String(Date.now());
  const waits = await waitsDuring(async () =>
    expect(await handler(resent, lambdaContext)).toEqual({ batchItemFailures: [] }),
  );
  expect(waits).toEqual([expect.closeTo(60_000, -5)]);
  await photos.expectAccepted(3, picture);
  // One that has only just come stands behind that line, and makes way for others’ as well.
  const next = sqsEvent(s3Event(incomingKey('bob', imageId(5))));
  for (const { attributes } of next.Records) attributes.SentTimestamp = String(Date.now());
  expect(await handler(next, lambdaContext)).toEqual({ batchItemFailures: [] });
  const { Messages: [behind] = [] } = await world.sqs.send(new ReceiveMessageCommand(command));
  expect(behind?.Attributes).toMatchObject({ MessageGroupId: 'bob' });
  expect(behind?.Body).toContain(imageId(5));
  // What was delivered before has had its turn.
  await photos.upload(4, Buffer.from('no picture'));
  const repeated = sqsEvent(s3Event(incomingKey('bob', imageId(4))));
  for (const { attributes } of repeated.Records) attributes.ApproximateReceiveCount = '2';
  expect(await waitsDuring(() => handler(repeated, lambdaContext))).toEqual([]);
  await photos.expectRejected(4, 'unknown_format');
});
