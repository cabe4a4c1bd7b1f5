import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { isDeepStrictEqual } from 'node:util';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { APIGatewayAuthorizerResult } from 'aws-lambda';
import { vi } from 'vitest';
import { readStreamHead } from '../../local/gateway/proxy-response.ts';
import { installStreamingGlobal } from '../../local/lambda/streaming.ts';
import { type Endpoint, endpoints } from '../../shared/contract/routes.ts';
import { startApi } from '../api/api.ts';
import { startGoogle } from '../identity/google.ts';
import type { Call } from '../support/gateway-event.ts';
import { TABLE } from '../support/world.ts';

/**
 * Authorizer, API and media function as they are deployed, behind a gateway that does with each method what the stack says: in one process,
 * over emulators. Tokens are minted by a Google of our own, and verified as in production.
 */

const PROJECT = 'shoebox-production';
const ARN = 'arn:aws:execute-api:eu-central-1:123456789012:abc123/api';

export interface GatewayAnswer {
  status: number;
  text: string;
}

type Authorizer = (event: { authorizationToken: string; methodArn: string }) => Promise<APIGatewayAuthorizerResult>;
type Streaming = (event: unknown, stream: PassThrough, context: unknown) => Promise<void>;

/** What of a request the gateway looks at. */
export type GatewayCall = Pick<Call, 'headers' | 'body' | 'query'>;

export async function startGateway() {
  const google = await startGoogle(PROJECT);
  // Signing in always succeeds: whether it should is tested elsewhere.
  const idToken = () => google.token({ claims: { sub: 'somebody' } });
  vi.stubGlobal('fetch', async (url: string) => {
    const user = { localId: 'somebody', email: 'a@example.org', createdAt: '1700000000000' };
    const common = { refreshToken: 'refresh', expiresIn: '3600', localId: 'somebody' };
    if (url.includes('accounts:lookup')) return Response.json({ users: [user] });
    if (url.includes('/v1/token'))
      return Response.json({ id_token: idToken(), refresh_token: 'refresh', expires_in: '3600', user_id: 'somebody' });
    return Response.json({ ...common, idToken: idToken() });
  });
  const api = await startApi({ GOOGLE_CLOUD_PROJECT: PROJECT, IMAGE_URL_MODE: 'proxy', AZURE_OPENAI_ENDPOINT: '' });
  const { world } = api;
  const config = { region: 'eu-central-1', credentials: world.aws.credentials };
  const secrets = new SecretsManagerClient({ ...config, endpoint: world.aws.endpoints.secretsmanager });
  const SecretString = JSON.stringify({ azure_openai_api_key: '', url_signing_key: 'k'.repeat(40) });
  await secrets.send(new CreateSecretCommand({ Name: 'shoebox', SecretString }));
  secrets.destroy();
  // Only sign-in goes to an emulator: tokens are verified as Google's.
  vi.stubEnv('FIREBASE_AUTH_EMULATOR_HOST', undefined);
  installStreamingGlobal();
  const authorizer = (await import('../../functions/authorizer/handler.ts')).handler as Authorizer;
  const media = (await import('../../functions/media/handler.ts')).handler as unknown as Streaming;

  /** `null`: it would never reach a function. */
  async function authorized(method: string, path: string, header: string | undefined) {
    if (header === undefined || header === '') return null;
    try {
      return await authorizer({ authorizationToken: header, methodArn: `${ARN}/${method}/v1${path}` });
    } catch (error) {
      if (error instanceof Error && error.message === 'Unauthorized') return null;
      throw error;
    }
  }

  async function stream(method: string, path: string, { headers = {}, query, body }: GatewayCall) {
    const event = {
      httpMethod: method,
      path: `/v1${path}`,
      resource: `/v1${path}`,
      headers: { 'X-Forwarded-Proto': 'https', ...headers },
      queryStringParameters: query ?? null,
      multiValueQueryStringParameters: null,
      requestContext: { requestId: 'request-1', path: `/api/v1${path}`, domainName: 'abc.execute-api.example' },
      body: body ?? null,
      isBase64Encoded: false,
    };
    const answer = new PassThrough();
    const run = media(event, answer, { awsRequestId: 'lambda', getRemainingTimeInMillis: () => 300_000 });
    const { status } = await readStreamHead(answer);
    const text = (await buffer(answer)).toString();
    await run;
    return { status, text };
  }

  return {
    api,
    world,
    google,

    async call({ access, method }: Endpoint, path: string, call: GatewayCall = {}): Promise<GatewayAnswer> {
      if (access === 'media' || access === 'link-media') return stream(method, path, call);
      if (access !== 'user') return api.call(method, path, call);
      const session = await authorized(method, path, call.headers?.Authorization);
      if (!session) return { status: 401, text: '' };
      const context = session.context as Record<string, string>;
      return api.call(method, path, { ...call, as: session.principalId, authorizer: context });
    },

    /** Everything stored of somebody as it is now; answers what puts it back, and what says whether it is still so. */
    async keep(user: string) {
      const items = async () => new Map((await world.itemsOf(user)).map((item) => [String(item.sk), item]));
      const kept = await items();
      return {
        async unchanged(): Promise<boolean> {
          return isDeepStrictEqual(await items(), kept);
        },
        async restore(): Promise<void> {
          const now = await items();
          for (const [sk, Item] of kept)
            if (!isDeepStrictEqual(now.get(sk), Item))
              await world.table.send(new PutCommand({ TableName: TABLE, Item }));
          for (const sk of now.keys()) {
            if (!kept.has(sk))
              await world.table.send(new DeleteCommand({ TableName: TABLE, Key: { user_id: user, sk } }));
          }
        },
      };
    },

    async stop() {
      vi.unstubAllGlobals();
      await api.stop();
      await google.stop();
    },
  };
}
export type Gateway = Awaited<ReturnType<typeof startGateway>>;

/** Every method and path that is served, aliases included, by a name of its own. */
export const served = endpoints.map((endpoint) => ({ ...endpoint, name: `${endpoint.method} ${endpoint.path}` }));
