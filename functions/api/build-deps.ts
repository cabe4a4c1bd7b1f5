import { createAzureThrottle } from '../../shared/adapters/azure-throttle.ts';
import { createChecksums } from '../../shared/adapters/checksums.ts';
import {
  createS3Client,
  createSqsClient,
  createTableClient,
  createVectorsClient,
} from '../../shared/adapters/clients.ts';
import { createClusters } from '../../shared/adapters/clusters.ts';
import { createIdentity } from '../../shared/adapters/identity/accounts.ts';
import { createSessionCheck, createSessions } from '../../shared/adapters/identity/sessions.ts';
import { createImageUrls } from '../../shared/adapters/image-urls.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { createJobs } from '../../shared/adapters/jobs.ts';
import { createLinkSignatures } from '../../shared/adapters/link-signatures.ts';
import { createObjects } from '../../shared/adapters/objects.ts';
import { createProbes } from '../../shared/adapters/probes.ts';
import { createProfiles } from '../../shared/adapters/profiles.ts';
import { createQueues } from '../../shared/adapters/queues.ts';
import { createSecrets, createSecretsClient } from '../../shared/adapters/secrets.ts';
import { createSignerCredentials, createStsClient } from '../../shared/adapters/signer.ts';
import { createUploadForms } from '../../shared/adapters/uploads.ts';
import type { FunctionSettings } from '../../shared/config.ts';
import type { Deps } from './deps.ts';

/** The settings this function is given. */
export const SETTINGS = [
  'LOG_LEVEL',
  'CORS_ORIGINS',
  'TABLE_NAME',
  'BUCKET_NAME',
  'VECTOR_BUCKET_NAME',
  'INGEST_QUEUE_URL',
  'DESCRIBE_QUEUE_URL',
  'ORGANIZE_QUEUE_URL',
  'JOBS_QUEUE_URL',
  'SECRET_ARN',
  'URL_SIGNER_ROLE_ARN',
  'IMAGE_URL_MODE',
  'S3_ADDRESSING_STYLE',
  'FIREBASE_API_KEY',
  'AZURE_OPENAI_ENDPOINT',
  'UPLOAD_EXPIRES_SECONDS',
] as const satisfies readonly (keyof FunctionSettings)[];

type Settings = Pick<FunctionSettings, (typeof SETTINGS)[number]>;

/** Everything the use cases work with, over the AWS clients of this process. */
export function buildDeps(settings: Settings, host: Pick<Deps, 'logger' | 'clock' | 'newId' | 'sleep'>): Deps {
  const { clock } = host;
  const tableName = settings.TABLE_NAME;
  const bucket = settings.BUCKET_NAME;
  const table = createTableClient();
  const s3 = createS3Client(settings.S3_ADDRESSING_STYLE);
  const sqs = createSqsClient();
  const urls = {
    ingest: settings.INGEST_QUEUE_URL,
    describe: settings.DESCRIBE_QUEUE_URL,
    organize: settings.ORGANIZE_QUEUE_URL,
    jobs: settings.JOBS_QUEUE_URL,
  };
  const profiles = createProfiles(table, tableName, clock);
  const identity = createIdentity({ firebaseApiKey: settings.FIREBASE_API_KEY });
  const signingCredentials = createSignerCredentials(createStsClient(), settings.URL_SIGNER_ROLE_ARN, clock);
  const secrets = createSecrets(createSecretsClient(), settings.SECRET_ARN, clock);

  return {
    ...host,
    images: createImages(table, tableName, clock),
    checksums: createChecksums(table, tableName),
    clusters: createClusters(table, tableName),
    jobs: createJobs(table, tableName, clock),
    objects: createObjects(s3, bucket),
    queues: createQueues(sqs, urls),
    uploadForms: createUploadForms({
      bucket,
      addressing: settings.S3_ADDRESSING_STYLE,
      credentials: signingCredentials,
      lifetimeSeconds: settings.UPLOAD_EXPIRES_SECONDS,
      clock,
    }),
    imageUrls: createImageUrls({
      mode: settings.IMAGE_URL_MODE,
      s3,
      bucket,
      signingCredentials,
      signatures: createLinkSignatures({ secrets, clock }),
    }),
    identity,
    sessions: createSessions({ identity, profiles, clock }),
    assertSessionAlive: createSessionCheck({ profiles, clock }),
    probes: createProbes({
      table: { client: table, name: tableName },
      bucket: { client: s3, name: bucket },
      queues: { client: sqs, urls: Object.values(urls) },
      vectors: { client: createVectorsClient(), name: settings.VECTOR_BUCKET_NAME },
    }),
    azureThrottle: createAzureThrottle(table, tableName, clock),
    configured: {
      azure: settings.AZURE_OPENAI_ENDPOINT !== '',
      identity: settings.FIREBASE_API_KEY !== '',
    },
  };
}
