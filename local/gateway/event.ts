import type { IncomingMessage } from 'node:http';
import type { ApiDefinition } from './api.ts';
import type { Match } from './routes.ts';

/** One request as the gateway sees it, before any function does. */
export interface GatewayRequest {
  readonly requestId: string;
  readonly httpMethod: string;
  /** Raw path below the stage, still percent-encoded. */
  readonly path: string;
  readonly query: readonly (readonly [string, string])[];
  /** Names as the client wrote them, in order, repeated where repeated. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
  readonly sourceIp: string;
  readonly receivedAt: Date;
  readonly protocol: string;
}

/** Query values are decoded once, `+` as a space; what is not valid percent-encoding stays as it is. */
function parseQuery(text: string): [string, string][] {
  const decode = (part: string) => {
    const spaced = part.replaceAll('+', ' ');
    try {
      return decodeURIComponent(spaced);
    } catch {
      return spaced;
    }
  };
  return text
    .split('&')
    .filter(Boolean)
    .map((pair) => {
      const equals = pair.indexOf('=');
      return equals < 0 ? [decode(pair), ''] : [decode(pair.slice(0, equals)), decode(pair.slice(equals + 1))];
    });
}

function pairs(raw: readonly string[]): [string, string][] {
  return Array.from({ length: raw.length / 2 }, (_, index) => [raw[index * 2] ?? '', raw[index * 2 + 1] ?? '']);
}

/** Takes a request off the wire; `body` was read by the caller, which bounds it. */
export function readRequest(
  request: IncomingMessage,
  { body, requestId, receivedAt, stage }: { body: Buffer; requestId: string; receivedAt: Date; stage: string },
): GatewayRequest {
  const url = request.url ?? '/';
  const mark = url.indexOf('?');
  const rawPath = mark < 0 ? url : url.slice(0, mark);
  const sourceIp = request.socket.remoteAddress?.replace(/^::ffff:/, '') ?? '127.0.0.1';
  const host = request.headers.host ?? '127.0.0.1';
  const forwarded: [string, string][] = [
    [
      'X-Amzn-Trace-Id',
      `Root=1-${Math.floor(receivedAt.getTime() / 1000).toString(16)}-${requestId.replaceAll('-', '').slice(0, 24)}`,
    ],
    ['X-Forwarded-For', sourceIp],
    ['X-Forwarded-Port', host.split(':')[1] ?? '80'],
    ['X-Forwarded-Proto', 'http'],
  ];
  const own = new Set([
    'connection',
    'keep-alive',
    'transfer-encoding',
    ...forwarded.map(([name]) => name.toLowerCase()),
  ]);
  return {
    requestId,
    httpMethod: request.method ?? 'GET',
    path: rawPath.slice(`/${stage}`.length) || '/',
    query: parseQuery(mark < 0 ? '' : url.slice(mark + 1)),
    headers: [...pairs(request.rawHeaders).filter(([name]) => !own.has(name.toLowerCase())), ...forwarded],
    body,
    sourceIp,
    receivedAt,
    protocol: `HTTP/${request.httpVersion}`,
  };
}

export function header(request: GatewayRequest, name: string): string | undefined {
  return request.headers.findLast(([candidate]) => candidate.toLowerCase() === name.toLowerCase())?.[1];
}

/** `*\/*`, `image/*` or a whole media type, against a header's media type. */
export function matchesMediaType(types: readonly string[], value: string | undefined): boolean {
  const [type = ''] = (value ?? '').split(/[;,]/, 1);
  const media = type.trim().toLowerCase();
  return types.some((pattern) => {
    if (pattern === '*/*') return true;
    return pattern.endsWith('/*')
      ? media.startsWith(pattern.slice(0, -1).toLowerCase())
      : media === pattern.toLowerCase();
  });
}

function single(entries: readonly (readonly [string, string])[]): Record<string, string> | null {
  return entries.length > 0 ? Object.fromEntries(entries) : null;
}

function multiple(entries: readonly (readonly [string, string])[]): Record<string, string[]> | null {
  const values: Record<string, string[]> = {};
  for (const [name, value] of entries) values[name] = [...(values[name] ?? []), value];
  return entries.length > 0 ? values : null;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Common Log Format's time: `20/Nov/2025:17:43:00 +0000`. */
function requestTime(at: Date): string {
  const [date = '', time = ''] = at.toISOString().split(/[T.]/);
  const [year, month, day] = date.split('-');
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${time} +0000`;
}

/** ARN of one method of the API, as policies and permissions name it. */
export function methodArn(api: ApiDefinition, httpMethod: string, path: string): string {
  return `arn:aws:execute-api:${api.region}:${api.accountId}:${api.id}/${api.stage}/${httpMethod}${path}`;
}

/** The event of a Lambda proxy integration (API Gateway developer guide, "Input format", REST API). */
export function createProxyEvent(
  api: ApiDefinition,
  request: GatewayRequest,
  { method, pathParameters }: Match,
  authorizer?: Readonly<Record<string, string | number>>,
): Record<string, unknown> {
  const binary = matchesMediaType(api.binaryMediaTypes, header(request, 'content-type'));
  const host = header(request, 'host') ?? '';
  return {
    resource: method.resourcePath,
    path: request.path,
    httpMethod: request.httpMethod,
    headers: single(request.headers),
    multiValueHeaders: multiple(request.headers),
    queryStringParameters: single(request.query),
    multiValueQueryStringParameters: multiple(request.query),
    pathParameters: Object.keys(pathParameters).length > 0 ? pathParameters : null,
    stageVariables: null,
    requestContext: {
      accountId: api.accountId,
      apiId: api.id,
      ...(authorizer && { authorizer }),
      deploymentId: 'local',
      domainName: host,
      domainPrefix: host.split('.')[0],
      extendedRequestId: request.requestId,
      httpMethod: request.httpMethod,
      identity: {
        accessKey: null,
        accountId: null,
        caller: null,
        cognitoAuthenticationProvider: null,
        cognitoAuthenticationType: null,
        cognitoIdentityId: null,
        cognitoIdentityPoolId: null,
        principalOrgId: null,
        sourceIp: request.sourceIp,
        user: null,
        userAgent: header(request, 'user-agent') ?? null,
        userArn: null,
      },
      path: `/${api.stage}${request.path}`,
      protocol: request.protocol,
      requestId: request.requestId,
      requestTime: requestTime(request.receivedAt),
      requestTimeEpoch: request.receivedAt.getTime(),
      resourceId: method.resourceId,
      resourcePath: method.resourcePath,
      stage: api.stage,
    },
    body: request.body.length === 0 ? null : request.body.toString(binary ? 'base64' : 'utf8'),
    isBase64Encoded: binary && request.body.length > 0,
  };
}
