import { createAlbumImages } from '../../shared/adapters/album-images.ts';
import { createAlbums } from '../../shared/adapters/albums.ts';
import { AzureMisconfigured, AzureUnavailable, createAzureOpenAI } from '../../shared/adapters/azure-openai.ts';
import { createAzureThrottle } from '../../shared/adapters/azure-throttle.ts';
import { createBelongings } from '../../shared/adapters/belongings.ts';
import { createS3Client, createTableClient } from '../../shared/adapters/clients.ts';
import { createClustering } from '../../shared/adapters/clustering.ts';
import { createClusters } from '../../shared/adapters/clusters.ts';
import { createDepartures, unlessGone } from '../../shared/adapters/departures.ts';
import { createEmbeddings } from '../../shared/adapters/embeddings.ts';
import { createFaces } from '../../shared/adapters/faces.ts';
import { createIdentityAdmin } from '../../shared/adapters/identity/admin.ts';
import { newUuid, systemClock } from '../../shared/adapters/ids.ts';
import { createImageEdits } from '../../shared/adapters/image-edits.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { createJobs } from '../../shared/adapters/jobs.ts';
import { createLinks } from '../../shared/adapters/links.ts';
import { createPeople } from '../../shared/adapters/people.ts';
import { createPictures } from '../../shared/adapters/pictures.ts';
import { createPostings } from '../../shared/adapters/postings.ts';
import { createQueues } from '../../shared/adapters/queues.ts';
import { createSecrets, createSecretsClient } from '../../shared/adapters/secrets.ts';
import { createSpendings } from '../../shared/adapters/spendings.ts';
import { createSqsClient } from '../../shared/adapters/sqs-client.ts';
import { createUndo } from '../../shared/adapters/undo.ts';
import { createVectors } from '../../shared/adapters/vectors.ts';
import { createVectorsClient } from '../../shared/adapters/vectors-client.ts';
import { createZips } from '../../shared/adapters/zips.ts';
import { readFunctionSettings, USER_KEYS } from '../../shared/config.ts';
import { type JobMessage, jobMessage } from '../../shared/contract/messages.ts';
import { EXPECTED_BACKGROUND } from '../../shared/domain/clustering/background.ts';
import { microUsd } from '../../shared/domain/quota.ts';
import { createLogger, type Logger } from '../../shared/lambda/logger.ts';
import { type Delivery, MessagePostponed, queueHandler } from '../../shared/lambda/queue.ts';
import { createClusterGrouping } from './cluster-grouping.ts';
import { createDownload } from './download.ts';
import { createEmptyTrash } from './empty-trash.ts';
import { createEraseAccount } from './erase-account.ts';
import { createEraseFaces } from './erase-faces.ts';
import { erasingSteps } from './erasing-steps.ts';
import { createGroupPeople } from './group-people.ts';
import { createKeepAlbum } from './keep-album.ts';
import { createNameCluster } from './name-cluster.ts';
import { createPeopleGrouping } from './people-grouping.ts';
import { createPlanByHand } from './plan-by-hand.ts';
import { createRecluster } from './recluster.ts';
import { createRegroup } from './regroup.ts';
import { createReprocess } from './reprocess.ts';

const settings = readFunctionSettings(process.env, [
  'LOG_LEVEL',
  'TABLE_NAME',
  'VECTOR_BUCKET_NAME',
  'GOOGLE_CLOUD_PROJECT',
  'INGEST_QUEUE_URL',
  'DESCRIBE_QUEUE_URL',
  'FACES_QUEUE_URL',
  'ORGANIZE_QUEUE_URL',
  'JOBS_QUEUE_URL',
  'SECRET_ARN',
  'BUCKET_NAME',
  'S3_ADDRESSING_STYLE',
  ...USER_KEYS,
  'AZURE_OPENAI_ENDPOINT',
  'AZURE_OPENAI_API_VERSION',
  'AZURE_OPENAI_DEPLOYMENT_NAME',
  'AZURE_OPENAI_EMBEDDING_DEPLOYMENT_NAME',
  'EMBEDDINGS_PROVIDER',
  'MAX_AI_USD_PER_USER_PER_MONTH',
]);
type EraseMessage = Extract<JobMessage, { type: 'erase_account' }>;
type NameMessage = Extract<JobMessage, { type: 'name_cluster' }>;
type LongMessage = Extract<
  JobMessage,
  { type: 'reprocess' | 'download' | 'empty_trash' | 'keep_album' | 'clear_album' }
>;

const AZURE_TIMEOUT_MS = 30_000;
/** Runs of a job that fail before it is given up. */
const MOST_RUNS = 5;
/** How long one run erases what was an account's; the rest is left to the next. */
const ERASING_MS = 6 * 60_000;
const ERASING_AGAIN_SECONDS = 300;
/**
 * A part is written within a minute or two, and a person can fetch it in one go. The function itself has 15 minutes. Parts that the media
 * function decrypts are smaller: a function streams 200 MB at most, at 2 MB/s, and has 5 minutes for it, which leaves a slow client half a
 * megabyte per second, and room for what lies beside the photos.
 */
const DOWNLOAD_BOUNDS = {
  partBytes: settings.ENCRYPTION === 'user' ? 150_000_000 : 1_000_000_000,
  partImages: 2_000,
  runMs: 6 * 60_000,
};

