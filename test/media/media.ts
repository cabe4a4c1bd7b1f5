import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { vi } from 'vitest';
import { readStreamHead } from '../../local/gateway/proxy-response.ts';
import { installStreamingGlobal } from '../../local/lambda/streaming.ts';
import { systemClock } from '../../shared/adapters/ids.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { createObjects } from '../../shared/adapters/objects.ts';
import { createPictures } from '../../shared/adapters/pictures.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';
import { faceKey, originalKey, thumbnailKey } from '../../shared/domain/object-keys.ts';
import { type Google, startGoogle } from '../identity/google.ts';
import { addKeys } from '../support/keys.ts';
import { imageId, imageRecord } from '../support/records.ts';
import { BUCKET, startWorld, TABLE, type World } from '../support/world.ts';

const PROJECT = 'shoebox-production';
export const SIGNING_KEY = 'a signing key for tests, of 32 characters and more';
export const ORIGIN = 'https://photos.example.org';

export interface Answer {
  status: number;
  /** Lower-case names. */
  headers: Record<string, string>;
  body: Buffer;
  json: () => Record<string, unknown>;
}

export interface Call {
  headers?: Record<string, string>;
  query?: Record<string, string>;
  method?: 'GET' | 'HEAD' | 'POST';
  /** Told of each piece of the body as it comes. */
  onBytes?: (piece: Buffer) => void;
}

type StreamingHandler = (event: unknown, stream: PassThrough, context: unknown) => Promise<void>;

/** The media function as it is deployed, called as the gateway calls it and read as the gateway reads it; tokens are Google's. */
export async function startMedia(mode: 'presigned' | 'proxy', { encrypted = false } = {}) {
  const world: World = await startWorld();
  const google: Google = await startGoogle(PROJECT);
  const keys = encrypted ? await addKeys(world) : null;
  const secrets = new SecretsManagerClient({
    region: 'eu-central-1',
    endpoint: world.aws.endpoints.secretsmanager,
    credentials: world.aws.credentials,
  });
  const secret = await secrets.send(
    new CreateSecretCommand({ Name: 'shoebox', SecretString: JSON.stringify({ url_signing_key: SIGNING_KEY }) }),
  );
  const environment = {
    ...world.environment,
    ...keys?.environment,
    LOG_LEVEL: 'ERROR',
    POWERTOOLS_DEV: 'false',
    CORS_ORIGINS: ORIGIN,
    GOOGLE_CLOUD_PROJECT: PROJECT,
    TABLE_NAME: TABLE,
    BUCKET_NAME: BUCKET,
    IMAGE_URL_MODE: mode,
    SECRET_ARN: secret.ARN ?? '',
    URL_SIGNER_ROLE_ARN: 'arn:aws:iam::000000000000:role/url-signer',
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  vi.stubEnv('FIREBASE_AUTH_EMULATOR_HOST', undefined);
  installStreamingGlobal();
  vi.resetModules();
  const { handler } = (await import('../../functions/media/handler.ts')) as unknown as { handler: StreamingHandler };

  async function call(path: string, { headers = {}, query = {}, method = 'GET', onBytes }: Call = {}): Promise<Answer> {
    const event = {
      httpMethod: method,
      // The stage is called `api`, and the event's path begins after it.
      path: `/v1${path}`,
      resource: '/v1/images/{image_id}/original',
      headers: { 'X-Forwarded-Proto': 'https', ...headers },
      queryStringParameters: query,
      multiValueQueryStringParameters: null,
      requestContext: { requestId: 'request-1', path: `/api/v1${path}`, domainName: 'abc.execute-api.example' },
      body: null,
      isBase64Encoded: false,
    };
    const stream = new PassThrough();
    const run = handler(event, stream, { awsRequestId: 'lambda', getRemainingTimeInMillis: () => 300_000 });
    const head = await readStreamHead(stream);
    if (onBytes) stream.on('data', onBytes);
    const [body] = await Promise.all([buffer(stream), run]);
    return {
      status: head.status,
      headers: Object.fromEntries(head.headers.map(([name, value]) => [name.toLowerCase(), value])),
      body,
      json: () => JSON.parse(body.toString()),
    };
  }

  const images = createImages(world.table, TABLE, systemClock);
  const objects = keys
    ? createPictures({
        s3: world.s3,
        table: world.table,
        settings: { ...keys.settings, BUCKET_NAME: BUCKET },
        clock: systemClock,
        dataKeys: async () => keys.dataKeys,
      }).objects
    : createObjects(world.s3, BUCKET);
  let numbers = 0;

  return {
    world,
    google,
    call,
    /** The header of somebody who is signed in. */
    as: (user: string) => ({ Authorization: `Bearer ${google.token({ claims: { sub: user } })}` }),

    /** A photo that has been taken in, with its objects; `changes` says what matters to the test. */
    async photo(user: string, content: { original: Buffer; contentType?: string }, changes: Partial<ImageRecord> = {}) {
      numbers += 1;
      const id = imageId(numbers);
      const rendition = (key: string, type: string, bytes: number) => ({
        key,
        content_type: type,
        bytes,
        width: 2,
        height: 1,
      });
      const [small, medium] = [Buffer.from(`small of ${id}`), Buffer.from(`medium of ${id}`)];
      // What the bucket says about the type must not matter.
      await objects.write(originalKey(user, id), content.original, 'text/html');
      await objects.write(thumbnailKey(user, id, 'small'), small, 'image/webp');
      await objects.write(thumbnailKey(user, id, 'medium'), medium, 'image/webp');
      await objects.write(faceKey(user, id, 1), Buffer.from(`face of ${id}`), 'image/webp');
      const face = { n: 1, box: { x: 0, y: 0, width: 1, height: 1 }, person_id: null, similarity: null };
      const record = imageRecord(user, numbers, {
        faces: [face],
        status: 'done',
        original: rendition(originalKey(user, id), content.contentType ?? 'image/jpeg', content.original.length),
        thumbnails: {
          small: rendition(thumbnailKey(user, id, 'small'), 'image/webp', small.length),
          medium: rendition(thumbnailKey(user, id, 'medium'), 'image/webp', medium.length),
        },
        ...changes,
      });
      await images.create(record);
      return record;
    },
    images,
    objects,

    async stop() {
      vi.unstubAllEnvs();
      await google.stop();
      await world.stop();
    },
  };
}
export type Media = Awaited<ReturnType<typeof startMedia>>;
