import type { APIGatewayProxyEvent } from 'aws-lambda';
import { API_PREFIX, endpoints } from '../../shared/contract/routes.ts';

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

export const REQUEST_ID = '7f0c1d52-8d1f-4a35-9e1a-0f8a3c8a4a11';
const HOST = 'abc123.execute-api.eu-central-1.amazonaws.com';
/** As deployed: the stage is the first part of the API's prefix, and only `requestContext.path` names it. */
const STAGE = '/api';

/** The gateway names a path as the contract does; one it does not know never comes here. */
function resourceOf(method: string, path: string): string {
  const matches = (template: string) => new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`).test(path);
  const known = endpoints.filter((endpoint) => matches(endpoint.path));
  const [first] = known.sort((a, b) => a.path.split('{').length - b.path.split('{').length);
  return (known.find((endpoint) => endpoint.method === method) ?? first)?.path ?? '/{proxy+}';
}

/** Event of a REST API's Lambda proxy integration, as far as anybody reads it. */
export function gatewayEvent(method: string, path: string, call: Call = {}): APIGatewayProxyEvent {
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
