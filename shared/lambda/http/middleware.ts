import { Readable } from 'node:stream';
import type { MiddlewareObj } from '@middy/core';
import httpCors from '@middy/http-cors';
import httpSecurityHeaders from '@middy/http-security-headers';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { hashUserId, type Logger } from '../logger.ts';
import { HttpProblem, renderProblem } from './problems.ts';

export type HttpMiddleware = MiddlewareObj<APIGatewayProxyEvent, APIGatewayProxyResult>;

/** Nothing of an answer may run, load, be framed or be sniffed. A page that needs more sets its own policy. */
const STRICTEST_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";

/** Security headers for answers that are data. */
export function securityHeaders(): HttpMiddleware[] {
  const headers = httpSecurityHeaders({
    contentSecurityPolicy: false,
    permissionsPolicy: false,
    reportTo: false,
    reportingEndpoints: false,
    strictTransportSecurity: { maxAge: 365 * 24 * 60 * 60, includeSubDomains: false, preload: false },
  } as object);
  const policy = ({ response }: { response: APIGatewayProxyResult | null | undefined }) => {
    if (response) response.headers = { 'Content-Security-Policy': STRICTEST_POLICY, ...response.headers };
  };
  return [headers as HttpMiddleware, { after: policy, onError: policy }];
}

/** CORS for exactly these origins. Clients send their token in a header, so that no credentials are ever allowed. */
export function cors(origins: readonly string[]): HttpMiddleware {
  return httpCors({
    disableBeforePreflightResponse: false,
    origins: origins.length > 0 ? [...origins] : [],
    methods: 'GET,HEAD,POST,PUT,PATCH,DELETE,OPTIONS',
    headers: 'Authorization,Content-Type,Prefer,Range,If-None-Match,Share-Access',
    exposeHeaders:
      'Location,Link,Deprecation,Preference-Applied,Retry-After,Allow,X-Request-Id,ETag,Content-Range,Accept-Ranges',
    maxAge: 3600,
  }) as unknown as HttpMiddleware;
}

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A client that leaves ends the stream, too. */
const CLIENT_LEFT = new Set(['ERR_STREAM_PREMATURE_CLOSE', 'ABORT_ERR']);

/** Bytes that were promised by an answer and cannot be sent: the answer has been logged as good. */
function watch(body: Readable, logger: Pick<Logger, 'error' | 'info'>): void {
  body.once('error', (error: NodeJS.ErrnoException) => {
    if (CLIENT_LEFT.has(error.code ?? '')) logger.info('The client left before all was sent.');
    else logger.error('An answer broke off while its bytes were sent.', error);
  });
}

/** Ids in every log line, the request's own in the answer, and one line per request. Never its path, query or body. */
export function requestLog(logger: Logger): HttpMiddleware {
  const started = new WeakMap<object, number>();
  const end: HttpMiddleware['after'] = ({ event, response, error }) => {
    if (!response) return;
    response.headers = { ...response.headers, 'X-Request-Id': event.requestContext.requestId };
    const ms = Math.round(performance.now() - (started.get(event) ?? performance.now()));
    const line = { route: `${event.httpMethod} ${event.resource}`, status: response.statusCode, ms };
    if (response.statusCode >= 500) logger.error('answered with a fault', { ...line, ...fault(error) });
    else logger.info('answered', line);
    // The types know no streams.
    const body: unknown = response.body;
    if (body instanceof Readable) watch(body, logger.createChild());
  };
  return {
    before({ event }) {
      started.set(event, performance.now());
      logger.appendKeys({ api_request_id: event.requestContext.requestId });
      const userId: unknown = event.requestContext.authorizer?.principalId;
      if (typeof userId === 'string') logger.appendKeys({ user: hashUserId(userId) });
      const imageId = event.pathParameters?.image_id;
      // Whatever else stands there is a client's, and no id of ours.
      if (imageId !== undefined && ID.test(imageId)) logger.appendKeys({ image_id: imageId });
    },
    after: end,
    onError: end,
  };
}

/** The fault behind an answer: the cause where the error is only what the client was told. */
function fault(error: unknown): { error?: Error } {
  const cause = error instanceof HttpProblem ? error.cause : error;
  return cause instanceof Error ? { error: cause } : {};
}

/** Turns whatever was thrown into problem+json. Comes last in a chain, so that the others dress its answer too. */
export function problems(translate: (error: unknown) => unknown = (error) => error): HttpMiddleware {
  return {
    onError(request) {
      const error = translate(request.error);
      request.error = error as Error;
      request.response = renderProblem(error, request.event.requestContext?.requestId);
    },
  };
}
