import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readFunctions } from '../../local/functions.ts';
import { readApi } from '../../local/gateway/api.ts';
import { type GatewayServer, startGateway } from '../../local/gateway.ts';
import { openLog } from '../../local/lambda/log.ts';
import { type LambdaHost, startLambdaHost } from '../../local/lambda-host.ts';
import { readPermissions } from '../../local/permissions.ts';
import { createScope } from '../../local/physical-ids.ts';
import { loadTemplate } from '../../local/template.ts';
import { synthesizeFixture } from './fixtures/app.ts';

const folder = mkdtempSync(join(tmpdir(), 'shoebox-gateway-'));
let now = Date.parse('2025-11-20T12:00:00Z');
let host: LambdaHost;
let server: GatewayServer;
let origin: string;

beforeAll(async () => {
  synthesizeFixture(join(folder, 'cdk.out'));
  const template = loadTemplate(join(folder, 'cdk.out'));
  const scope = createScope(template, {
    region: 'eu-central-1',
    accountId: '000000000000',
    sqsEndpoint: 'http://sqs.test',
  });
  const functions = readFunctions(template, scope);
  host = startLambdaHost({
    functions,
    hostEnvironment: { NODE_COMPILE_CACHE: join(folder, 'cache') },
    logDir: join(folder, 'logs'),
  });
  server = await startGateway(0);
  origin = `http://127.0.0.1:${server.port}`;
  server.serve({
    api: readApi(template, scope),
    host,
    permissions: readPermissions(template, scope),
    functionNames: new Map(functions.map(({ arn, name }) => [arn, name])),
    log: openLog(folder, 'gateway', () => new Date()),
    clock: () => new Date(now),
  });
});

afterAll(async () => {
  await server.stop();
  await host.stop();
  rmSync(folder, { recursive: true, force: true });
});

const get = (path: string, init: RequestInit = {}) => fetch(`${origin}${path}`, init);

/** What the echoing function was given. */
async function eventOf(response: Response) {
  expect(response.status).toBe(200);
  return response.json() as Promise<Record<string, never> & { headers: Record<string, string> }>;
}

/** A request whose answer the test chooses. */
const answering = (answer: unknown, headers: Record<string, string> = {}) =>
  get('/api/v1/images', {
    headers: { 'X-Answer': typeof answer === 'string' ? answer : JSON.stringify(answer), ...headers },
  });

describe('routes', () => {
  test.each([
    ['a literal part', 'GET', '/api/v1/images', '/v1/images', null],
    ['a parameter', 'GET', '/api/v1/images/0196', '/v1/images/{image_id}', { image_id: '0196' }],
    ['a literal part before a parameter', 'GET', '/api/v1/images/clusters', '/v1/images/clusters', null],
    [
      'two parameters',
      'GET',
      '/api/v1/images/7/original',
      '/v1/images/{image_id}/{kind}',
      { image_id: '7', kind: 'original' },
    ],
    [
      'a parameter below a literal that leads nowhere',
      'GET',
      '/api/v1/images/clusters/x',
      '/v1/images/{image_id}/{kind}',
      { image_id: 'clusters', kind: 'x' },
    ],
    ['a greedy parameter', 'DELETE', '/api/v1/files/a/b/c', '/v1/files/{proxy+}', { proxy: 'a/b/c' }],
    [
      'a parameter, which stays encoded',
      'GET',
      '/api/v1/images/a%2Fb%20c',
      '/v1/images/{image_id}',
      { image_id: 'a%2Fb%20c' },
    ],
  ])('by %s', async (_, method, path, resource, pathParameters) => {
    const event = await eventOf(await get(path, { method }));
    expect(event).toMatchObject({ resource, pathParameters, httpMethod: method });
  });

  test.each([
    ['GET', '/api/v1/nothing'],
    ['PATCH', '/api/v1/images'],
    ['GET', '/api/v2/images'],
    ['GET', '/v1/images'],
    ['GET', '/apiv1/images'],
  ])('not: %s %s is answered as the template shapes it', async (method, path) => {
    const response = await get(path, { method });
    expect(response.status).toBe(404);
    const body = (await response.json()) as Record<string, string>;
    expect(body).toMatchObject({ title: 'Not Found', detail: 'Missing Authentication Token' });
    expect(body.request_id).toBe(response.headers.get('x-amzn-requestid'));
  });
});

