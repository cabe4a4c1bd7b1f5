import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Problem } from '../../shared/contract/schemas.ts';
import { type Call, REQUEST_ID } from '../support/gateway-event.ts';
import { type Api, ORIGIN, startApi } from './api.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const file = { filename: 'a.jpg', content_type: 'image/jpeg', bytes: 3 };
const as = 'ada';
const uploads = (body: Call['body'], headers = {}): [string, string, Call] => [
  'POST',
  '/images/uploads',
  { as, body, headers },
];
const form = { 'Content-Type': 'application/x-www-form-urlencoded' };

describe('what cannot be answered', () => {
  test.each<[string, number, [string, string, Call?]]>([
    ['an unknown route', 404, ['GET', '/nope']],
    ['an unknown method', 405, ['PUT', '/images']],
    ['no session', 401, ['GET', '/images']],
    ['a session without its times', 401, ['GET', '/images', { as, authorizer: { auth_time: 'x', exp: '' } }]],
    ['no JSON', 400, uploads('{"files": [', { 'Content-Type': 'application/json' })],
    ['a forbidden key', 400, uploads('{"__proto__": {}}', { 'Content-Type': 'application/json' })],
    ['JSON under another name', 415, uploads('{}', { 'Content-Type': 'text/plain' })],
    ['a form where JSON is due', 415, uploads('files=1', form)],
    ['JSON where a form is due', 415, ['POST', '/auth/token', { body: { username: 'a@example.org' } }]],
    ['a megabyte of JSON', 413, uploads({ files: [file], pad: 'x'.repeat(1024 * 1024) })],
    ['no multipart', 415, ['POST', '/images/upload', { as, body: { files: [] } }]],
  ])('%s', async (_, status, [method, path, call]) => {
    const answer = await api.call(method, path, call);
    expect(answer.status).toBe(status);
    const body = answer.json<Problem>();
    expect(body).toMatchObject({ status, request_id: REQUEST_ID });
    expect(body.detail).not.toBe('');
    expect(answer.headers['Cache-Control']).toBe('no-store');
  });

  test('401 says how to sign in, 405 what else there is', async () => {
    expect((await api.call('GET', '/images')).headers['WWW-Authenticate']).toBe('Bearer');
    expect((await api.call('DELETE', '/images')).headers.Allow).toBe('GET, HEAD');
  });
});

describe('what is named when a request is invalid', () => {
  test.each<[string, [string, string, Call], { path: string; expected?: string; received?: string }[]]>([
    ['no body', uploads(undefined), [{ path: 'files', expected: 'a list', received: 'nothing' }]],
    ['no files', uploads({ files: [] }), [{ path: 'files', expected: 'at least 1 entries' }]],
    [
      'too many files',
      uploads({ files: Array(101).fill(file) }),
      [{ path: 'files', received: 'a list of 101 entries' }],
    ],
    [
      'every field at once',
      uploads({ files: [file, { ...file, filename: 7, content_type: 'jpeg', bytes: 1e9, sha256: 'AB', x: 1 }], y: {} }),
      [
        { path: 'files[1].filename', expected: 'a string', received: '7' },
        { path: 'files[1].content_type', received: '"jpeg"' },
        { path: 'files[1].bytes', expected: 'at most 52428800', received: '1000000000' },
        { path: 'files[1].sha256', expected: '64 lower-case hex digits', received: '"AB"' },
        { path: 'files[1].x', expected: 'no field of this name', received: '1' },
        { path: 'y', expected: 'no field of this name', received: 'an object' },
      ],
    ],
    ['a fraction', uploads({ files: [{ ...file, bytes: 1.5 }] }), [{ path: 'files[0].bytes', received: '1.5' }]],
    [
      'the wrong query',
      ['GET', '/images', { as, query: { limit: '101', status: 'gone', colour: '2', cursor: '../x' } }],
      [
        { path: 'limit', expected: 'at most 100', received: '"101"' },
        { path: 'cursor', expected: 'a next_cursor as the API gave it', received: '"../x"' },
        { path: 'status' },
        { path: 'colour', expected: 'no field of this name', received: '"2"' },
      ],
    ],
    ['a repeated value', ['GET', '/images', { as, query: { limit: ['1', '2'] } }], [{ path: 'limit' }]],
    ['a query nobody reads', ['GET', '/auth/verify', { as, query: { x: '1' } }], [{ path: 'x' }]],
    ['an id that is none', ['GET', '/images/..%2f', { as }], [{ path: 'image_id', received: '"..%2f"' }]],
    ['an id that is none', ['DELETE', '/images/1', { as }], [{ path: 'image_id' }]],
    ['an id that is none', ['GET', '/jobs/1', { as }], [{ path: 'job_id' }]],
    ['an id that is none', ['GET', '/images/clusters/1', { as }], [{ path: 'cluster_id' }]],
    ['k', ['POST', '/images/cluster', { as, body: { k: 0 } }], [{ path: 'k', expected: 'at least 1' }]],
    [
      'k in words',
      ['POST', '/images/cluster', { as, body: { k: 'x' } }],
      [{ path: 'k', expected: 'a number or "auto"' }],
    ],
    [
      'the kind of a thing, left out',
      ['POST', '/albums', { as, body: { name: 'Lisbon' } }],
      [{ path: 'kind', expected: 'one of manual, smart', received: 'nothing' }],
    ],
    [
      'a password, without repeating it',
      ['POST', '/auth/signup', { body: { email: 'ada', password: 'a1b2' } }],
      [
        { path: 'email', expected: 'an e-mail address', received: '"ada"' },
        { path: 'password', expected: 'at least 6 characters', received: 'a string of 4 characters' },
      ],
    ],
    ['a login', ['POST', '/auth/login', { body: {} }], [{ path: 'username' }, { path: 'password' }]],
    [
      'a form',
      ['POST', '/auth/token', { body: 'username=a', headers: form }],
      [{ path: 'username' }, { path: 'password' }],
    ],
  ])('%s', async (_, [method, path, call], errors) => {
    const answer = await api.call(method, path, call);
    expect(answer.status).toBe(422);
    const body = answer.json<Problem>();
    expect(body.errors).toHaveLength(errors.length);
    expect(body.errors).toMatchObject(errors);
  });

  test('long values and names come back shortened', async () => {
    const { errors } = (
      await api.call(...uploads({ ['x'.repeat(5000)]: 'y'.repeat(5000), files: [file] }))
    ).json<Problem>();
    expect(errors?.[0]).toMatchObject({ received: 'a string of 5000 characters' });
    expect(errors?.[0]?.path.length).toBeLessThanOrEqual(100);
  });
});

