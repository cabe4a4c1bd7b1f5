import { AzureMisconfigured, AzureUnavailable, createAzureOpenAI } from '../../shared/adapters/azure-openai.ts';
import { createS3Client, createSqsClient, createTableClient } from '../../shared/adapters/clients.ts';
import { createClustering } from '../../shared/adapters/clustering.ts';
import { createClusters } from '../../shared/adapters/clusters.ts';
import { createEmbeddings } from '../../shared/adapters/embeddings.ts';
import { systemClock } from '../../shared/adapters/ids.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { createJobs } from '../../shared/adapters/jobs.ts';
import { createObjects } from '../../shared/adapters/objects.ts';
import { createQueues } from '../../shared/adapters/queues.ts';
import { createSecrets, createSecretsClient } from '../../shared/adapters/secrets.ts';
import { readFunctionSettings } from '../../shared/config.ts';
import { type JobMessage, jobMessage } from '../../shared/contract/messages.ts';
import { EXPECTED_BACKGROUND } from '../../shared/domain/clustering/background.ts';
import { createLogger } from '../../shared/lambda/logger.ts';
import { MessagePostponed, queueHandler } from '../../shared/lambda/queue.ts';
import { createNameCluster } from './name-cluster.ts';
import { createRecluster } from './recluster.ts';

const settings = readFunctionSettings(process.env, [
  'LOG_LEVEL',
  'TABLE_NAME',
  'BUCKET_NAME',
  'ORGANIZE_QUEUE_URL',
  'JOBS_QUEUE_URL',
  'SECRET_ARN',
  'S3_ADDRESSING_STYLE',
  'AZURE_OPENAI_ENDPOINT',
  'AZURE_OPENAI_API_VERSION',
  'AZURE_OPENAI_DEPLOYMENT_NAME',
  'AZURE_OPENAI_EMBEDDING_DEPLOYMENT_NAME',
  'EMBEDDINGS_PROVIDER',
]);
const AZURE_TIMEOUT_MS = 30_000;
/** How long to leave Azure alone where it does not say itself. */
const AZURE_PAUSE_SECONDS = 60;

const table = createTableClient();
const secrets = createSecrets(createSecretsClient(), settings.SECRET_ARN);
const queues = createQueues(createSqsClient(), {
  organize: settings.ORGANIZE_QUEUE_URL,
  jobs: settings.JOBS_QUEUE_URL,
});
const deps = {
  queues,
  images: createImages(table, settings.TABLE_NAME, systemClock),
  jobs: createJobs(table, settings.TABLE_NAME, systemClock),
  embeddings: createEmbeddings(table, settings.TABLE_NAME),
  clusters: createClusters(table, settings.TABLE_NAME),
  clustering: createClustering(table, settings.TABLE_NAME),
  objects: createObjects(createS3Client(settings.S3_ADDRESSING_STYLE), settings.BUCKET_NAME),
  background: EXPECTED_BACKGROUND[settings.EMBEDDINGS_PROVIDER === 'visual' ? 'visual' : 'text'],
};
const recluster = createRecluster(deps);
const nameCluster = createNameCluster({
  ...deps,
  azure: createAzureOpenAI({
    endpoint: settings.AZURE_OPENAI_ENDPOINT,
    apiKey: async () => (await secrets.get()).azure_openai_api_key,
    apiVersion: settings.AZURE_OPENAI_API_VERSION,
    chatDeployment: settings.AZURE_OPENAI_DEPLOYMENT_NAME,
    embeddingDeployment: settings.AZURE_OPENAI_EMBEDDING_DEPLOYMENT_NAME,
    timeoutMs: AZURE_TIMEOUT_MS,
  }),
});

export const handler = queueHandler<JobMessage>({
  logger: createLogger('jobs', settings.LOG_LEVEL),
  parse: jobMessage,
  async handle(message, { receiptHandle, logger }) {
    if (message.type === 'recluster') return recluster(message.user_id, message.job_id);
    if (settings.AZURE_OPENAI_ENDPOINT === '') return;
    try {
      await nameCluster(message.user_id, message.cluster_id, message.revision);
    } catch (error) {
      if (error instanceof AzureMisconfigured) logger.error('Clusters cannot be named.', error);
      else if (!(error instanceof AzureUnavailable)) throw error;
      // A name is worth waiting for, and nothing waits for a name.
      const wait = error instanceof AzureUnavailable ? error.retryAfterSeconds : undefined;
      await queues.postpone('jobs', receiptHandle, wait ?? AZURE_PAUSE_SECONDS);
      throw new MessagePostponed('Azure OpenAI cannot be asked for a name now; asking again later.');
    }
  },
});
