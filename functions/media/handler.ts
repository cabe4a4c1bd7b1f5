import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import { executionModeStreamifyResponse } from '@middy/core/StreamifyResponse';
import httpHeaderNormalizer from '@middy/http-header-normalizer';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { createAlbums } from '../../shared/adapters/albums.ts';
import { createS3Client, createTableClient } from '../../shared/adapters/clients.ts';
import { createDepartures } from '../../shared/adapters/departures.ts';
import { createDownloadUrls } from '../../shared/adapters/download-urls.ts';
import { createAuthenticate, createSessionCheck } from '../../shared/adapters/identity/sessions.ts';
import { createTokenVerifier } from '../../shared/adapters/identity/token-verifier.ts';
import { systemClock as clock } from '../../shared/adapters/ids.ts';
import { createPresignedUrls } from '../../shared/adapters/image-urls.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { createJobs } from '../../shared/adapters/jobs.ts';
import { createLinkSignatures } from '../../shared/adapters/link-signatures.ts';
import { createLinks } from '../../shared/adapters/links.ts';
import { createOpenLink } from '../../shared/adapters/open-link.ts';
import { createPictures } from '../../shared/adapters/pictures.ts';
import { createProfiles } from '../../shared/adapters/profiles.ts';
import { createSecrets, createSecretsClient } from '../../shared/adapters/secrets.ts';
import { createShareSignatures } from '../../shared/adapters/share-signatures.ts';
import { createSignerCredentials, createStsClient } from '../../shared/adapters/signer.ts';
import { readFunctionSettings, USER_KEYS } from '../../shared/config.ts';
import { identityProblem } from '../../shared/lambda/http/identity-problems.ts';
import { loggedLinks } from '../../shared/lambda/http/logged-links.ts';
import { cors, problems, requestLog, securityHeaders } from '../../shared/lambda/http/middleware.ts';
import { createRouter } from '../../shared/lambda/http/router.ts';
import { createLogger, hashUserId } from '../../shared/lambda/logger.ts';
import { embeddable } from './embeddable.ts';
import { createRedirect, createServe, createStream } from './serve.ts';
import { createServeShared } from './serve-shared.ts';
import { createServeZip, createZipRedirect, createZipStream } from './serve-zip.ts';
import { createWhoReads, type WhoReads } from './who-reads.ts';

const settings = readFunctionSettings(process.env, [
  'LOG_LEVEL',
  'CORS_ORIGINS',
  'GOOGLE_CLOUD_PROJECT',
  'TABLE_NAME',
  'BUCKET_NAME',
  'S3_ADDRESSING_STYLE',
  ...USER_KEYS,
  'IMAGE_URL_MODE',
  'SECRET_ARN',
  'URL_SIGNER_ROLE_ARN',
]);
const { TABLE_NAME: tableName, BUCKET_NAME: bucket } = settings;
const logger = createLogger('media', settings.LOG_LEVEL);
const table = createTableClient();
const s3 = createS3Client(settings.S3_ADDRESSING_STYLE);

const secrets = createSecrets(createSecretsClient(), settings.SECRET_ARN, clock);
const assertSessionAlive = createSessionCheck({ profiles: createProfiles(table, tableName, clock), clock });
const provenReader = createWhoReads({
  assertSessionAlive,
  signatures: createLinkSignatures({ secrets, clock }),
  authenticate: createAuthenticate({
    verifier: createTokenVerifier({ projectId: settings.GOOGLE_CLOUD_PROJECT }),
    assertSessionAlive,
  }),
});
/** From then on lines say whose picture it is. */
const whoReads: WhoReads = async (proof, target) => {
  const reader = await provenReader(proof, target);
  const isZip = target.rendition.startsWith('part-');
  logger.appendKeys({ user: hashUserId(reader.user_id), [isZip ? 'job_id' : 'image_id']: target.image_id });
  return reader;
};

const images = createImages(table, tableName, clock);
const reader = createPictures({ s3, table, settings, clock }).reader();
const stream = createStream({ reader, clock });

const signingCredentials = createSignerCredentials(createStsClient(), settings.URL_SIGNER_ROLE_ARN, clock);

function deliver() {
  if (settings.IMAGE_URL_MODE === 'proxy') return stream;
  return createRedirect({ presignedUrls: createPresignedUrls({ s3, bucket, signingCredentials }), clock });
}

function deliverZip() {
  if (settings.ENCRYPTION === 'user') return createZipStream({ reader, clock });
  return createZipRedirect({ downloadUrls: createDownloadUrls({ s3, bucket, signingCredentials }) });
}

const openLink = loggedLinks(
  logger,
  createOpenLink({
    links: createLinks(table, tableName, clock),
    albums: createAlbums(table, tableName),
    departures: createDepartures(table, tableName, clock),
    signatures: createShareSignatures({ secrets, clock }),
  }),
);
const serve = createServe({ whoReads, images, deliver: deliver() });
const serveZip = createServeZip({ whoReads, jobs: createJobs(table, tableName, clock), deliver: deliverZip() });
const serveShared = createServeShared({ openLink, images, reader, deliver: stream });

/** The pictures' bytes: streamed, or a redirect to S3. No gateway authorizer stands before it, so that links work in an `<img>`. */
export const handler = middy<APIGatewayProxyEvent, APIGatewayProxyResult>({
  executionMode: executionModeStreamifyResponse,
})
  .use(injectLambdaContext(logger, { resetKeys: true }))
  .use(httpHeaderNormalizer())
  .use(requestLog(logger))
  .use(embeddable())
  .use(securityHeaders())
  .use(cors(settings.CORS_ORIGINS))
  .use(problems(identityProblem))
  .handler(
    createRouter(['media', 'link-media'], (route, event) => {
      if (route.id === 'downloadPart') return serveZip(route, event);
      return route.access === 'link-media' ? serveShared(route, event) : serve(route, event);
    }),
  );
