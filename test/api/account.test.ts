import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DeleteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Deps } from '../../functions/api/deps.ts';
import { createLink } from '../../functions/api/links/create-link.ts';
import { type AuthEmulator, startAuthEmulator } from '../../local/auth-emulator.ts';
import { createAlbums } from '../../shared/adapters/albums.ts';
import { createDepartures } from '../../shared/adapters/departures.ts';
import { systemClock } from '../../shared/adapters/ids.ts';
import { createJobs } from '../../shared/adapters/jobs.ts';
import { createLinks, type Links } from '../../shared/adapters/links.ts';
import { createObjects } from '../../shared/adapters/objects.ts';
import { createProfiles } from '../../shared/adapters/profiles.ts';
import type { DownloadResult, JobView, Problem, Tokens } from '../../shared/contract/schemas.ts';
import type { Album } from '../../shared/domain/albums/album.ts';
import { accountKey } from '../../shared/domain/object-keys.ts';
import { Unauthorized } from '../../shared/lambda/http/problems.ts';
import type { RequestOf } from '../../shared/lambda/http/use-case.ts';
import { imageId } from '../support/records.ts';
import { BUCKET, TABLE } from '../support/world.ts';
import { type Api, startApi } from './api.ts';

let api: Api;
let emulator: AuthEmulator;
let folder: string;
let people = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'shoebox-account-'));
  const env = { PATH: process.env.PATH ?? '', HOME: folder };
  emulator = await startAuthEmulator({ projectId: 'demo-shoebox', accountsFile: join(folder, 'accounts.json'), env });
  api = await startApi({ FIREBASE_AUTH_EMULATOR_HOST: emulator.host });
  const endpoint = api.world.aws.endpoints.secretsmanager;
  const secrets = new SecretsManagerClient({
    region: 'eu-central-1',
    endpoint,
    credentials: api.world.aws.credentials,
  });
  await secrets.send(
    new CreateSecretCommand({ Name: 'shoebox', SecretString: JSON.stringify({ url_signing_key: 'k'.repeat(40) }) }),
  );
  secrets.destroy();
});
afterAll(async () => {
  await api.stop();
  await emulator.stop();
  await rm(folder, { recursive: true, force: true });
});

const claimsOf = ({ access_token }: Tokens) =>
  JSON.parse(Buffer.from(access_token.split('.')[1] ?? '', 'base64url').toString());
/** How the authorizer would pass this token's bearer on. */
function bearer(tokens: Tokens, changes: Record<string, string> = {}) {
  const { sub, auth_time, exp } = claimsOf(tokens);
  const headers = { Authorization: `Bearer ${tokens.access_token}` };
  return { as: sub as string, authorizer: { auth_time: String(auth_time), exp: String(exp), ...changes }, headers };
}

async function person() {
  people += 1;
  const account = { email: `person-${people}@example.org`, password: 'correct horse' };
  const tokens = (await api.call('POST', '/auth/signup', { body: account })).json<Tokens>();
  return { account, tokens, id: claimsOf(tokens).sub as string };
}
/** The accounts the emulator knows. */
async function accounts() {
  const path = 'identitytoolkit.googleapis.com/v1/projects/demo-shoebox/accounts:batchGet?maxResults=1000';
  const answer = await fetch(`http://${emulator.host}/${path}`, { headers: { Authorization: 'Bearer owner' } });
  const { users = [] } = (await answer.json()) as { users?: { localId: string; validSince: string }[] };
  return users;
}
const knows = async (id: string) => (await accounts()).some(({ localId }) => localId === id);
const departures = () => createDepartures(api.world.table, TABLE, systemClock);

