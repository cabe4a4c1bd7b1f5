import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ApiDefinition } from './gateway/api.ts';
import { type AuthorizerContext, createAuthorizer } from './gateway/authorizer.ts';
import { createProxyEvent, type GatewayRequest, header, methodArn, readRequest } from './gateway/event.ts';
import type { LambdaIntegration, MockIntegration } from './gateway/integrations.ts';
import { type ResponseHead, readResponse, readStreamHead } from './gateway/proxy-response.ts';
import { GatewayRefusal, renderRefusal } from './gateway/responses.ts';
import { createRouter, type Match } from './gateway/routes.ts';
import { createThrottle } from './gateway/throttle.ts';
import type { LogFile } from './lambda/log.ts';
import type { InvocationResult, LambdaHost, StreamResult } from './lambda-host.ts';
import type { Permissions } from './permissions.ts';

/** Requests end at 10 MB (API Gateway quotas, "Payload size"). */
const REQUEST_LIMIT_BYTES = 10 * 1024 * 1024;

export interface GatewayOptions {
  readonly api: ApiDefinition;
  readonly host: Pick<LambdaHost, 'invoke' | 'invokeStream'>;
  readonly permissions: Permissions;
  /** ARN → name of the stack's functions. */
  readonly functionNames: ReadonlyMap<string, string>;
  readonly log: Pick<LogFile, 'platform'>;
  readonly clock?: () => Date;
  readonly newId?: () => string;
}

export interface GatewayServer {
  readonly port: number;
  /** Begins to serve an API; until then every request is answered 503. */
  serve(options: GatewayOptions): void;
  stop(): Promise<void>;
}

interface Answer {
  readonly head: ResponseHead;
  readonly body: Buffer | Readable;
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    // What is too long is read to its end, so that the client sees the answer, but not kept.
    if (size <= REQUEST_LIMIT_BYTES) chunks.push(chunk);
  }
  return size <= REQUEST_LIMIT_BYTES ? Buffer.concat(chunks) : undefined;
}

function answerMock(mock: MockIntegration, request: GatewayRequest): Answer {
  const origin = header(request, 'origin');
  const echoed =
    origin !== undefined && mock.otherOrigins.includes(origin) ? { 'Access-Control-Allow-Origin': origin } : {};
  return {
    head: { status: mock.status, headers: Object.entries({ ...mock.headers, ...echoed }) },
    body: Buffer.alloc(0),
  };
}

