import { type Deployment, type FunctionSettings, limitText } from '../shared/config.ts';
import type { Queues } from './queues.ts';
import type { Storage } from './storage.ts';

/** Lambda sets the region itself and refuses to have it set; the signing role is given to the functions it trusts. */
type SettingName = Exclude<keyof FunctionSettings, 'AWS_REGION' | 'URL_SIGNER_ROLE_ARN'>;

/** Answers the environment of a function that relies on `names`, and nothing beside them. */
export type Environment = (...names: readonly SettingName[]) => Record<string, string>;

/** Every setting a function can ask for, as `shared/config.ts` names and reads it. */
export function createEnvironment(settings: Deployment, storage: Storage, queues: Queues): Environment {
  const { userKeys } = storage;
  const all: Record<SettingName, string | undefined> = {
    STAGE: settings.STAGE,
    LOG_LEVEL: settings.LOG_LEVEL,
    IMAGE_URL_MODE: settings.IMAGE_URL_MODE,
    S3_ADDRESSING_STYLE: settings.S3_ADDRESSING_STYLE,
    FIREBASE_API_KEY: settings.FIREBASE_API_KEY,
    GOOGLE_CLOUD_PROJECT: settings.GOOGLE_CLOUD_PROJECT,
    CORS_ORIGINS: settings.CORS_ORIGINS.join(','),
    AZURE_OPENAI_ENDPOINT: settings.AZURE_OPENAI_ENDPOINT,
    AZURE_OPENAI_API_VERSION: settings.AZURE_OPENAI_API_VERSION,
    AZURE_OPENAI_DEPLOYMENT_NAME: settings.AZURE_OPENAI_DEPLOYMENT_NAME,
    AZURE_OPENAI_EMBEDDING_DEPLOYMENT_NAME: settings.AZURE_OPENAI_EMBEDDING_DEPLOYMENT_NAME,
    EMBEDDINGS_PROVIDER: settings.EMBEDDINGS_PROVIDER,
    UPLOAD_EXPIRES_SECONDS: String(settings.UPLOAD_EXPIRES_SECONDS),
    SWEEP_STALE_SECONDS: String(settings.SWEEP_STALE_SECONDS),
    TRASH_DAYS: String(settings.TRASH_DAYS),
    MAX_IMAGES_PER_USER: limitText(settings.MAX_IMAGES_PER_USER),
    MAX_BYTES_PER_USER: limitText(settings.MAX_BYTES_PER_USER),
    MAX_AI_USD_PER_USER_PER_MONTH: limitText(settings.MAX_AI_USD_PER_USER_PER_MONTH),
    TABLE_NAME: storage.table.tableName,
    BUCKET_NAME: storage.bucket.bucketName,
    VECTOR_BUCKET_NAME: storage.vectorBucketName,
    SECRET_ARN: storage.secret.secretArn,
    // Nothing of them is said where users have none.
    ENCRYPTION: userKeys && settings.ENCRYPTION,
    USER_KEYS_TABLE_NAME: userKeys?.table.tableName,
    USER_KEYS_MASTER_KEY_ARN: userKeys?.masterKey.keyArn,
    INGEST_QUEUE_URL: queues.ingest.queue.queueUrl,
    DESCRIBE_QUEUE_URL: queues.describe.queue.queueUrl,
    FACES_QUEUE_URL: queues.faces?.queue.queueUrl ?? '',
    ORGANIZE_QUEUE_URL: queues.organize.queue.queueUrl,
    JOBS_QUEUE_URL: queues.jobs.queue.queueUrl,
    DEAD_LETTER_QUEUE_URLS: Object.entries(queues)
      .map(([name, { deadLetterQueue }]) => `${name}=${deadLetterQueue.queueUrl}`)
      .join(','),
  };
  return (...names) =>
    Object.fromEntries(names.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]]])));
}
