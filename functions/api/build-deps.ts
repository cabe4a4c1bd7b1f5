import { createActivities } from '../../shared/adapters/activities.ts';
import { createAlbumImages } from '../../shared/adapters/album-images.ts';
import { createAlbums } from '../../shared/adapters/albums.ts';
import { createAutoAlbums } from '../../shared/adapters/auto-albums.ts';
import { createAzureThrottle } from '../../shared/adapters/azure-throttle.ts';
import { createChecksums } from '../../shared/adapters/checksums.ts';
import { createS3Client, createTableClient } from '../../shared/adapters/clients.ts';
import { createClusters } from '../../shared/adapters/clusters.ts';
import { createDepartures } from '../../shared/adapters/departures.ts';
import { createDownloadUrls, createProxyDownloadUrls } from '../../shared/adapters/download-urls.ts';
import { createEmbeddings } from '../../shared/adapters/embeddings.ts';
import { createFaceAssignments } from '../../shared/adapters/face-assignments.ts';
import { createIdentity } from '../../shared/adapters/identity/accounts.ts';
import { createIdentityAdmin } from '../../shared/adapters/identity/admin.ts';
import { createSessionCheck, createSessions } from '../../shared/adapters/identity/sessions.ts';
import { createImageEdits } from '../../shared/adapters/image-edits.ts';
import { createImageUrls } from '../../shared/adapters/image-urls.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { createJobs } from '../../shared/adapters/jobs.ts';
import { lazily } from '../../shared/adapters/lazily.ts';
import { createLinkSignatures } from '../../shared/adapters/link-signatures.ts';
import { createLinks } from '../../shared/adapters/links.ts';
import { createNames } from '../../shared/adapters/names.ts';
import { createNearDuplicates } from '../../shared/adapters/near-duplicates.ts';
import { createOpenLink } from '../../shared/adapters/open-link.ts';
import { createPeople } from '../../shared/adapters/people.ts';
import { createPictures } from '../../shared/adapters/pictures.ts';
import { createPostings } from '../../shared/adapters/postings.ts';
import { createProfiles } from '../../shared/adapters/profiles.ts';
import { createShareSignatures } from '../../shared/adapters/share-signatures.ts';
import { createSignerCredentials, createStsClient } from '../../shared/adapters/signer.ts';
import { createSpendings } from '../../shared/adapters/spendings.ts';
import { createSummaries } from '../../shared/adapters/summaries.ts';
import { createTallies } from '../../shared/adapters/tallies.ts';
import { createUndo } from '../../shared/adapters/undo.ts';
import { createUploadLedgers } from '../../shared/adapters/upload-ledgers.ts';
import { createUploadForms } from '../../shared/adapters/uploads.ts';
import { type FunctionSettings, USER_KEYS } from '../../shared/config.ts';
import { microUsd } from '../../shared/domain/quota.ts';
import { loggedLinks } from '../../shared/lambda/http/logged-links.ts';
import type { Deps } from './deps.ts';
import { createEmbedQuery } from './search/embed-query.ts';

/** The settings this function is given. */
export const SETTINGS = [
  'LOG_LEVEL',
  'CORS_ORIGINS',
  'STAGE',
  'TABLE_NAME',
  'VECTOR_BUCKET_NAME',
  'INGEST_QUEUE_URL',
  'DESCRIBE_QUEUE_URL',
  'FACES_QUEUE_URL',
  'ORGANIZE_QUEUE_URL',
  'JOBS_QUEUE_URL',
  'SECRET_ARN',
  'URL_SIGNER_ROLE_ARN',
  'IMAGE_URL_MODE',
  'BUCKET_NAME',
  'S3_ADDRESSING_STYLE',
  ...USER_KEYS,
  'FIREBASE_API_KEY',
  'GOOGLE_CLOUD_PROJECT',
  'AZURE_OPENAI_ENDPOINT',
  'AZURE_OPENAI_API_VERSION',
  'AZURE_OPENAI_EMBEDDING_DEPLOYMENT_NAME',
  'EMBEDDINGS_PROVIDER',
  'UPLOAD_EXPIRES_SECONDS',
  'TRASH_DAYS',
  'MAX_IMAGES_PER_USER',
  'MAX_BYTES_PER_USER',
  'MAX_AI_USD_PER_USER_PER_MONTH',
] as const satisfies readonly (keyof FunctionSettings)[];

/** A search is answered by its words alone rather than late. */
const EMBEDDING_TIMEOUT_MS = 3_000;

type Settings = Pick<FunctionSettings, (typeof SETTINGS)[number]>;

/**
 * Everything the use cases work with, over the AWS clients of this process. What hardly any request needs is loaded when one does: a
 * cold start waits for all that is imported here.
 */
