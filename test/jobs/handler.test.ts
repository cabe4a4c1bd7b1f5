import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createAzureThrottle } from '../../shared/adapters/azure-throttle.ts';
import { createImageIndex } from '../../shared/adapters/image-index.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { createJobs } from '../../shared/adapters/jobs.ts';
import { createObjects } from '../../shared/adapters/objects.ts';
import { createQueues } from '../../shared/adapters/queues.ts';
import type { JobMessage } from '../../shared/contract/messages.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';
import { jobKey } from '../../shared/domain/object-keys.ts';
import { donePhoto, imageId } from '../support/records.ts';
import { lambdaContext, sqsEvent } from '../support/sqs-event.ts';
import { BUCKET, startWorld, TABLE, VECTOR_BUCKET, type World } from '../support/world.ts';

type ReprocessMessage = Extract<JobMessage, { type: 'reprocess' }>;

let world: World;
const clock = () => new Date();

beforeAll(async () => {
  world = await startWorld();
  const { region, credentials } = { region: 'eu-central-1', credentials: world.aws.credentials };
  const secrets = new SecretsManagerClient({ region, credentials, endpoint: world.aws.endpoints.secretsmanager });
  const { ARN = '' } = await secrets.send(new CreateSecretCommand({ Name: 'keys', SecretString: '{}' }));
  secrets.destroy();
  const settings = {
    ...world.environment,
    TABLE_NAME: TABLE,
    BUCKET_NAME: BUCKET,
    VECTOR_BUCKET_NAME: VECTOR_BUCKET,
    INGEST_QUEUE_URL: world.urls.ingest,
    DESCRIBE_QUEUE_URL: world.urls.describe,
    FACES_QUEUE_URL: world.urls.faces,
    ORGANIZE_QUEUE_URL: world.urls.organize,
    JOBS_QUEUE_URL: world.urls.jobs,
    SECRET_ARN: ARN,
    // Nobody listens there: a name is not to be asked for while Azure is known to be away.
    AZURE_OPENAI_ENDPOINT: 'http://127.0.0.1:9',
    LOG_LEVEL: 'ERROR',
  };
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await world.stop();
});

/** One delivery of a message, for the `receiveCount`-th time. */
async function deliver(message: JobMessage, receiveCount: number) {
  const { handler } = await import('../../functions/jobs/handler.ts');
  await world.drain('jobs');
  await createQueues(world.sqs, world.urls).jobs(message);
  const received = await world.sqs.send(new ReceiveMessageCommand({ QueueUrl: world.urls.jobs }));
  const event = sqsEvent(message);
  for (const record of event.Records) {
    record.receiptHandle = received.Messages?.[0]?.ReceiptHandle ?? '';
    record.attributes.ApproximateReceiveCount = String(receiveCount);
  }
  return handler(event, lambdaContext);
}

test('a name waits in its queue for as long as Azure is known to be away, however often it is delivered', async () => {
  const throttle = createAzureThrottle(world.table, TABLE, clock);
  const until = await throttle.block(600);
  const message: JobMessage = { type: 'name_cluster', user_id: 'ann', cluster_id: imageId(1), revision: 3 };
  expect(await deliver(message, 500)).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-1' }] });
  // Nobody was asked: the block is as it was.
  expect(await throttle.last()).toEqual({ until, failures: 1, askers: [] });
});

test('a re-clustering that keeps failing is tried again, and the fifth time ends with a reason', async () => {
  const jobs = createJobs(world.table, TABLE, clock);
  const job = await jobs.create('ann', { type: 'recluster', request: { k: 'auto', names: false } }, () => imageId(2));
  await createObjects(world.s3, BUCKET).write(
    jobKey('ann', job.job_id),
    new TextEncoder().encode('no plan'),
    'text/plain',
  );
  const message: JobMessage = { type: 'recluster', user_id: 'ann', job_id: job.job_id };
  expect(await deliver(message, 4)).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-1' }] });
  expect(await jobs.get('ann', job.job_id)).toMatchObject({ status: 'running' });
  expect(await deliver(message, 5)).toEqual({ batchItemFailures: [] });
  expect(await jobs.get('ann', job.job_id)).toMatchObject({ status: 'failed', error: { code: 'gave_up' } });
});

/** A job that runs the photos of a list again; `photos` are in it, their records only where `stored`. */
async function reprocessing(
  user: string,
  photos: ImageRecord[],
  { stored }: { stored: boolean },
): Promise<ReprocessMessage> {
  const jobs = createJobs(world.table, TABLE, clock);
  const request = { stages: ['organize' as const], lists: ['STATUS#done'] };
  const { job_id } = await jobs.create(user, { type: 'reprocess', request }, () => imageId(8_000));
  const postings = photos.map(({ image_id }) => ({ list: 'STATUS#done', image_id }));
  await createImageIndex(world.table, TABLE).writePostings(user, postings, []);
  if (stored) for (const photo of photos) await createImages(world.table, TABLE, clock).create(photo);
  return { type: 'reprocess', user_id: user, job_id };
}

test('what a run of a long job does not get to comes back with the message, which is no failure', async () => {
  const photos = Array.from({ length: 1_150 }, (_, index) => donePhoto('bea', index));
  const message = await reprocessing('bea', photos, { stored: false });
  expect(await deliver(message, 4)).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-1' }] });
  expect(await deliver(message, 5)).toEqual({ batchItemFailures: [] });
  const job = await createJobs(world.table, TABLE, clock).get('bea', message.job_id);
  expect(job).toMatchObject({ status: 'done', result: { images: 1_150 } });
});

test('a re-run that keeps failing ends with a reason', async () => {
  // No write to it can be made conditional on its generation.
  const broken = donePhoto('cid', 1, { generation: undefined as unknown as number });
  const message = await reprocessing('cid', [broken], { stored: true });
  expect(await deliver(message, 4)).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-1' }] });
  expect(await deliver(message, 5)).toEqual({ batchItemFailures: [] });
  const job = await createJobs(world.table, TABLE, clock).get('cid', message.job_id);
  expect(job).toMatchObject({ status: 'failed', error: { code: 'gave_up' } });
});

test('a download is put together; one whose list is lost is given up the fifth time', async () => {
  const jobs = createJobs(world.table, TABLE, clock);
  const { job_id } = await jobs.create('dan', { type: 'download', request: { of: 'all' } }, () => imageId(8_001));
  await createImages(world.table, TABLE, clock).create(donePhoto('dan', 1));
  expect(await deliver({ type: 'download', user_id: 'dan', job_id }, 1)).toEqual({ batchItemFailures: [] });
  // Its bytes are nowhere; what is known of it is in the zip.
  expect(await jobs.get('dan', job_id)).toMatchObject({ status: 'done', result: { images: 1, problems: 1 } });
  expect(await world.keys('downloads/dan')).toHaveLength(1);

  const lost = await jobs.create('dan', { type: 'download', request: { of: 'ids' } }, () => imageId(8_002));
  const message: JobMessage = { type: 'download', user_id: 'dan', job_id: lost.job_id };
  expect(await deliver(message, 4)).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-1' }] });
  expect(await deliver(message, 5)).toEqual({ batchItemFailures: [] });
  expect(await jobs.get('dan', lost.job_id)).toMatchObject({ status: 'failed', error: { code: 'gave_up' } });
});