describe('DELETE /auth/me', () => {
  test('ends everything at once: token, refresh token, sign-in, link; and the account at the identity service', async () => {
    const { account, tokens, id } = await person();
    await createProfiles(api.world.table, TABLE, systemClock).setFaceDetection(id, false);
    const at = new Date().toISOString();
    const album = { album_id: imageId(1), kind: 'manual', name: 'Summer', sort: 'taken', created_at: at } as const;
    await createAlbums(api.world.table, TABLE).create(id, { ...album, updated_at: at });
    const link = await api.call('POST', `/albums/${imageId(1)}/links`, { ...bearer(tokens), body: {} });
    const shared = `/shared/${link.json<{ token: string }>().token}`;
    expect((await api.call('GET', shared)).status).toBe(200);

    const answer = await api.call('DELETE', '/auth/me', bearer(tokens));
    expect([answer.status, answer.text]).toEqual([202, '']);

    expect((await api.call('GET', '/images', bearer(tokens))).status).toBe(401);
    expect((await api.call('DELETE', '/auth/me', bearer(tokens))).status).toBe(401);
    const body = { refresh_token: tokens.refresh_token };
    expect((await api.call('POST', '/auth/refresh', { body })).status).toBe(401);
    expect((await api.call('POST', '/auth/login', { body: account })).status).toBe(401);
    expect((await api.call('GET', shared)).status).toBe(404);
    expect(await knows(id)).toBe(false);
    expect(await api.world.drain('jobs')).toEqual([{ type: 'erase_account', user_id: id }]);
    const profile = (await api.world.itemsOf(id)).find(({ sk }) => sk === 'PROFILE');
    expect(Object.keys(profile ?? {}).sort()).toEqual(
      ['asked', 'deleted_at', 'identity', 'shard', 'since', 'sk', 'user_id'].sort(),
    );

    const again = (await api.call('POST', '/auth/signup', { body: account })).json<Tokens>();
    expect(claimsOf(again).sub).not.toBe(id);
    expect((await api.call('GET', '/images', bearer(again))).json()).toMatchObject({ items: [] });
  });

  test('asks for a sign-in of the last five minutes, which refreshing a token is not', async () => {
    const { tokens, id } = await person();
    const ago = (seconds: number) => ({ auth_time: String(Math.floor(Date.now() / 1000) - seconds) });
    const refused = await api.call('DELETE', '/auth/me', bearer(tokens, ago(301)));
    expect(refused.status).toBe(401);
    expect(refused.headers['WWW-Authenticate']).toBe('Bearer error="insufficient_user_authentication", max_age=300');
    // The gateway renames that header: the kind must tell it from a token that is over.
    expect(refused.json()).toMatchObject({ type: 'urn:shoebox:problem:sign-in-again' });
    expect(refused.json<Problem>().detail).toMatch(/Sign in again/);
    expect(await departures().isGone(id)).toBe(false);
    expect((await api.call('GET', '/images', bearer(tokens))).status).toBe(200);
    expect((await api.call('DELETE', '/auth/me', bearer(tokens, ago(290)))).status).toBe(202);
  });

  test('what the identity service did not forget, it forgets with the next sign-in, which is refused', async () => {
    const { account, tokens, id } = await person();
    // A token it does not take: as if it had not answered.
    const unheard = { ...bearer(tokens), headers: { Authorization: 'Bearer nonsense' } };
    expect((await api.call('DELETE', '/auth/me', unheard)).status).toBe(202);
    expect(await knows(id)).toBe(true);
    const body = { refresh_token: tokens.refresh_token };
    expect((await api.call('POST', '/auth/refresh', { body })).status).toBe(401);
    expect((await api.call('POST', '/auth/login', { body: account })).status).toBe(401);
    expect(await knows(id)).toBe(false);
    expect(await departures().get(id)).toMatchObject({ identity: 'gone', asked: 1 });
  });

  test('a request of before that comes to write after it writes nothing into what stays', async () => {
    const { id } = await person();
    await departures().begin(id);
    const before = await api.world.itemsOf(id);
    const profiles = createProfiles(api.world.table, TABLE, systemClock);
    await profiles.setFaceDetection(id, true);
    await profiles.endSessions(id, 1);
    await departures().begin(id);
    expect(await api.world.itemsOf(id)).toEqual(before);
  });

  test('a link that is made while the account is erased opens nothing afterwards', async () => {
    const { id } = await person();
    const links = createLinks(api.world.table, TABLE, systemClock);
    const gone = createDepartures(api.world.table, TABLE, systemClock);
    const album = { album_id: imageId(1), kind: 'manual', name: 'Summer', sort: 'taken' } as Album;
    const request = {
      user: { user_id: id, auth_time: 0, exp: 0 },
      params: { album_id: imageId(1) },
      body: { download: false, location: false },
      apiUrl: '',
    } as unknown as RequestOf<'createLink'>;
    const deps = {
      albums: { get: async () => album },
      departures: gone,
      clock: systemClock,
      newToken: () => 'a token nobody was told',
      newId: () => imageId(2),
      links: {
        ...links,
        create: async (...given: Parameters<Links['create']>) => {
          const link = await links.create(...given);
          // What lists it is gone before it opens, as where the account is erased between the two writes.
          await gone.begin(id);
          const Key = { user_id: id, sk: `LINK#${imageId(1)}#${link.link_id}` };
          await api.world.table.send(new DeleteCommand({ TableName: TABLE, Key }));
          return link;
        },
      },
    } as unknown as Deps;
    await expect(createLink(request, deps)).rejects.toThrow(Unauthorized);
    expect(await links.find('a token nobody was told')).toBeNull();
    expect((await api.world.items()).filter(({ owner }) => owner === id)).toEqual([]);
  });
});

