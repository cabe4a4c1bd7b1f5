import { Duration } from 'aws-cdk-lib';
import type { Alias } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { type Deployment, USER_KEYS } from '../shared/config.ts';
import type { Bundles } from './bundle.ts';
import type { Environment } from './environment.ts';
import { NodeFunction } from './functions.ts';
import { downloads, type Grants, incoming, jobs, originals, type Part, raw, thumbnails } from './grants.ts';
import { createAlias } from './releases.ts';
import { createUrlSigner } from './url-signer.ts';

/** The gateway waits no longer than this for an answer that is not streamed. */
export const API_TIMEOUT = Duration.seconds(29);
/** 50 MB at the 2 MB/s that streams are held to, for a client that reads slowly. */
export const MEDIA_TIMEOUT = Duration.minutes(5);

export interface WebFunctionsProps {
  readonly settings: Deployment;
  readonly bundles: Bundles;
  readonly environment: Environment;
  readonly grants: Grants;
}

/** The functions behind the API. */
export class WebFunctions extends Construct {
  readonly authorizer: NodeFunction;
  readonly api: NodeFunction;
  readonly media: NodeFunction;
  /** What the gateway calls. */
  readonly live: Readonly<Record<'authorizer' | 'api' | 'media', Alias>>;

  constructor(scope: Construct, id: string, { settings, bundles, environment, grants }: WebFunctionsProps) {
    super(scope, id);
    this.authorizer = new NodeFunction(this, 'Authorizer', {
      source: 'authorizer',
      bundles,
      description: 'Verifies Firebase ID tokens',
      timeout: Duration.seconds(10),
      environment: environment('LOG_LEVEL', 'GOOGLE_CLOUD_PROJECT', 'TABLE_NAME'),
    });
    grants.table(this.authorizer.role, 'GetItem');

    this.api = new NodeFunction(this, 'Api', {
      source: 'api',
      bundles,
      description: 'The JSON API',
      timeout: API_TIMEOUT,
      environment: environment(
        'LOG_LEVEL',
        'STAGE',
        'CORS_ORIGINS',
        'FIREBASE_API_KEY',
        'GOOGLE_CLOUD_PROJECT',
        'TABLE_NAME',
        'BUCKET_NAME',
        'VECTOR_BUCKET_NAME',
        'INGEST_QUEUE_URL',
        'DESCRIBE_QUEUE_URL',
        'FACES_QUEUE_URL',
        'S3_ADDRESSING_STYLE',
        'IMAGE_URL_MODE',
        'SECRET_ARN',
        'UPLOAD_EXPIRES_SECONDS',
        'TRASH_DAYS',
        'MAX_IMAGES_PER_USER',
        'MAX_BYTES_PER_USER',
        'MAX_AI_USD_PER_USER_PER_MONTH',
        'ORGANIZE_QUEUE_URL',
        'JOBS_QUEUE_URL',
        'AZURE_OPENAI_ENDPOINT',
        'AZURE_OPENAI_API_VERSION',
        'AZURE_OPENAI_EMBEDDING_DEPLOYMENT_NAME',
        'EMBEDDINGS_PROVIDER',
        ...USER_KEYS,
      ),
    });
    grants.table(this.api.role, 'GetItem', 'BatchGetItem', 'Query', 'PutItem', 'UpdateItem', 'DeleteItem');
    grants.index(this.api.role, 'by_taken');
    grants.vectors(this.api.role, 'QueryVectors');
    grants.objects(this.api.role, { read: [raw], write: [incoming, jobs] });
    grants.send(this.api.role, 'ingest', 'describe', 'faces', 'organize', 'jobs');
    grants.secret(this.api.role);
    grants.userKeys(this.api.role, 'read');
    grants.probe(this.api.role);

    this.media = new NodeFunction(this, 'Media', {
      source: 'media',
      bundles,
      description: 'Streams originals and thumbnails',
      timeout: MEDIA_TIMEOUT,
      environment: environment(
        'LOG_LEVEL',
        'CORS_ORIGINS',
        'GOOGLE_CLOUD_PROJECT',
        'TABLE_NAME',
        'BUCKET_NAME',
        'S3_ADDRESSING_STYLE',
        'IMAGE_URL_MODE',
        'SECRET_ARN',
        ...USER_KEYS,
      ),
    });
    grants.table(this.media.role, 'GetItem');
    grants.countLinks(this.media.role);
    // Zips that S3 cannot hand out as they are to be.
    const zips: Part[] = settings.ENCRYPTION === 'user' ? [downloads] : [];
    grants.objects(this.media.role, { read: [originals, thumbnails, ...zips], absent: true });
    grants.secret(this.media.role);
    grants.userKeys(this.media.role, 'read');

    createUrlSigner(this, 'UrlSigner', [this.api, this.media], settings, grants);
    this.live = {
      authorizer: createAlias(this.authorizer),
      api: createAlias(this.api),
      media: createAlias(this.media),
    };
  }
}
