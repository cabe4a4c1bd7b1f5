import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type AzureEmulator, startAzure } from '../../local/emulators/azure/server.ts';
import { drawPicture } from '../fixtures/pictures.ts';
import { lambdaContext, sqsEvent } from '../support/sqs-event.ts';
import { BUCKET, startWorld, TABLE, type World } from '../support/world.ts';
import { API_VERSION, DEPLOYMENTS, openPhotos } from './photos.ts';

let world: World;
let azure: AzureEmulator;

beforeAll(async () => {
  world = await startWorld();
  azure = await startAzure({ apiKey: 'a-key', deployments: DEPLOYMENTS });
  const secrets = new SecretsManagerClient({
    region: 'eu-central-1',
    endpoint: world.aws.endpoints.secretsmanager,
    credentials: world.aws.credentials,
  });
  const SecretString = JSON.stringify({ azure_openai_api_key: 'a-key' });
  const { ARN = '' } = await secrets.send(new CreateSecretCommand({ Name: 'keys', SecretString }));
  secrets.destroy();
  const settings = {
    ...world.environment,
    TABLE_NAME: TABLE,
    BUCKET_NAME: BUCKET,
    DESCRIBE_QUEUE_URL: world.urls.describe,
    ORGANIZE_QUEUE_URL: world.urls.organize,
    SECRET_ARN: ARN,
    AZURE_OPENAI_ENDPOINT: azure.endpoint,
    AZURE_OPENAI_API_VERSION: API_VERSION,
    AZURE_OPENAI_DEPLOYMENT_NAME: DEPLOYMENTS.chat,
    AZURE_OPENAI_EMBEDDING_DEPLOYMENT_NAME: DEPLOYMENTS.embedding,
    LOG_LEVEL: 'ERROR',
  };
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await azure.stop();
  await world.stop();
});

test('the function describes a photo, with nothing but its settings and its secret', async () => {
  const { handler } = await import('../../functions/describe/handler.ts');
  const photos = openPhotos(world, 'ann', azure);
  await photos.accept(1, await drawPicture({ format: 'webp', width: 320, height: 240 }));
  const event = sqsEvent({ user_id: 'ann', image_id: photos.id(1) });
  expect(await handler(event, lambdaContext)).toEqual({ batchItemFailures: [] });
  expect(await photos.record(1)).toMatchObject({ title: expect.any(String), stages: { describe: { state: 'done' } } });
  expect(await photos.vector(1)).toHaveLength(512);
});

test('a message that has to wait stays in its queue', async () => {
  const { handler } = await import('../../functions/describe/handler.ts');
  const photos = openPhotos(world, 'bob', azure);
  await photos.accept(1, await drawPicture({ format: 'webp' }));
  azure.setFaults({ throttle: 1, retryAfter: 90 });
  const event = sqsEvent({ user_id: 'bob', image_id: photos.id(1) });
  const [record] = event.Records;
  if (record) record.receiptHandle = await photos.receive(1);
  expect(await handler(event, lambdaContext)).toEqual({ batchItemFailures: [{ itemIdentifier: 'message-1' }] });
  expect((await photos.record(1)).stages.describe).toMatchObject({ state: 'pending', attempts: 0 });
});