export function buildDeps(
  settings: Settings,
  host: Pick<Deps, 'logger' | 'clock' | 'newId' | 'newToken' | 'sleep'>,
): Deps {
  const { clock, logger } = host;
  const tableName = settings.TABLE_NAME;
  const bucket = settings.BUCKET_NAME;
  const table = createTableClient();
  const s3 = createS3Client(settings.S3_ADDRESSING_STYLE);
  const urls = {
    ingest: settings.INGEST_QUEUE_URL,
    describe: settings.DESCRIBE_QUEUE_URL,
    faces: settings.FACES_QUEUE_URL,
    organize: settings.ORGANIZE_QUEUE_URL,
    jobs: settings.JOBS_QUEUE_URL,
  };
  const profiles = createProfiles(table, tableName, clock);
  const identity = createIdentity({ firebaseApiKey: settings.FIREBASE_API_KEY });
  const signingCredentials = createSignerCredentials(createStsClient(), settings.URL_SIGNER_ROLE_ARN, clock);
  const secrets = lazily(async () => {
    const { createSecrets, createSecretsClient } = await import('../../shared/adapters/secrets.ts');
    return createSecrets(createSecretsClient(), settings.SECRET_ARN, clock);
  });
  const queues = lazily(async () => {
    const { createSqsClient } = await import('../../shared/adapters/sqs-client.ts');
    const { createQueues } = await import('../../shared/adapters/queues.ts');
    return createQueues(createSqsClient(), urls);
  });
  const vectors = lazily(async () => {
    const { createVectorsClient } = await import('../../shared/adapters/vectors-client.ts');
    const { createVectors } = await import('../../shared/adapters/vectors.ts');
    return createVectors(createVectorsClient(), settings.VECTOR_BUCKET_NAME);
  });

  const signatures = createLinkSignatures({ secrets, clock });

  const albums = createAlbums(table, tableName);
  const links = createLinks(table, tableName, clock);
  const departures = createDepartures(table, tableName, clock);
  const admin = createIdentityAdmin({
    projectId: settings.GOOGLE_CLOUD_PROJECT,
    serviceAccount: async () => (await secrets.get()).google_service_account ?? '',
  });
  const shareSignatures = createShareSignatures({ secrets, clock });

  const azureThrottle = createAzureThrottle(table, tableName, clock);

  /** Only searching needs it: no other request waits for it to load. */
  async function loadAzure() {
    const { createAzureOpenAI } = await import('../../shared/adapters/azure-openai.ts');
    const { createTelemetry } = await import('../../shared/lambda/metrics.ts');
    return createAzureOpenAI({
      endpoint: settings.AZURE_OPENAI_ENDPOINT,
      apiKey: async () => (await secrets.get()).azure_openai_api_key,
      apiVersion: settings.AZURE_OPENAI_API_VERSION,
      // Nothing here talks to it.
      chatDeployment: '',
      embeddingDeployment: settings.AZURE_OPENAI_EMBEDDING_DEPLOYMENT_NAME,
      timeoutMs: EMBEDDING_TIMEOUT_MS,
      observer: createTelemetry(settings.STAGE),
    });
  }
  const embedsWords = settings.EMBEDDINGS_PROVIDER === 'azure' && settings.AZURE_OPENAI_ENDPOINT !== '';

  return {
    ...host,
    images: createImages(table, tableName, clock),
    edits: createImageEdits(table, tableName, clock),
    checksums: createChecksums(table, tableName),
    clusters: createClusters(table, tableName),
    namesOf: createNames(table, tableName),
    albums,
    albumImages: createAlbumImages(table, tableName),
    autoAlbums: createAutoAlbums(table, tableName),
    undo: createUndo(table, tableName),
    postings: createPostings(table, tableName),
    summaries: createSummaries(table, tableName),
    tallies: createTallies(table, tableName),
    activities: createActivities(table, tableName, clock),
    embeddings: createEmbeddings(table, tableName),
    vectors,
    people: createPeople(table, tableName),
    faceAssignments: createFaceAssignments(table, tableName, clock),
    profiles,
    nearDuplicates: createNearDuplicates(table, tableName),
    embedQuery: createEmbedQuery({ load: embedsWords ? loadAzure : null, throttle: azureThrottle, clock, logger }),
    jobs: createJobs(table, tableName, clock),
    objects: createPictures({ s3, table, settings, clock }).objects,
    queues,
    uploadForms: createUploadForms({
      bucket,
      addressing: settings.S3_ADDRESSING_STYLE,
      credentials: signingCredentials,
      lifetimeSeconds: settings.UPLOAD_EXPIRES_SECONDS,
      clock,
    }),
    uploadLedgers: createUploadLedgers(table, tableName),
    spendings: createSpendings(table, tableName, clock),
    urlsOf: createImageUrls({
      mode: settings.IMAGE_URL_MODE,
      s3,
      bucket,
      signingCredentials,
      signatures,
    }),
    downloadUrls:
      settings.ENCRYPTION === 'user'
        ? createProxyDownloadUrls({ signatures })
        : createDownloadUrls({ s3, bucket, signingCredentials }),
    links,
    shareSignatures,
    openLink: loggedLinks(logger, createOpenLink({ links, albums, departures, signatures: shareSignatures })),
    identity,
    departures,
    sessions: createSessions({
      identity,
      admin,
      profiles,
      departures,
      clock,
      warn: (message, error) => logger.warn(message, error as Error),
    }),
    assertSessionAlive: createSessionCheck({ profiles, clock }),
    async loadProbes() {
      const { createSqsClient } = await import('../../shared/adapters/sqs-client.ts');
      const { createVectorsClient } = await import('../../shared/adapters/vectors-client.ts');
      const { createProbes } = await import('../../shared/adapters/probes.ts');
      return createProbes({
        table: { client: table, name: tableName },
        bucket: { client: s3, name: bucket },
        queues: { client: createSqsClient(), urls: Object.values(urls).filter(Boolean) },
        vectors: { client: createVectorsClient(), name: settings.VECTOR_BUCKET_NAME },
      });
    },
    azureThrottle,
    limits: {
      images: settings.MAX_IMAGES_PER_USER,
      bytes: settings.MAX_BYTES_PER_USER,
      aiMicroUsd: microUsd(settings.MAX_AI_USD_PER_USER_PER_MONTH),
      formLifetimeMs: settings.UPLOAD_EXPIRES_SECONDS * 1000,
    },
    trashDays: settings.TRASH_DAYS,
    configured: {
      azure: settings.AZURE_OPENAI_ENDPOINT !== '',
      identity: settings.FIREBASE_API_KEY !== '',
    },
  };
}