test('a logout ends the sessions at the identity service, too', async () => {
  const { tokens, id } = await person();
  const validSince = async () => Number((await accounts()).find(({ localId }) => localId === id)?.validSince);
  const before = await validSince();
  await vi.waitFor(() => expect(Math.floor(Date.now() / 1000)).toBeGreaterThan(before), { timeout: 5_000 });
  expect((await api.call('POST', '/auth/logout', bearer(tokens))).status).toBe(204);
  // Tokens of before it give no new ones.
  expect(await validSince()).toBeGreaterThan(before);
});

describe('GET /auth/me/export', () => {
  test('begins a download of everything, and is answered the same one until that is an hour old', async () => {
    const { tokens, id } = await person();
    const ask = () => api.call('GET', '/auth/me/export', bearer(tokens));
    await api.world.drain('jobs');
    const [first, beside] = await Promise.all([ask(), ask()]);
    const job = first.json<JobView>();
    expect([first.status, beside.status]).toEqual([202, 202]);
    expect(first.headers.Location).toBe(`/api/v1/jobs/${job.job_id}`);
    expect(beside.json<JobView>().job_id).toBe(job.job_id);
    const again = await ask();
    expect(again.json<JobView>().job_id).toBe(job.job_id);
    expect(await api.world.drain('jobs')).toEqual([{ type: 'download', user_id: id, job_id: job.job_id }]);
    const jobs = createJobs(api.world.table, TABLE, systemClock);
    expect(await jobs.get(id, job.job_id)).toMatchObject({ request: { of: 'account' } });
    // Of two requests at a time neither leaves anything that no job takes along.
    expect(await api.world.keys(`jobs/${id}/`)).toEqual([accountKey(id, job.job_id)]);
    const asked = await createObjects(api.world.s3, BUCKET).read(accountKey(id, job.job_id));
    expect(JSON.parse(Buffer.from(asked ?? []).toString())).toMatchObject({
      user_id: id,
      email: expect.stringMatching(/^person-/),
    });

    await jobs.finish(id, job.job_id, { images: 0, left_out: 0, problems: 0, parts: [{ bytes: 5, images: 0 }] });
    const done = await ask();
    expect(done.status).toBe(200);
    const { parts } = done.json<JobView>().result as DownloadResult;
    expect(parts[0]?.url).toMatch(/^http.*part-1\.zip/);
    const Key = { user_id: id, sk: `JOB#${job.job_id}` };
    const old = { ':at': new Date(Date.now() - 3_600_001).toISOString() };
    const UpdateExpression = 'SET created_at = :at';
    await api.world.table.send(
      new UpdateCommand({ TableName: TABLE, Key, UpdateExpression, ExpressionAttributeValues: old }),
    );
    const later = await ask();
    expect(later.status).toBe(202);
    expect(later.json<JobView>().job_id).not.toBe(job.job_id);
  });

  test('after one that failed begins another, and takes up what a request that died has left', async () => {
    const { tokens, id } = await person();
    const profiles = createProfiles(api.world.table, TABLE, systemClock);
    await profiles.noteExport(id, imageId(77), undefined);
    const ask = async () => (await api.call('GET', '/auth/me/export', bearer(tokens))).json<JobView>().job_id;
    expect(await ask()).toBe(imageId(77));
    await createJobs(api.world.table, TABLE, systemClock).fail(id, imageId(77), { code: 'gave_up', message: 'm' });
    expect(await ask()).not.toBe(imageId(77));
  });
});