describe('the event', () => {
  test('holds query, headers and context as REST APIs send them', async () => {
    const event = await eventOf(
      await get('/api/v1/images?tag=a%20b&tag=c+d&empty=&flag', {
        headers: { 'X-Mixed-Case': 'Yes', 'User-Agent': 'tests' },
      }),
    );
    expect(event).toMatchObject({
      path: '/v1/images',
      queryStringParameters: { tag: 'c d', empty: '', flag: '' },
      multiValueQueryStringParameters: { tag: ['a b', 'c d'], empty: [''], flag: [''] },
      stageVariables: null,
      body: null,
      isBase64Encoded: false,
      requestContext: {
        path: '/api/v1/images',
        stage: 'api',
        httpMethod: 'GET',
        resourcePath: '/v1/images',
        requestTime: '20/Nov/2025:12:00:00 +0000',
        requestTimeEpoch: now,
        identity: { sourceIp: '127.0.0.1', userAgent: 'tests' },
      },
    });
    expect(event.headers).toMatchObject({ 'X-Forwarded-Proto': 'http', 'X-Forwarded-For': '127.0.0.1' });
    expect(event.headers).not.toHaveProperty('connection');
    const { multiValueHeaders } = event as unknown as { multiValueHeaders: Record<string, string[]> };
    expect(multiValueHeaders['x-mixed-case'] ?? multiValueHeaders['X-Mixed-Case']).toEqual(['Yes']);
  });

  test('has text bodies as text and binary media types as base64', async () => {
    const text = await eventOf(
      await get('/api/v1/images', { method: 'POST', body: 'grün', headers: { 'content-type': 'text/plain' } }),
    );
    expect(text).toMatchObject({ body: 'grün', isBase64Encoded: false });
    const bytes = Buffer.from([0, 255, 128]);
    const binary = await eventOf(
      await get('/api/v1/images', { method: 'POST', body: bytes, headers: { 'content-type': 'image/png; q=1' } }),
    );
    expect(binary).toMatchObject({ body: bytes.toString('base64'), isBase64Encoded: true });
  });

  test('above 6 MB, and a request above 10 MB, is a 413', async () => {
    for (const megabytes of [7, 11]) {
      const response = await get('/api/v1/images', { method: 'POST', body: 'x'.repeat(megabytes * 1024 * 1024) });
      expect(response.status).toBe(413);
      expect(await response.json()).toMatchObject({ title: 'REQUEST_TOO_LARGE', detail: 'Request Too Long' });
    }
  });
});

describe('the answer of a function', () => {
  test('reaches the client with its status, its headers and their repetitions', async () => {
    const response = await answering({
      statusCode: 201,
      headers: { Location: '/x', 'X-One': 'single', 'WWW-Authenticate': 'Bearer' },
      multiValueHeaders: { 'Set-Cookie': ['a=1', 'b=2'], 'X-One': ['several'] },
      body: 'made',
    });
    expect(response.status).toBe(201);
    expect(response.headers.get('location')).toBe('/x');
    expect(response.headers.get('x-one')).toBe('several');
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    // API Gateway keeps this name for itself.
    expect(response.headers.get('www-authenticate')).toBeNull();
    expect(response.headers.get('x-amzn-remapped-www-authenticate')).toBe('Bearer');
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.text()).toBe('made');
  });

  test('becomes bytes for a client that accepts a binary type, and stays base64 for others', async () => {
    const answer = { statusCode: 200, body: Buffer.from('bytes').toString('base64'), isBase64Encoded: true };
    expect(await (await answering(answer, { accept: 'image/png' })).text()).toBe('bytes');
    expect(await (await answering(answer, { accept: 'application/json' })).text()).toBe(answer.body);
  });

  test.each([
    ['throws', 'throw'],
    ['answers nothing', 'null'],
    ['answers no status', { body: 'x' }],
    ['answers a body that is no text', { statusCode: 200, body: { a: 1 } }],
    ['answers an impossible status', { statusCode: 99 }],
  ])('that %s is a 502 which tells nothing', async (_, answer) => {
    const response = await answering(answer);
    expect(response.status).toBe(502);
    expect(await response.json()).toEqual({ message: 'Internal server error' });
  });

  test('that comes too late is a 504', async () => {
    const response = await answering('hang');
    expect(response.status).toBe(504);
    expect(await response.json()).toEqual({ message: 'Endpoint request timed out' });
  });
});

