import { afterAll, beforeAll, expect, test } from 'vitest';
import { createProfiles } from '../../shared/adapters/profiles.ts';
import { TABLE } from '../support/world.ts';
import { type Api, startApi } from './api.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const seconds = () => Math.floor(Date.now() / 1000);

test('a session is what the authorizer says it is', async () => {
  const exp = seconds() + 100;
  const answer = await api.call('GET', '/auth/verify', { as: 'ada', authorizer: { exp: String(exp) } });
  expect(answer.status).toBe(200);
  expect(answer.json()).toEqual({ valid: true, user_id: 'ada', expires_at: new Date(exp * 1000).toISOString() });
});

test('a token that expired while the authorizer’s answer was cached is refused', async () => {
  const authorizer = { exp: String(seconds() - 1) };
  expect((await api.call('GET', '/auth/verify', { as: 'ada', authorizer })).status).toBe(401);
});

test('a logout ends every session begun before it, at once, and nobody else’s', async () => {
  expect((await api.call('POST', '/auth/logout', { as: 'bob' })).status).toBe(204);
  expect((await api.call('GET', '/images', { as: 'bob' })).status).toBe(401);
  expect((await api.call('POST', '/images/uploads', { as: 'bob', body: {} })).status).toBe(401);
  expect((await api.call('GET', '/images', { as: 'eve' })).status).toBe(200);

  const profile = await createProfiles(api.world.table, TABLE, () => new Date()).get('bob');
  const authorizer = { auth_time: String(profile?.tokens_valid_after) };
  expect((await api.call('GET', '/images', { as: 'bob', authorizer })).status).toBe(200);
});
