import { AzureMisconfigured, createAzureOpenAI } from '../../shared/adapters/azure-openai.ts';
import { createAzureThrottle } from '../../shared/adapters/azure-throttle.ts';
import { createS3Client, createTableClient } from '../../shared/adapters/clients.ts';
import { createDepartures, unlessGone } from '../../shared/adapters/departures.ts';
import { createEmbeddings } from '../../shared/adapters/embeddings.ts';
import { newUuid, systemClock } from '../../shared/adapters/ids.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { createPictures } from '../../shared/adapters/pictures.ts';
import { createQueues } from '../../shared/adapters/queues.ts';
import { createSecrets, createSecretsClient, UnreadableSecret } from '../../shared/adapters/secrets.ts';
import { createSpendings } from '../../shared/adapters/spendings.ts';
import { createSqsClient } from '../../shared/adapters/sqs-client.ts';
import { readFunctionSettings, USER_KEYS } from '../../shared/config.ts';
import { describeMessage } from '../../shared/contract/messages.ts';
import { microUsd } from '../../shared/domain/quota.ts';
import { createLogger } from '../../shared/lambda/logger.ts';
import { createTelemetry } from '../../shared/lambda/metrics.ts';
import { queueHandler } from '../../shared/lambda/queue.ts';
import { createDescribe } from './describe.ts';

const settings = readFunctionSettings(process.env, [
  'TABLE_NAME',
  'DESCRIBE_QUEUE_URL',
  'ORGANIZE_QUEUE_URL',
  'SECRET_ARN',
  'AZURE_OPENAI_ENDPOINT',
  'AZURE_OPENAI_API_VERSION',
  'AZURE_OPENAI_DEPLOYMENT_NAME',
  'AZURE_OPENAI_EMBEDDING_DEPLOYMENT_NAME',
  'EMBEDDINGS_PROVIDER',
  'BUCKET_NAME',
  'MAX_AI_USD_PER_USER_PER_MONTH',
  'S3_ADDRESSING_STYLE',
  ...USER_KEYS,
  'LOG_LEVEL',
  'STAGE',
]);

/** A run makes four calls at most, and has to tell of the last one before the function's own 90 seconds are over. */
const AZURE_TIMEOUT_MS = 20_000;

const telemetry = createTelemetry(settings.STAGE);
const secrets = createSecrets(createSecretsClient(), settings.SECRET_ARN);
async function apiKey(): Promise<string> {
  try {
    return (await secrets.get()).azure_openai_api_key;
  } catch (error) {
    if (error instanceof UnreadableSecret) throw new AzureMisconfigured('AZURE_OPENAI_API_KEY', error.message);
    throw error;
  }
}

const azure =
  settings.AZURE_OPENAI_ENDPOINT === ''
    ? null
    : createAzureOpenAI({
        endpoint: settings.AZURE_OPENAI_ENDPOINT,
        apiKey,
        apiVersion: settings.AZURE_OPENAI_API_VERSION,
        chatDeployment: settings.AZURE_OPENAI_DEPLOYMENT_NAME,
        embeddingDeployment: settings.AZURE_OPENAI_EMBEDDING_DEPLOYMENT_NAME,
        timeoutMs: AZURE_TIMEOUT_MS,
        observer: telemetry,
      });

const table = createTableClient();
const departures = createDepartures(table, settings.TABLE_NAME, systemClock);
const queues = createQueues(createSqsClient(), {
  describe: settings.DESCRIBE_QUEUE_URL,
  organize: settings.ORGANIZE_QUEUE_URL,
});
const describe = createDescribe({
  images: createImages(table, settings.TABLE_NAME, systemClock, telemetry),
  embeddings: createEmbeddings(table, settings.TABLE_NAME),
  objects: createPictures({
    s3: createS3Client(settings.S3_ADDRESSING_STYLE),
    table,
    settings,
    clock: systemClock,
  }).objects,
  queues,
  throttle: createAzureThrottle(table, settings.TABLE_NAME, systemClock),
  azure,
  provider: settings.EMBEDDINGS_PROVIDER,
  spendings: createSpendings(table, settings.TABLE_NAME, systemClock),
  aiMicroUsd: microUsd(settings.MAX_AI_USD_PER_USER_PER_MONTH),
  newId: newUuid,
  random: Math.random,
  clock: systemClock,
});

/** A photo was accepted and wants a description. */
export const handler = queueHandler({
  logger: createLogger('describe', settings.LOG_LEVEL),
  parse: describeMessage,
  backlog: { again: queues.describe, waiting: () => queues.waiting('describe'), clock: systemClock },
  handle: (message, { logger, receiptHandle, receiveCount }) =>
    unlessGone(departures, message.user_id, () =>
      describe({ userId: message.user_id, imageId: message.image_id, receiptHandle, receiveCount }, logger),
    ),
});
