import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type AuthEmulator, startAuthEmulator } from '../../local/auth-emulator.ts';
import { createDepartures } from '../../shared/adapters/departures.ts';
import { createIdentity, type Identity } from '../../shared/adapters/identity/accounts.ts';
import { createIdentityAdmin } from '../../shared/adapters/identity/admin.ts';
import {
  EmailTaken,
  IdentityUnavailable,
  InvalidEmail,
  InvalidToken,
  WeakPassword,
  WrongCredentials,
} from '../../shared/adapters/identity/errors.ts';
import { createAuthenticate, createSessionCheck, createSessions } from '../../shared/adapters/identity/sessions.ts';
import { createTokenVerifier } from '../../shared/adapters/identity/token-verifier.ts';
import { systemClock } from '../../shared/adapters/ids.ts';
import { createProfiles } from '../../shared/adapters/profiles.ts';
import { startWorld, TABLE, type World } from '../support/world.ts';

/** The whole life of a session against the official Firebase Auth emulator. */

const PROJECT = 'demo-shoebox';
let folder: string;
let emulator: AuthEmulator;
let world: World;
let identity: Identity;
let people = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shoebox-auth-'));
  [emulator, world] = await Promise.all([
    startAuthEmulator({
      projectId: PROJECT,
      accountsFile: join(folder, 'accounts.json'),
      env: { PATH: process.env.PATH ?? '' },
    }),
    startWorld(),
  ]);
  vi.stubEnv('FIREBASE_AUTH_EMULATOR_HOST', emulator.host);
  identity = createIdentity({ firebaseApiKey: '' });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await emulator.stop();
  await world.stop();
  await rm(folder, { recursive: true, force: true });
});

const person = () => {
  people += 1;
  return { email: `person-${people}@example.com`, password: 'correct horse battery' };
};

function stack() {
  const profiles = createProfiles(world.table, TABLE, systemClock);
  const assertSessionAlive = createSessionCheck({ profiles, clock: systemClock });
  const authenticate = createAuthenticate({
    verifier: createTokenVerifier({ projectId: PROJECT }),
    assertSessionAlive,
  });
  const departures = createDepartures(world.table, TABLE, systemClock);
  const admin = createIdentityAdmin({ projectId: PROJECT, serviceAccount: async () => '' });
  const warn = (message: string) => expect.fail(message);
  const deps = { identity, admin, profiles, departures, clock: systemClock, warn };
  return { authenticate, departures, admin, ...createSessions(deps) };
}

test('sign up, ask, refresh, log out, sign in again', async () => {
  const { signUp, signIn, refresh, logout, authenticate } = stack();
  const credentials = person();
  const created = await signUp({ ...credentials, name: 'Ada Lovelace' });
  expect(created).toMatchObject({ expires_in: 3600, user_id: expect.any(String) });

  const claims = await authenticate(`Bearer ${created.access_token}`);
  expect(claims).toMatchObject({ user_id: created.user_id, email: credentials.email, auth_time: created.auth_time });
  expect(await identity.lookup(created.access_token)).toMatchObject({
    user_id: created.user_id,
    email: credentials.email,
    name: 'Ada Lovelace',
    created_at: expect.stringMatching(/^\d{4}-.*Z$/),
  });

  const refreshed = await refresh(created.refresh_token);
  await expect(authenticate(`Bearer ${refreshed.access_token}`)).resolves.toMatchObject({ user_id: created.user_id });

  await logout(claims);
  await expect(authenticate(`Bearer ${created.access_token}`)).rejects.toThrow(InvalidToken);
  await expect(authenticate(`Bearer ${refreshed.access_token}`)).rejects.toThrow(InvalidToken);
  await expect(refresh(refreshed.refresh_token)).rejects.toThrow(InvalidToken);

  // At once: the second of the logout is not over yet.
  const again = await signIn(credentials);
  await expect(authenticate(`Bearer ${again.access_token}`)).resolves.toMatchObject({ user_id: created.user_id });
});

describe('a service account', () => {
  test('deletes an account; one that is gone already is no error', async () => {
    const { admin } = stack();
    const credentials = person();
    const { user_id } = await identity.signUp(credentials);
    expect(await admin.remove(user_id)).toBe(true);
    expect(await admin.remove(user_id)).toBe(true);
    await expect(identity.signIn(credentials)).rejects.toThrow(WrongCredentials);
  });

  test('where there is none nothing is done; one that cannot be used is an error that does not repeat it', async () => {
    vi.stubEnv('FIREBASE_AUTH_EMULATOR_HOST', undefined);
    const admin = (key: string) => createIdentityAdmin({ projectId: PROJECT, serviceAccount: async () => key });
    expect(await admin('').remove('somebody')).toBe(false);
    expect(await admin('').endSessions('somebody')).toBe(false);
    const key = JSON.stringify({ project_id: PROJECT, client_email: 'a@b.c', private_key: 'very secret' });
    const error = await admin(key)
      .remove('somebody')
      .catch((thrown: unknown) => thrown);
    vi.stubEnv('FIREBASE_AUTH_EMULATOR_HOST', emulator.host);
    expect(error).toBeInstanceOf(IdentityUnavailable);
    expect(inspect(error)).not.toMatch(/very secret|somebody/);
  });

  test('an account deletes itself with its own token; one that is gone already is no error', async () => {
    const credentials = person();
    const { access_token } = await identity.signUp(credentials);
    await identity.remove(access_token);
    await identity.remove(access_token);
    await expect(identity.signIn(credentials)).rejects.toThrow(WrongCredentials);
  });
});

describe('refused', () => {
  test('a known address', async () => {
    const credentials = person();
    await identity.signUp(credentials);
    await expect(identity.signUp({ ...credentials, password: 'another password' })).rejects.toThrow(EmailTaken);
  });

  test('a wrong password and an unknown address', async () => {
    const credentials = person();
    await identity.signUp(credentials);
    await expect(identity.signIn({ ...credentials, password: 'wrong' })).rejects.toThrow(WrongCredentials);
    await expect(identity.signIn(person())).rejects.toThrow(WrongCredentials);
  });

  test('a short password and an address that is none', async () => {
    await expect(identity.signUp({ ...person(), password: '12345' })).rejects.toThrow(WeakPassword);
    await expect(identity.signUp({ ...person(), email: 'nobody' })).rejects.toThrow(InvalidEmail);
  });

  test('a refresh token and an access token that nobody issued', async () => {
    await expect(identity.refresh('nonsense')).rejects.toThrow(InvalidToken);
    await expect(identity.lookup('nonsense')).rejects.toThrow(InvalidToken);
  });

  test('the emulator’s token, by a verifier of another project', async () => {
    const { access_token } = await identity.signUp(person());
    const { verify } = createTokenVerifier({ projectId: 'another-project' });
    await expect(verify(access_token)).rejects.toThrow(InvalidToken);
  });

  test('the emulator’s token, in production', async () => {
    const { access_token } = await identity.signUp(person());
    vi.stubEnv('FIREBASE_AUTH_EMULATOR_HOST', undefined);
    const { verify } = createTokenVerifier({ projectId: PROJECT });
    await expect(verify(access_token)).rejects.toThrow(InvalidToken);
    vi.stubEnv('FIREBASE_AUTH_EMULATOR_HOST', emulator.host);
  });
});
