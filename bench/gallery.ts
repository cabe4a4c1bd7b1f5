import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { API_PREFIX } from '../shared/contract/routes.ts';
import { GALLERY_USER } from './photo-records.ts';
import { FUNCTION_SETTINGS } from './settings.ts';

/** A gallery of `count` photos on an AWS in another process, which the environment of this one points to from then on. */
export async function openGallery(count: number): Promise<{ close(): Promise<void> }> {
  const gallery = fork(join(import.meta.dirname, 'gallery-process.ts'), [String(count)], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [environment] = (await once(gallery, 'message')) as [Record<string, string>];
  Object.assign(process.env, FUNCTION_SETTINGS, environment);
  return {
    async close() {
      gallery.disconnect();
      await once(gallery, 'exit');
    },
  };
}

/** What the gateway sends for a page of 100 images. */
export function pageEvent() {
  const now = Math.floor(Date.now() / 1000);
  const path = `${API_PREFIX.replace('/api', '')}/images`;
  return {
    resource: path,
    path,
    httpMethod: 'GET',
    headers: { Host: 'abc123.execute-api.eu-central-1.amazonaws.com', 'X-Forwarded-Proto': 'https' },
    multiValueHeaders: {},
    queryStringParameters: { limit: '100' },
    multiValueQueryStringParameters: { limit: ['100'] },
    pathParameters: null,
    body: null,
    isBase64Encoded: false,
    requestContext: {
      requestId: 'bench',
      domainName: 'abc123.execute-api.eu-central-1.amazonaws.com',
      path: `/api${path}`,
      stage: 'api',
      authorizer: {
        principalId: GALLERY_USER,
        user_id: GALLERY_USER,
        auth_time: String(now - 60),
        exp: String(now + 3540),
      },
    },
  };
}

export const LAMBDA_CONTEXT = { awsRequestId: 'bench', getRemainingTimeInMillis: () => 29_000 };
