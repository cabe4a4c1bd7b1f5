import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Context } from 'aws-lambda';
import { installStreamingGlobal } from '../../local/lambda/streaming.ts';
import { API_PREFIX } from '../../shared/contract/routes.ts';
import { meterCpu } from '../runner/meter.ts';

/** What one invocation took beside what it asked of AWS. */
export interface Invoked {
  body: string;
  bytes: number;
  /** User and system time of this process, in milliseconds. */
  cpu_ms: number;
  /** Written to the log. */
  log_bytes: number;
}

type Handler = (event: unknown, context: Context) => Promise<unknown>;
type StreamHandler = (event: unknown, stream: PassThrough, context: Context) => Promise<void>;

const PROJECT = 'demo-shoebox';
/** The stage is the first part of the API's prefix, and not of the path an event has. */
const STAGE = 'api';
const context = {
  awsRequestId: '7f0c1d52-8d1f-4a35-9e1a-0f8a3c8a4a11',
  functionName: 'bench',
  getRemainingTimeInMillis: () => 29_000,
} as Context;

/** A token as the identity service signs one; nobody checks the signature where there is an emulator of it. */
function tokenOf(userId: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: `https://securetoken.google.com/${PROJECT}`, aud: PROJECT, sub: userId, user_id: userId };
  return `${part({ alg: 'none', typ: 'JWT' })}.${part({ ...claims, iat: now, exp: now + 3600, auth_time: now - 60 })}.`;
}

/** Runs something while what is written to standard output is counted and not shown. */
async function counted(run: () => Promise<{ body: string; bytes: number }>): Promise<Invoked> {
  const write = process.stdout.write.bind(process.stdout);
  let log_bytes = 0;
  process.stdout.write = ((text: string | Uint8Array) => {
    log_bytes += Buffer.byteLength(text);
    return true;
  }) as typeof process.stdout.write;
  const cpu = meterCpu();
  try {
    const answer = await run();
    return { ...answer, cpu_ms: cpu(), log_bytes };
  } finally {
    process.stdout.write = write;
  }
}

/** The functions as they are exported, in this process, called as AWS calls them. `environment` has to be set before. */
export async function loadFunctions(environment: Record<string, string>, userId: string) {
  Object.assign(process.env, environment, {
    LOG_LEVEL: 'INFO',
    POWERTOOLS_DEV: 'false',
    GOOGLE_CLOUD_PROJECT: PROJECT,
    FIREBASE_API_KEY: 'key',
    CORS_ORIGINS: 'https://photos.example.org',
    AZURE_OPENAI_API_VERSION: '2024-10-21',
    IMAGE_URL_MODE: 'presigned',
  });
  installStreamingGlobal();
  const load = async (name: string) => (await import(`../../functions/${name}/handler.ts`)).handler as Handler;
  const handlers: Record<string, Handler> = {};
  for (const name of ['api', 'authorizer', 'ingest', 'describe', 'faces', 'organize'])
    handlers[name] = await load(name);
  process.env.IMAGE_URL_MODE = 'proxy';
  const media = (await load('media')) as unknown as StreamHandler;
  const token = tokenOf(userId);

  function gatewayEvent(method: string, path: string, resource: string, query: Record<string, string>, body?: object) {
    const now = Math.floor(Date.now() / 1000);
    return {
      resource: API_PREFIX.slice(STAGE.length + 1) + resource,
      path: API_PREFIX.slice(STAGE.length + 1) + path,
      httpMethod: method,
      headers: {
        Host: 'abc123.execute-api.us-east-1.amazonaws.com',
        'X-Forwarded-Proto': 'https',
        ...(body && { 'Content-Type': 'application/json' }),
        Authorization: `Bearer ${token}`,
      },
      multiValueHeaders: {},
      queryStringParameters: query,
      multiValueQueryStringParameters: Object.fromEntries(
        Object.entries(query).map(([name, value]) => [name, [value]]),
      ),
      pathParameters: null,
      stageVariables: null,
      body: body ? JSON.stringify(body) : null,
      isBase64Encoded: false,
      requestContext: {
        requestId: context.awsRequestId,
        domainName: 'abc123.execute-api.us-east-1.amazonaws.com',
        path: `/${API_PREFIX.slice(1)}${path}`,
        stage: STAGE,
        authorizer: { principalId: userId, user_id: userId, auth_time: String(now - 60), exp: String(now + 3540) },
      },
    };
  }

  return {
    /** A request to the JSON API. Throws where the answer is an error. */
    call: (method: string, path: string, query: Record<string, string> = {}, body?: object): Promise<Invoked> =>
      counted(async () => {
        const event = gatewayEvent(method, path, path, query, body);
        const answer = (await handlers.api?.(event, context)) as { statusCode: number; body: string };
        if (answer.statusCode >= 400) throw new Error(`${method} ${path}: ${answer.statusCode} ${answer.body}`);
        return { body: answer.body, bytes: Buffer.byteLength(answer.body) };
      }),

    /** A thumbnail through the function that streams pictures. */
    thumbnail: (imageId: string): Promise<Invoked> =>
      counted(async () => {
        const stream = new PassThrough();
        const streamed = buffer(stream);
        const resource = '/images/{image_id}/thumbnail';
        const event = gatewayEvent('GET', `/images/${imageId}/thumbnail`, resource, { size: 'medium' });
        await media({ ...event, pathParameters: { image_id: imageId } }, stream, context);
        stream.end();
        const bytes = await streamed;
        if (bytes.includes('application/problem+json')) throw new Error(`Expected a picture, received ${bytes}`);
        return { body: '', bytes: bytes.length };
      }),

    /** What the gateway asks before the first request of a client in five minutes. */
    authorize: (): Promise<Invoked> =>
      counted(async () => {
        const methodArn = 'arn:aws:execute-api:us-east-1:000000000000:abc123/api/GET/v1/images';
        const policy = await handlers.authorizer?.(
          { type: 'TOKEN', authorizationToken: `Bearer ${token}`, methodArn },
          context,
        );
        return { body: JSON.stringify(policy), bytes: 0 };
      }),

    /** A batch of messages of a queue to the function that works on them. Throws where any of them failed. */
    deliver: (name: string, bodies: readonly unknown[]): Promise<Invoked> =>
      counted(async () => {
        const Records = bodies.map((body, index) => ({
          messageId: `message-${index}`,
          receiptHandle: `receipt-${index}`,
          body: JSON.stringify(body),
          attributes: { ApproximateReceiveCount: '1', MessageGroupId: userId },
        }));
        const answer = (await handlers[name]?.({ Records }, context)) as { batchItemFailures: unknown[] };
        if (answer.batchItemFailures.length > 0) throw new Error(`${name} failed for ${JSON.stringify(bodies)}`);
        return { body: '', bytes: 0 };
      }),
  };
}
