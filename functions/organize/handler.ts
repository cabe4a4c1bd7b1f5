import { createActivities } from '../../shared/adapters/activities.ts';
import { createAlbums } from '../../shared/adapters/albums.ts';
import { createAutoAlbums } from '../../shared/adapters/auto-albums.ts';
import { createChecksums } from '../../shared/adapters/checksums.ts';
import { createS3Client, createTableClient } from '../../shared/adapters/clients.ts';
import { createClustering } from '../../shared/adapters/clustering.ts';
import { createClusters } from '../../shared/adapters/clusters.ts';
import { createDepartures, unlessGone } from '../../shared/adapters/departures.ts';
import { createEmbeddings } from '../../shared/adapters/embeddings.ts';
import { createEvents } from '../../shared/adapters/events.ts';
import { createFaceAssignments } from '../../shared/adapters/face-assignments.ts';
import { createFaces } from '../../shared/adapters/faces.ts';
import { systemClock } from '../../shared/adapters/ids.ts';
import { createImageEdits } from '../../shared/adapters/image-edits.ts';
import { createImageIndex } from '../../shared/adapters/image-index.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { createJobs } from '../../shared/adapters/jobs.ts';
import { createNearDuplicates } from '../../shared/adapters/near-duplicates.ts';
import { createObjects } from '../../shared/adapters/objects.ts';
import { createPeople } from '../../shared/adapters/people.ts';
import { createPostings } from '../../shared/adapters/postings.ts';
import { createProfiles } from '../../shared/adapters/profiles.ts';
import { createQueues } from '../../shared/adapters/queues.ts';
import { createRebuilt } from '../../shared/adapters/rebuilt.ts';
import { createSqsClient } from '../../shared/adapters/sqs-client.ts';
import { createTallies } from '../../shared/adapters/tallies.ts';
import { createUndo } from '../../shared/adapters/undo.ts';
import { createVectors } from '../../shared/adapters/vectors.ts';
import { createVectorsClient } from '../../shared/adapters/vectors-client.ts';
import { readFunctionSettings } from '../../shared/config.ts';
import { type OrganizeEvent, organizeEvent } from '../../shared/contract/messages.ts';
import { EXPECTED_BACKGROUND } from '../../shared/domain/clustering/background.ts';
import { createLogger } from '../../shared/lambda/logger.ts';
import { createTelemetry } from '../../shared/lambda/metrics.ts';
import { queueHandler } from '../../shared/lambda/queue.ts';
import { createBatch } from './batch.ts';
import { createOrganize } from './organize.ts';

const settings = readFunctionSettings(process.env, [
  'LOG_LEVEL',
  'STAGE',
  'TABLE_NAME',
  'BUCKET_NAME',
  'VECTOR_BUCKET_NAME',
  'JOBS_QUEUE_URL',
  'ORGANIZE_QUEUE_URL',
  'S3_ADDRESSING_STYLE',
  'AZURE_OPENAI_ENDPOINT',
  'EMBEDDINGS_PROVIDER',
]);
const telemetry = createTelemetry(settings.STAGE);
const table = createTableClient();
const departures = createDepartures(table, settings.TABLE_NAME, systemClock);
const queues = createQueues(createSqsClient(), {
  jobs: settings.JOBS_QUEUE_URL,
  organize: settings.ORGANIZE_QUEUE_URL,
});
const apply = createOrganize({
  images: createImages(table, settings.TABLE_NAME, systemClock, telemetry),
  embeddings: createEmbeddings(table, settings.TABLE_NAME),
  faces: createFaces(table, settings.TABLE_NAME),
  vectors: createVectors(createVectorsClient(), settings.VECTOR_BUCKET_NAME),
  checksums: createChecksums(table, settings.TABLE_NAME),
  objects: createObjects(createS3Client(settings.S3_ADDRESSING_STYLE), settings.BUCKET_NAME),
  clustering: createClustering(table, settings.TABLE_NAME),
  clusters: createClusters(table, settings.TABLE_NAME),
  index: createImageIndex(table, settings.TABLE_NAME),
  events: createEvents(table, settings.TABLE_NAME),
  tallies: createTallies(table, settings.TABLE_NAME),
  albums: createAlbums(table, settings.TABLE_NAME),
  autoAlbums: createAutoAlbums(table, settings.TABLE_NAME),
  edits: createImageEdits(table, settings.TABLE_NAME, systemClock),
  near: createNearDuplicates(table, settings.TABLE_NAME),
  activities: createActivities(table, settings.TABLE_NAME, systemClock),
  faceAssignments: createFaceAssignments(table, settings.TABLE_NAME, systemClock),
  people: createPeople(table, settings.TABLE_NAME),
  postings: createPostings(table, settings.TABLE_NAME),
  profiles: createProfiles(table, settings.TABLE_NAME, systemClock),
  jobs: createJobs(table, settings.TABLE_NAME, systemClock),
  undo: createUndo(table, settings.TABLE_NAME),
  rebuilt: createRebuilt(table, settings.TABLE_NAME, systemClock),
  queues,
  background: EXPECTED_BACKGROUND[settings.EMBEDDINGS_PROVIDER === 'visual' ? 'visual' : 'text'],
  canName: settings.AZURE_OPENAI_ENDPOINT !== '',
  clock: systemClock,
});

const organize = (userId: string, events: readonly OrganizeEvent[]) =>
  unlessGone(departures, userId, () => apply(userId, events));

export const handler = queueHandler<OrganizeEvent>({
  logger: createLogger('organize', settings.LOG_LEVEL),
  parse: organizeEvent,
  fifo: true,
  handle: createBatch({
    organize,
    postpone: (receiptHandle, seconds) => queues.postpone('organize', receiptHandle, seconds),
  }),
});
