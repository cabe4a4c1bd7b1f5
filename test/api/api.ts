import { randomBytes } from 'node:crypto';
import type { APIGatewayProxyResult, Context } from 'aws-lambda';
import { vi } from 'vitest';
import { type Call, gatewayEvent } from '../support/gateway-event.ts';
import { BUCKET, startWorld, TABLE, VECTOR_BUCKET, type World } from '../support/world.ts';
import { expectAsContracted } from './contract.ts';

export interface Answer {
  status: number;
  headers: Record<string, string>;
  text: string;
  json: <T = Record<string, unknown>>() => T;
}

export const ORIGIN = 'https://photos.example.org';
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
