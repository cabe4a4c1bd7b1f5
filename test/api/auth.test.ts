import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuthEmulator, startAuthEmulator } from '../../local/auth-emulator.ts';
import type { Problem, Tokens } from '../../shared/contract/schemas.ts';
import { type Api, startApi } from './api.ts';

let api: Api;
let emulator: AuthEmulator;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shoebox-auth-'));
  const env = { PATH: process.env.PATH ?? '', HOME: folder };
  emulator = await startAuthEmulator({ projectId: 'demo-shoebox', accountsFile: join(folder, 'accounts.json'), env });
  api = await startApi({ FIREBASE_AUTH_EMULATOR_HOST: emulator.host });
});
afterAll(async () => {
  await api.stop();
  await emulator.stop();
  await rm(folder, { recursive: true, force: true });
});

const account = { email: 'ada@example.org', password: 'correct horse' };
const formType = { 'Content-Type': 'application/x-www-form-urlencoded' };
const form = (fields: Record<string, string>) => ({ body: new URLSearchParams(fields).toString(), headers: formType });

/** How the authorizer would pass this token's bearer on. */
function bearer({ access_token }: Tokens) {
  const claims = JSON.parse(Buffer.from(access_token.split('.')[1] ?? '', 'base64url').toString());
  const authorizer = { auth_time: String(claims.auth_time), exp: String(claims.exp) };
  return { as: claims.sub as string, authorizer, headers: { Authorization: `Bearer ${access_token}` } };
}

describe('accounts', () => {
  test('signing up signs in; the address is then taken', async () => {
    const answer = await api.call('POST', '/auth/signup', { body: { ...account, name: ' Ada ' } });
    expect(answer.status).toBe(201);
    expect(answer.json()).toMatchObject({ token_type: 'bearer', expires_in: 3600 });
    expect(answer.headers['Cache-Control']).toBe('no-store');
    const again = await api.call('POST', '/auth/signup', { body: account });
    expect(again.status).toBe(409);

    const me = await api.call('GET', '/auth/me', bearer(answer.json<Tokens>()));
    expect(me.json()).toMatchObject({ email: account.email, name: 'Ada', created_at: expect.any(String) });
  });

  test.each<[string, string, object]>([
    [
      'a form, as OAuth2 clients send it',
      '/auth/token',
      form({ grant_type: 'password', scope: '', username: account.email, password: account.password }),
    ],
    ['a form at the older path', '/auth/login', form({ username: account.email, password: account.password })],
    ['JSON at the older path', '/auth/login', { body: account }],
  ])('sign in by %s', async (_, path, call) => {
    const answer = await api.call('POST', path, call);
    expect(answer.status).toBe(200);
    expect(answer.headers.Link).toBe(
      path === '/auth/login' ? '</api/v1/auth/token>; rel="successor-version"' : undefined,
    );
    const verified = await api.call('GET', '/auth/verify', bearer(answer.json<Tokens>()));
    expect(verified.json()).toMatchObject({ valid: true, user_id: bearer(answer.json<Tokens>()).as });
  });

  test('a wrong password and an unknown address read the same', async () => {
    const wrong = await api.call('POST', '/auth/token', form({ username: account.email, password: 'wrong' }));
    const unknown = await api.call('POST', '/auth/token', form({ username: 'eve@example.org', password: 'wrong' }));
    expect(wrong.status).toBe(401);
    expect(unknown).toEqual({ ...wrong, json: expect.anything() });
  });

  test('a refreshed token serves; one that was never given does not', async () => {
    const { refresh_token } = (await api.call('POST', '/auth/login', { body: account })).json<Tokens>();
    const refreshed = await api.call('POST', '/auth/refresh', { body: { refresh_token } });
    expect(refreshed.status).toBe(200);
    expect((await api.call('GET', '/images', bearer(refreshed.json<Tokens>()))).status).toBe(200);
    const forged = await api.call('POST', '/auth/refresh', { body: { refresh_token: 'forged' } });
    expect(forged.status).toBe(401);
    expect(forged.json<Problem>().detail).not.toContain('forged');
  });

  test('after a logout neither token nor refresh token serve; signing in anew does', async () => {
    const before = (await api.call('POST', '/auth/login', { body: account })).json<Tokens>();
    expect((await api.call('POST', '/auth/logout', bearer(before))).status).toBe(204);
    expect((await api.call('GET', '/auth/me', bearer(before))).status).toBe(401);
    const { refresh_token } = before;
    expect((await api.call('POST', '/auth/refresh', { body: { refresh_token } })).status).toBe(401);

    const after = await api.call('POST', '/auth/login', { body: account });
    expect(after.status).toBe(200);
    expect((await api.call('GET', '/auth/me', bearer(after.json<Tokens>()))).status).toBe(200);
  });
});