const table = createTableClient();
const s3 = createS3Client(settings.S3_ADDRESSING_STYLE);
const pictures = createPictures({ s3, table, settings, clock: systemClock });
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
  albums: createAlbums(table, settings.TABLE_NAME),
  albumImages: createAlbumImages(table, settings.TABLE_NAME),
  jobs: createJobs(table, settings.TABLE_NAME, systemClock),
  faces: createFaces(table, settings.TABLE_NAME),
  people: createPeople(table, settings.TABLE_NAME),
  embeddings: createEmbeddings(table, settings.TABLE_NAME),
  clusters: createClusters(table, settings.TABLE_NAME),
  clustering: createClustering(table, settings.TABLE_NAME),
  objects: pictures.objects,
  background: EXPECTED_BACKGROUND[settings.EMBEDDINGS_PROVIDER === 'visual' ? 'visual' : 'text'],
};
const throttle = createAzureThrottle(table, settings.TABLE_NAME, systemClock);
const keepAlbum = createKeepAlbum(deps);
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
const belongings = createBelongings(table, settings.TABLE_NAME);
const download = createDownload({
  ...deps,
  reader: pictures.reader(),
  zips: createZips(s3, settings.BUCKET_NAME, pictures.sealing),
  belongings,
  clock: systemClock,
  bounds: DOWNLOAD_BOUNDS,
});
/** Work in runs, by type, and what is said where it fails for good. */
const LONG_WORK = {
  reprocess: {
    run: createReprocess(deps),
    gaveUp: 'Not all photos could be sent through their stages again. Those that were go on. Please ask for it again.',
  },
  download: { run: download, gaveUp: 'The photos could not be put together. Please ask for them again.' },
  empty_trash: {
    run: createEmptyTrash(deps),
    gaveUp: 'Not everything in the trash could be erased. Please ask for it again.',
  },
  keep_album: {
    run: keepAlbum,
    gaveUp: 'Not all photos could be kept in the album. None is lost; it still shows them by its rule.',
  },
  clear_album: { run: keepAlbum, gaveUp: 'Not all photos could be taken out of the album. None is lost by it.' },
};
const eraseFaces = createEraseFaces(deps);
const departures = createDepartures(table, settings.TABLE_NAME, systemClock);
const eraseAccount = createEraseAccount({
  departures,
  steps: erasingSteps({
    keys: pictures.keys,
    objects: deps.objects,
    vectors: createVectors(createVectorsClient(), settings.VECTOR_BUCKET_NAME),
    links: createLinks(table, settings.TABLE_NAME, systemClock),
    belongings,
    admin: createIdentityAdmin({
      projectId: settings.GOOGLE_CLOUD_PROJECT,
      serviceAccount: async () => (await secrets.get()).google_service_account ?? '',
    }),
    departures,
  }),
  clock: systemClock,
  runMs: ERASING_MS,
});
const nameCluster = createNameCluster({
  ...deps,
  spendings: createSpendings(table, settings.TABLE_NAME, systemClock),
  aiMicroUsd: microUsd(settings.MAX_AI_USD_PER_USER_PER_MONTH),
  newId: newUuid,
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
  handle: (message, delivery) =>
    message.type === 'erase_account'
      ? erase(message.user_id, delivery.receiptHandle)
      : unlessGone(departures, message.user_id, () => work(message, delivery)),
});

async function work(
  message: Exclude<JobMessage, EraseMessage>,
  { receiptHandle, receiveCount, logger }: Delivery<JobMessage>,
): Promise<void> {
  if (message.type === 'name_cluster') return name(message, receiptHandle, logger);
  if (message.type === 'auto_albums') return makeAlbums(message.user_id, message.job_id);
  if (isLong(message)) return runLong(message, { receiptHandle, receiveCount, logger });
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
}

const isLong = (message: JobMessage): message is LongMessage => message.type in LONG_WORK;

/** Never given up: where messages get lost, sweep sends another for as long as something is left. */
async function erase(userId: string, receiptHandle: string): Promise<void> {
  const end = await eraseAccount(userId).catch(async (error: unknown) => {
    await queues.postpone('jobs', receiptHandle, ERASING_AGAIN_SECONDS);
    throw error;
  });
  if (end === 'ended') return;
  await queues.postpone('jobs', receiptHandle, 1);
  throw new MessagePostponed('The rest of the account is left to the next run.');
}

/** What one run does not get to is left to the next, which comes with the same message. */
async function runLong(
  { type, user_id, job_id }: LongMessage,
  { receiptHandle, receiveCount, logger }: Pick<Delivery<JobMessage>, 'receiptHandle' | 'receiveCount' | 'logger'>,
): Promise<void> {
  let end: 'ended' | 'more';
  try {
    end = await LONG_WORK[type].run(user_id, job_id);
  } catch (error) {
    const job = await deps.jobs.get(user_id, job_id);
    if (receiveCount - (job?.checkpoint?.runs ?? 0) < MOST_RUNS) throw error;
    logger.error('The job is given up.', error as Error);
    await deps.jobs.fail(user_id, job_id, { code: 'gave_up', message: LONG_WORK[type].gaveUp });
    return;
  }
  if (end === 'ended') return;
  await queues.postpone('jobs', receiptHandle, 1);
  throw new MessagePostponed('The rest of the photos is left to the next run.');
}

/** Organize makes the albums; it goes through what there is by events of its own. */
async function makeAlbums(user_id: string, job_id: string): Promise<void> {
  const begin = { type: 'auto_albums', part: 0, list: 0, after: '', albums: 0 } as const;
  await queues.organize([{ ...begin, event_id: `auto_albums:${job_id}:0`, user_id, job_id }]);
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
