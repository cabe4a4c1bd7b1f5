import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createDepartures } from '../../shared/adapters/departures.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { createObjects } from '../../shared/adapters/objects.ts';
import { freshStages } from '../../shared/domain/image.ts';
import { incomingKey } from '../../shared/domain/object-keys.ts';
import { imageId, imageRecord } from '../support/records.ts';
import { lambdaContext, sqsEvent } from '../support/sqs-event.ts';
import { BUCKET, startWorld, TABLE, VECTOR_BUCKET, type World } from '../support/world.ts';

/** The functions as they are deployed: what they do with messages of somebody who has deleted the account. */

let world: World;
const clock = () => new Date();

beforeAll(async () => {
  world = await startWorld();
  const { credentials, endpoints } = world.aws;
  const secrets = new SecretsManagerClient({
    region: 'eu-central-1',
    credentials,
    endpoint: endpoints.secretsmanager,
  });
  const { ARN = '' } = await secrets.send(new CreateSecretCommand({ Name: 'keys', SecretString: '{}' }));
  secrets.destroy();
  const settings = {
    ...world.environment,
    TABLE_NAME: TABLE,
    BUCKET_NAME: BUCKET,
    VECTOR_BUCKET_NAME: VECTOR_BUCKET,
    ...Object.fromEntries(Object.entries(world.urls).map(([name, url]) => [`${name.toUpperCase()}_QUEUE_URL`, url])),
    SECRET_ARN: ARN,
    GOOGLE_CLOUD_PROJECT: 'demo-shoebox',
    LOG_LEVEL: 'ERROR',
  };
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value);
  vi.stubEnv('FIREBASE_AUTH_EMULATOR_HOST', undefined);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await world.stop();
});

type Handler = (event: SQSEvent, context: typeof lambdaContext) => Promise<SQSBatchResponse>;
const id = imageId(1);
const about = (user_id: string) => ({ user_id, image_id: id });
const FUNCTIONS: Record<string, { load: () => Promise<unknown>; message: (user: string) => object }> = {
  ingest: {
    load: () => import('../../functions/ingest/handler.ts'),
    message: (user) => ({
      Records: [{ s3: { bucket: { name: BUCKET }, object: { key: incomingKey(user, id) } } }],
    }),
  },
  describe: { load: () => import('../../functions/describe/handler.ts'), message: about },
  faces: { load: () => import('../../functions/faces/handler.ts'), message: about },
  organize: {
    load: () => import('../../functions/organize/handler.ts'),
    message: (user) => ({ type: 'described', event_id: 'e', ...about(user) }),
  },
  jobs: {
    load: () => import('../../functions/jobs/handler.ts'),
    message: (user_id) => ({ type: 'reprocess', user_id, job_id: imageId(5) }),
  },
};

test.each(Object.entries(FUNCTIONS))(
  '%s does nothing any more, and has looked at what may be left',
  async (name, { load, message }) => {
    const user = `Gus-${name}`;
    const departures = createDepartures(world.table, TABLE, clock);
    const stages = { ...freshStages(), ingest: { state: 'done', attempts: 1 } as const };
    await createImages(world.table, TABLE, clock).create(imageRecord(user, 1, { status: 'processing', stages }));
    await createObjects(world.s3, BUCKET).write(incomingKey(user, id), Buffer.from('late'), 'image/jpeg');
    await departures.begin(user);
    const before = (await world.itemsOf(user)).filter(({ sk }) => sk !== 'PROFILE');

    const { handler } = (await load()) as { handler: Handler };
    expect(await handler(sqsEvent(message(user)), lambdaContext)).toEqual({ batchItemFailures: [] });

    expect((await world.itemsOf(user)).filter(({ sk }) => sk !== 'PROFILE')).toEqual(before);
    expect(await departures.get(user)).toMatchObject({ asked: 1 });
    expect(await world.keys(`incoming/${user}`)).toEqual(name === 'ingest' ? [] : [incomingKey(user, id)]);
    for (const queue of ['ingest', 'describe', 'faces', 'organize', 'jobs'] as const) {
      expect(await world.drain(queue)).toEqual([]);
    }
  },
);

test('jobs erases the account, with nothing but its settings, and leaves the identity service alone without a key', async () => {
  const user = 'Gus-all';
  await createImages(world.table, TABLE, clock).create(imageRecord(user, 1));
  await createObjects(world.s3, BUCKET).write(incomingKey(user, id), Buffer.from('late'), 'image/jpeg');
  await createDepartures(world.table, TABLE, clock).begin(user);
  const { handler } = await import('../../functions/jobs/handler.ts');
  const event = sqsEvent({ type: 'erase_account', user_id: user });
  expect(await handler(event, lambdaContext)).toEqual({ batchItemFailures: [] });
  expect((await world.itemsOf(user)).map(({ sk }) => sk)).toEqual(['PROFILE']);
  expect(await world.keys(`incoming/${user}`)).toEqual([]);
  expect(await createDepartures(world.table, TABLE, clock).get(user)).not.toHaveProperty('identity');
});