/** `promise`, or a gateway timeout after `milliseconds`; the function runs on, as on AWS. */
async function within<T>(promise: Promise<T>, milliseconds: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new GatewayRefusal('INTEGRATION_TIMEOUT', `no answer within ${milliseconds} ms`)),
      milliseconds,
    );
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** Handles one request of the API from the wire back to the wire. */
function createHandler(
  options: GatewayOptions,
): (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void> {
  const { api, host, permissions, functionNames, log, clock = () => new Date(), newId = randomUUID } = options;
  const route = createRouter(api.methods);
  const authorize = createAuthorizer({ api, host, permissions, functionNames, clock });
  const mayPass = createThrottle(api.throttles, clock);

  async function integrate(integration: LambdaIntegration, request: GatewayRequest, event: object): Promise<Answer> {
    const { functionArn, streaming, timeoutMs } = integration;
    const name = functionNames.get(functionArn);
    const sourceArn = methodArn(api, request.httpMethod, request.path);
    if (name === undefined || !permissions.mayInvoke(functionArn, 'apigateway.amazonaws.com', sourceArn)) {
      throw new GatewayRefusal('API_CONFIGURATION_ERROR', `no permission lets ${sourceArn} invoke ${functionArn}`);
    }
    const started: Promise<InvocationResult | StreamResult> = streaming
      ? host.invokeStream(name, event)
      : host.invoke(name, event);
    const result = await within(started, timeoutMs).catch((error: unknown) => {
      // A stream that begins too late has no client; left unread it would hold its process.
      void started.then((late) => 'body' in late && late.body.destroy());
      throw error;
    });
    if (!result.ok) {
      const type = result.error.errorType === 'RequestEntityTooLargeException' ? 'REQUEST_TOO_LARGE' : 'DEFAULT_5XX';
      throw new GatewayRefusal(type, `${result.error.errorType}: ${result.error.errorMessage}`);
    }
    if ('body' in result) return { head: await within(readStreamHead(result.body), timeoutMs), body: result.body };
    const { body, ...head } = readResponse(api, request, result.payload);
    return { head, body };
  }

  async function answer(request: GatewayRequest, match: Match | undefined, complete: boolean): Promise<Answer> {
    if (!match)
      throw new GatewayRefusal('MISSING_AUTHENTICATION_TOKEN', `no method for ${request.httpMethod} ${request.path}`);
    const { authorizer, integration } = match.method;
    if (!mayPass(match.method)) throw new GatewayRefusal('THROTTLED', 'more requests than the stage allows');
    if (!complete)
      throw new GatewayRefusal('REQUEST_TOO_LARGE', `the body is longer than ${REQUEST_LIMIT_BYTES} bytes`);
    if (integration.type === 'mock') return answerMock(integration, request);
    const context: AuthorizerContext | undefined = authorizer && (await authorize(authorizer, request, match));
    return integrate(integration, request, createProxyEvent(api, request, match, context));
  }

  async function send(
    outgoing: ServerResponse,
    requestId: string,
    { head, body }: Answer,
    headOnly: boolean,
  ): Promise<void> {
    outgoing.statusCode = head.status;
    for (const [name, value] of head.headers) outgoing.appendHeader(name, value);
    outgoing.setHeader('x-amzn-RequestId', requestId);
    outgoing.setHeader('x-amz-apigw-id', requestId);
    if (Buffer.isBuffer(body)) {
      outgoing.end(body);
    } else if (headOnly) {
      body.destroy();
      outgoing.end();
    } else {
      await pipeline(body, outgoing);
    }
  }

  return async (incoming, outgoing) => {
    const requestId = newId();
    const receivedAt = clock();
    const body = await readBody(incoming);
    const request = readRequest(incoming, { body: body ?? Buffer.alloc(0), requestId, receivedAt, stage: api.stage });
    const underStage = new RegExp(`^/${api.stage}(/|\\?|$)`).test(incoming.url ?? '');
    const match = underStage ? route(request.httpMethod, request.path) : undefined;
    let reason: string | undefined;
    let result: Answer;
    try {
      result = await answer(request, match, body !== undefined);
    } catch (error) {
      const refusal = error instanceof GatewayRefusal ? error : new GatewayRefusal('DEFAULT_5XX', String(error));
      reason = refusal.reason;
      const rendered = renderRefusal(api, { request, resourcePath: match?.method.resourcePath, refusal });
      const head = { status: rendered.status, headers: Object.entries(rendered.headers) };
      result = { head, body: Buffer.from(rendered.body) };
    }
    try {
      await send(outgoing, requestId, result, request.httpMethod === 'HEAD');
    } catch (error) {
      // The client left, or the function died in the middle of its stream: either way there is no more to send.
      reason = String(error);
      outgoing.destroy();
    }
    log.platform('access', {
      requestId,
      httpMethod: request.httpMethod,
      path: request.path,
      resourcePath: match?.method.resourcePath,
      status: result.head.status,
      reason,
      latencyMs: clock().getTime() - receivedAt.getTime(),
    });
  };
}

/**
 * Listens on 127.0.0.1 and serves a REST API below `/{stage}`. The port is known before the API is, because the functions'
 * environment names it.
 * @param port 0 for any free one
 */
export async function startGateway(port: number): Promise<GatewayServer> {
  let handle: ReturnType<typeof createHandler> | undefined;
  const server = createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 }, (incoming, outgoing) => {
    if (!handle) return void outgoing.writeHead(503).end('The local stack is starting');
    // A client that hangs up while it sends its body.
    handle(incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    serve: (options) => {
      handle = createHandler(options);
    },
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