describe('what every answer carries', () => {
  test.each([
    ['an answer', 'GET', '/health', 200],
    ['a problem', 'GET', '/images', 401],
  ])('%s: request id, security headers, CORS for the configured origin', async (_, method, path, status) => {
    const answer = await api.call(method, path, { headers: { origin: ORIGIN } });
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject({
      'X-Request-Id': REQUEST_ID,
      'X-Content-Type-Options': 'nosniff',
      'X-Frame-Options': 'DENY',
      'Strict-Transport-Security': 'max-age=31536000',
      'Access-Control-Allow-Origin': ORIGIN,
      Vary: 'Origin',
    });
    expect(answer.headers['Content-Security-Policy']).toContain("default-src 'none'");
    expect(answer.headers['Access-Control-Allow-Credentials']).toBeUndefined();
  });

  test.each(['https://photos.example.org.evil.example', 'http://photos.example.org', 'null', '*'])(
    'no CORS for %s',
    async (origin) => {
      for (const method of ['GET', 'OPTIONS']) {
        const { headers } = await api.call(method, '/health', { headers: { Origin: origin } });
        expect(headers['Access-Control-Allow-Origin']).toBeUndefined();
      }
    },
  );

  test('a preflight is answered without a session', async () => {
    const headers = { Origin: ORIGIN, 'Access-Control-Request-Method': 'DELETE' };
    const answer = await api.call('OPTIONS', '/images/some-id', { headers });
    expect(answer.status).toBe(204);
    expect(answer.headers['Access-Control-Allow-Origin']).toBe(ORIGIN);
    expect(answer.headers['Access-Control-Allow-Methods']).toContain('DELETE');
    expect(answer.headers['Access-Control-Allow-Headers']).toContain('Authorization');
  });

  test('HEAD is GET without its body', async () => {
    const answer = await api.call('HEAD', '/images', { as });
    expect(answer).toMatchObject({ status: 200, text: '' });
    expect(answer.headers['Content-Type']).toBe('application/json');
  });
});

describe('what goes wrong behind the API', () => {
  test('an identity service that does not answer is 503, worth trying again', async () => {
    const answer = await api.call('POST', '/auth/login', { body: { email: 'ada@example.org', password: 'secret' } });
    expect(answer.status).toBe(503);
    expect(answer.headers['Retry-After']).toBe('5');
  });

  test('a function that runs out of time says so before the gateway does', async () => {
    const answer = await api.call('POST', '/images/cluster', { as, headers: { prefer: 'wait=20' }, remainingMs: 600 });
    expect(answer.status).toBe(503);
    expect(answer.json<Problem>().detail).toContain('took too long');
  });
});
