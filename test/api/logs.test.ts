import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { hashUserId } from '../../shared/lambda/logger.ts';
import { REQUEST_ID } from '../support/gateway-event.ts';
import { type Api, multipart, startApi } from './api.ts';

let api: Api;
const lines: string[] = [];
beforeAll(async () => {
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((chunk) => {
      lines.push(String(chunk));
      return true;
    });
  }
  api = await startApi({ LOG_LEVEL: 'DEBUG' });
});
afterAll(async () => {
  vi.restoreAllMocks();
  await api.stop();
});

test('every request leaves one line with its ids, and nothing a person wrote', async () => {
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const secrets = ['hunter2hunter2', 'grace@example.org', 'grace-in-rome.jpg', 'tok.en.value', 'Grace'];
  const [password, email, filename, token, name] = secrets;
  const upload = multipart([{ name: 'files', filename: filename ?? '', content: 'x' }]);
  const headers = { Authorization: `Bearer ${token}` };
  const calls: [string, string, Parameters<Api['call']>[2], string][] = [
    ['POST', '/auth/signup', { body: { email, password, name } }, '503'],
    ['POST', '/auth/signup', { body: { email, password, name, x: 1 } }, '422'],
    [
      'POST',
      '/auth/signup',
      { body: `{"password":"${password}"`, headers: { 'Content-Type': 'application/json' } },
      '400',
    ],
    ['POST', '/auth/token', { body: `username=${email}&password=${password}`, headers: form }, '503'],
    ['POST', '/auth/refresh', { body: { refresh_token: token } }, '503'],
    ['GET', '/auth/me', { as: 'grace', headers }, '503'],
    ['POST', '/images/upload', { as: 'grace', body: upload.body, headers: { ...upload.headers, ...headers } }, '202'],
    ['POST', '/images/upload', { as: 'grace', body: upload.body.subarray(0, -9), headers: upload.headers }, '400'],
    ['GET', '/images', { as: 'grace', headers }, '200'],
  ];
  const answers: string[] = [];
  for (const [method, path, call] of calls) answers.push(String((await api.call(method, path, call)).status));
  vi.restoreAllMocks();
  expect(answers).toEqual(calls.map(([, , , status]) => status));

  const logged = lines
    .join('')
    .split('\n')
    .filter((line) => line.startsWith('{'));
  const requests = logged.map((line) => JSON.parse(line)).filter((line) => 'route' in line);
  expect(requests.map(({ status }) => String(status))).toEqual(answers);
  expect(requests.every((line) => line.api_request_id === REQUEST_ID)).toBe(true);
  expect(requests.at(-1)).toMatchObject({ user: hashUserId('grace'), service: 'api' });
  const everything = logged.join('\n');
  for (const secret of secrets) expect(everything).not.toContain(secret);
});