describe('the authorizer', () => {
  const as = (word: string, path = '/api/v1/me') => get(path, { headers: { Authorization: `Bearer ${word}` } });

  test('lets a user in and hands its context on as text', async () => {
    const event = await eventOf(await as('ada'));
    expect(event.requestContext).toMatchObject({ authorizer: { principalId: 'ada', user_id: 'ada', admin: 'false' } });
  });

  test('is asked once per token within its time to live, and again after it', async () => {
    const count = async (path: string) => {
      const event = (await eventOf(await as('bob', path))) as unknown as {
        requestContext: { authorizer: { authorizations: string } };
      };
      return event.requestContext.authorizer.authorizations;
    };
    const first = await count('/api/v1/me');
    expect(await count('/api/v1/mine')).toBe(first);
    now += 301_000;
    expect(await count('/api/v1/me')).not.toBe(first);
  });

  test.each([
    ['a missing header', undefined, 401, { title: 'UNAUTHORIZED', detail: 'Unauthorized' }],
    ['an error worded Unauthorized', 'unknown', 401, { detail: 'Unauthorized' }],
    ['a denying policy', 'denied', 403, { title: 'ACCESS_DENIED', detail: expect.stringContaining('explicit deny') }],
    ['any other error', 'broken', 500, { message: 'Internal server error' }],
    ['an answer of another shape', 'shapeless', 500, { message: 'Internal server error' }],
  ])('makes of %s what API Gateway makes of it', async (_, word, status, body) => {
    const response = await (word === undefined ? get('/api/v1/me') : as(word));
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject(body);
    if (status < 500) {
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
      expect(response.headers.get('content-type')).toBe('application/problem+json');
    }
  });

  test('that allows one method only denies the next from its cache', async () => {
    expect((await as('narrow', '/api/v1/me')).status).toBe(200);
    expect((await as('narrow', '/api/v1/mine')).status).toBe(403);
  });
});

describe('a streamed answer', () => {
  test('arrives whole, with its metadata', async () => {
    const response = await get('/api/v1/media');
    expect(response.status).toBe(206);
    expect(response.headers.get('content-type')).toBe('image/webp');
    expect(response.headers.get('content-length')).toBe('300000');
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(Buffer.from(await response.arrayBuffer()).subarray(-1)[0]).toBe(2);
  });

  test.each(['formless', 'fail'])('that begins wrongly (%s) is a 502', async (what) => {
    const response = await get(`/api/v1/media?do=${what}`);
    expect(response.status).toBe(502);
    expect(await response.json()).toEqual({ message: 'Internal server error' });
  });

  test('that breaks half-way breaks the connection', async () => {
    const response = await get('/api/v1/media?do=break');
    expect(response.status).toBe(206);
    await expect(response.arrayBuffer()).rejects.toThrow();
  });
});

test('a preflight is answered by the gateway, with the origin that asked if it is allowed', async () => {
  const preflight = (origin: string) =>
    get('/api/v1/images', { method: 'OPTIONS', headers: { Origin: origin, 'Access-Control-Request-Method': 'GET' } });
  const one = await preflight('https://one.example');
  expect(one.status).toBe(204);
  expect(one.headers.get('access-control-allow-headers')).toBe('Authorization');
  expect(one.headers.get('access-control-allow-origin')).toBe('https://one.example');
  expect((await preflight('https://two.example')).headers.get('access-control-allow-origin')).toBe(
    'https://two.example',
  );
  expect((await preflight('https://evil.example')).headers.get('access-control-allow-origin')).toBe(
    'https://one.example',
  );
});

test('a method above its rate is a 429 until tokens come back', async () => {
  const statuses = async () => (await get('/api/v1/rare')).status;
  expect([await statuses(), await statuses(), await statuses()]).toEqual([200, 200, 429]);
  now += 1000;
  expect([await statuses(), await statuses()]).toEqual([200, 429]);
});

test('a function whose policy does not let the API in is a 500', async () => {
  const response = await get('/api/v1/forbidden');
  expect(response.status).toBe(500);
  expect(await response.json()).toEqual({ message: 'Internal server error' });
});

test('header names reach the function as the client wrote them', async () => {
  const text = await new Promise<string>((resolve, reject) => {
    const request = httpRequest(`${origin}/api/v1/images`, { headers: { 'x-LoUd': '1' } }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part) => {
        body += part;
      });
      response.on('end', () => resolve(body));
    });
    request.on('error', reject);
    request.end();
  });
  expect(JSON.parse(text).headers).toHaveProperty('x-LoUd', '1');
});

test('requests are logged with the reason the client was not told', async () => {
  await answering('throw');
  const lines = readFileSync(join(folder, 'gateway.log'), 'utf8').trim().split('\n');
  expect(lines.some((line) => line.includes('secret detail'))).toBe(true);
});
