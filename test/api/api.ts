import { randomBytes } from 'node:crypto';
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda';
import { vi } from 'vitest';
import { API_PREFIX, endpoints } from '../../shared/contract/routes.ts';
import { BUCKET, startWorld, TABLE, VECTOR_BUCKET, type World } from '../support/world.ts';
import { expectAsContracted } from './contract.ts';

export interface Call {
  /** Whose session the authorizer found; none for a request that never passed it. */
  as?: string;
  query?: Record<string, string | string[]>;
  headers?: Record<string, string>;
  /** An object is sent as JSON. */
  body?: object | string | Buffer;
  /** Further values of the authorizer's context. */
  authorizer?: Record<string, string>;
  /** Where the gateway is mounted otherwise than at its own address. */
  paths?: { path: string; requestPath: string };
  /** What Lambda says is left of the function's time. */
  remainingMs?: number;
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  text: string;
  json: <T = Record<string, unknown>>() => T;
}

export const ORIGIN = 'https://photos.example.org';
export const REQUEST_ID = '7f0c1d52-8d1f-4a35-9e1a-0f8a3c8a4a11';
const HOST = 'abc123.execute-api.eu-central-1.amazonaws.com';
/** As deployed: the stage is the first part of the API's prefix, and only `requestContext.path` names it. */
const STAGE = '/api';

/**
 * The api function as it is exported, over the emulators of `world`, called as the gateway calls it. Every answer is held
 * against the contract.
 */
export async function startApi(overrides: Record<string, string> = {}) {
  const world = await startWorld();
  const environment: Record<string, string> = {
    ...world.environment,
    TABLE_NAME: TABLE,
    BUCKET_NAME: BUCKET,
    VECTOR_BUCKET_NAME: VECTOR_BUCKET,
    ...queueUrls(world),
    SECRET_ARN: 'arn:aws:secretsmanager:eu-central-1:000000000000:secret:shoebox',
    URL_SIGNER_ROLE_ARN: 'arn:aws:iam::000000000000:role/url-signer',
    CORS_ORIGINS: ORIGIN,
    // Nobody listens there: what needs the identity service says so.
    FIREBASE_AUTH_EMULATOR_HOST: '127.0.0.1:9',
    FIREBASE_API_KEY: 'key',
    GOOGLE_CLOUD_PROJECT: 'demo-shoebox',
    LOG_LEVEL: 'ERROR',
    POWERTOOLS_DEV: 'false',
    ...overrides,
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  vi.resetModules();
  const { handler } = await import('../../functions/api/handler.ts');

  async function call(method: string, path: string, request: Call = {}): Promise<Answer> {
    const event = gatewayEvent(method, path, request);
    const context = { awsRequestId: 'lambda', getRemainingTimeInMillis: () => request.remainingMs ?? 29_000 };
    const result = (await handler(event, context as Context)) as APIGatewayProxyResult;
    const { statusCode: status, body: text } = result;
    const headers = result.headers as Record<string, string>;
    expectAsContracted(method, path, { status, headers, text });
    return { status, headers, text, json: () => JSON.parse(text) };
  }

  return {
    world,
    call,
    async stop() {
      vi.unstubAllEnvs();
      await world.stop();
    },
  };
}
export type Api = Awaited<ReturnType<typeof startApi>>;

const queueUrls = ({ urls }: World) =>
  Object.fromEntries(Object.entries(urls).map(([name, url]) => [`${name.toUpperCase()}_QUEUE_URL`, url]));

/** The gateway names a path as the contract does; one it does not know never comes here. */
function resourceOf(method: string, path: string): string {
  const matches = (template: string) => new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`).test(path);
  const known = endpoints.filter((endpoint) => matches(endpoint.path));
  const [first] = known.sort((a, b) => a.path.split('{').length - b.path.split('{').length);
  return (known.find((endpoint) => endpoint.method === method) ?? first)?.path ?? '/{proxy+}';
}

/** Event of a REST API's Lambda proxy integration, as far as anybody reads it. */
function gatewayEvent(method: string, path: string, call: Call = {}): APIGatewayProxyEvent {
  const { as, query = {}, headers = {}, body, authorizer } = call;
  const binary = Buffer.isBuffer(body);
  const json = typeof body === 'object' && !binary;
  const fullPath = API_PREFIX.slice(STAGE.length) + path;
  const multi = Object.fromEntries(Object.entries(query).map(([name, value]) => [name, [value].flat()]));
  const now = Math.floor(Date.now() / 1000);
  const session = { principalId: as, user_id: as, auth_time: String(now - 60), exp: String(now + 3540), ...authorizer };
  return {
    resource: API_PREFIX.slice(STAGE.length) + resourceOf(method, path),
    path: call.paths?.path ?? fullPath,
    httpMethod: method,
    headers: {
      Host: HOST,
      'X-Forwarded-Proto': 'https',
      ...(json && { 'Content-Type': 'application/json' }),
      ...headers,
    },
    multiValueHeaders: {},
    queryStringParameters: Object.keys(multi).length
      ? Object.fromEntries(Object.entries(multi).map(([name, values]) => [name, values.at(-1) ?? '']))
      : null,
    multiValueQueryStringParameters: Object.keys(multi).length ? multi : null,
    pathParameters: null,
    stageVariables: null,
    body: body === undefined ? null : binary ? body.toString('base64') : json ? JSON.stringify(body) : (body as string),
    isBase64Encoded: binary,
    requestContext: {
      requestId: REQUEST_ID,
      domainName: HOST,
      path: call.paths?.requestPath ?? STAGE + fullPath,
      stage: STAGE.slice(1),
      ...(as !== undefined && { authorizer: session }),
    },
  } as unknown as APIGatewayProxyEvent;
}

export interface Part {
  name: string;
  filename?: string;
  type?: string;
  content: string | Buffer;
}

/** A multipart body and the header that goes with it. */
export function multipart(parts: readonly Part[], boundary = `----test${randomBytes(8).toString('hex')}`) {
  const chunks = parts.flatMap(({ name, filename, type, content }) => [
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"`,
    filename === undefined ? '' : `; filename="${filename}"`,
    type === undefined ? '' : `\r\nContent-Type: ${type}`,
    '\r\n\r\n',
    content,
    '\r\n',
  ]);
  const body = Buffer.concat([...chunks, `--${boundary}--\r\n`].map((chunk) => Buffer.from(chunk)));
  return { body, headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}` } };
}
