import { AzureMisconfigured, AzureUnavailable, createAzureOpenAI } from '../../shared/adapters/azure-openai.ts';
import { createAzureThrottle } from '../../shared/adapters/azure-throttle.ts';
import { createS3Client, createSqsClient, createTableClient } from '../../shared/adapters/clients.ts';
import { createClustering } from '../../shared/adapters/clustering.ts';
import { createClusters } from '../../shared/adapters/clusters.ts';
import { createEmbeddings } from '../../shared/adapters/embeddings.ts';
import { createFaces } from '../../shared/adapters/faces.ts';
import { systemClock } from '../../shared/adapters/ids.ts';
import { createImageEdits } from '../../shared/adapters/image-edits.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { createJobs } from '../../shared/adapters/jobs.ts';
import { createObjects } from '../../shared/adapters/objects.ts';
import { createPeople } from '../../shared/adapters/people.ts';
import { createPostings } from '../../shared/adapters/postings.ts';
import { createQueues } from '../../shared/adapters/queues.ts';
import { createSecrets, createSecretsClient } from '../../shared/adapters/secrets.ts';
import { createUndo } from '../../shared/adapters/undo.ts';
import { readFunctionSettings } from '../../shared/config.ts';
import { type JobMessage, jobMessage } from '../../shared/contract/messages.ts';
import { EXPECTED_BACKGROUND } from '../../shared/domain/clustering/background.ts';
import { createLogger, type Logger } from '../../shared/lambda/logger.ts';
import { type Delivery, MessagePostponed, queueHandler } from '../../shared/lambda/queue.ts';
import { createClusterGrouping } from './cluster-grouping.ts';
import { createEraseFaces } from './erase-faces.ts';
import { createGroupPeople } from './group-people.ts';
import { createNameCluster } from './name-cluster.ts';
import { createPeopleGrouping } from './people-grouping.ts';
import { createPlanByHand } from './plan-by-hand.ts';
import { createRecluster } from './recluster.ts';
import { createRegroup } from './regroup.ts';
import { createReprocess } from './reprocess.ts';

const settings = readFunctionSettings(process.env, [
  'LOG_LEVEL',
  'TABLE_NAME',
  'BUCKET_NAME',
  'INGEST_QUEUE_URL',
  'DESCRIBE_QUEUE_URL',
  'FACES_QUEUE_URL',
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
type NameMessage = Extract<JobMessage, { type: 'name_cluster' }>;
type ReprocessMessage = Extract<JobMessage, { type: 'reprocess' }>;

const AZURE_TIMEOUT_MS = 30_000;
/** Runs of a job that fail before it is given up. */
const MOST_RUNS = 5;

const table = createTableClient();
const secrets = createSecrets(createSecretsClient(), settings.SECRET_ARN);
const queues = createQueues(createSqsClient(), {
  ingest: settings.INGEST_QUEUE_URL,
  describe: settings.DESCRIBE_QUEUE_URL,
  faces: settings.FACES_QUEUE_URL,
  organize: settings.ORGANIZE_QUEUE_URL,
  jobs: settings.JOBS_QUEUE_URL,
});
const deps = {
  queues,
  images: createImages(table, settings.TABLE_NAME, systemClock),
  edits: createImageEdits(table, settings.TABLE_NAME, systemClock),
  postings: createPostings(table, settings.TABLE_NAME),
  jobs: createJobs(table, settings.TABLE_NAME, systemClock),
  faces: createFaces(table, settings.TABLE_NAME),
  people: createPeople(table, settings.TABLE_NAME),
  embeddings: createEmbeddings(table, settings.TABLE_NAME),
  clusters: createClusters(table, settings.TABLE_NAME),
  clustering: createClustering(table, settings.TABLE_NAME),
  objects: createObjects(createS3Client(settings.S3_ADDRESSING_STYLE), settings.BUCKET_NAME),
  background: EXPECTED_BACKGROUND[settings.EMBEDDINGS_PROVIDER === 'visual' ? 'visual' : 'text'],
};
const throttle = createAzureThrottle(table, settings.TABLE_NAME, systemClock);
const byHand = createPlanByHand({
  objects: deps.objects,
  undo: createUndo(table, settings.TABLE_NAME),
  groupings: {
    clusters: createClusterGrouping({ ...deps, clock: systemClock }),
    people: createPeopleGrouping(deps),
  },
});
const regroup = createRegroup({
  ...deps,
  planners: { ...byHand, recluster: createRecluster(deps), group_people: createGroupPeople(deps) },
});
const reprocess = createReprocess(deps);
const eraseFaces = createEraseFaces(deps);
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
  async handle(message, { receiptHandle, receiveCount, logger }) {
    if (message.type === 'name_cluster') return name(message, receiptHandle, logger);
    if (message.type === 'reprocess') return runAgain(message, { receiptHandle, receiveCount, logger });
    try {
      if (message.type === 'erase_faces') await eraseFaces(message.user_id, message.job_id);
      else await regroup(message.user_id, message.job_id);
    } catch (error) {
      if (receiveCount < MOST_RUNS) throw error;
      logger.error('The job is given up.', error as Error);
      const what = message.type === 'recluster' ? 'The photos could not be clustered' : 'It could not be done';
      const reason = { code: 'gave_up', message: `${what}. Please ask for it again.` };
      await deps.jobs.fail(message.user_id, message.job_id, reason);
    }
  },
});

/** What one run does not get to is left to the next, which comes with the same message. */
async function runAgain(
  { user_id, job_id }: ReprocessMessage,
  { receiptHandle, receiveCount, logger }: Pick<Delivery<JobMessage>, 'receiptHandle' | 'receiveCount' | 'logger'>,
): Promise<void> {
  let end: 'ended' | 'more';
  try {
    end = await reprocess(user_id, job_id);
  } catch (error) {
    const job = await deps.jobs.get(user_id, job_id);
    if (receiveCount - (job?.checkpoint?.runs ?? 0) < MOST_RUNS) throw error;
    logger.error('The job is given up.', error as Error);
    const message =
      'Not all photos could be sent through their stages again. Those that were go on. Please ask for it again.';
    await deps.jobs.fail(user_id, job_id, { code: 'gave_up', message });
    return;
  }
  if (end === 'ended') return;
  await queues.postpone('jobs', receiptHandle, 1);
  throw new MessagePostponed('The rest of the photos is left to the next run.');
}

/** A name is worth waiting for, and nothing waits for a name: while Azure is away the message stays. */
async function name(message: NameMessage, receiptHandle: string, logger: Logger): Promise<void> {
  if (settings.AZURE_OPENAI_ENDPOINT === '') return;
  const block = await throttle.last();
  if (block && block.until > systemClock()) return wait(block.until, receiptHandle);
  try {
    await nameCluster(message.user_id, message.cluster_id, message.revision, message.asked);
  } catch (error) {
    if (error instanceof AzureMisconfigured) logger.error('Clusters wait for names until a setting is changed.', error);
    else if (!(error instanceof AzureUnavailable)) throw error;
    return wait(
      await throttle.block(error instanceof AzureUnavailable ? error.retryAfterSeconds : undefined),
      receiptHandle,
    );
  }
  if (block) await throttle.clear(block);
}

async function wait(until: Date, receiptHandle: string): Promise<never> {
  const seconds = Math.max(1, Math.ceil((until.getTime() - systemClock().getTime()) / 1_000));
  await queues.postpone('jobs', receiptHandle, seconds);
  throw new MessagePostponed(`Azure OpenAI is left alone for ${seconds} s; the cluster waits for its name.`);
}
