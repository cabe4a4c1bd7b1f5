import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startAuthEmulator } from '../../local/auth-emulator.ts';
import { temporaryFolder } from './fixtures/functions.ts';

const ada = { email: 'ada@example.com', password: 'analytical', returnSecureToken: true };

async function start(folder: string) {
  const accountsFile = join(folder, 'auth', 'accounts.json');
  const env = { PATH: process.env.PATH ?? '', NODE_COMPILE_CACHE: join(folder, 'cache') };
  const emulator = await startAuthEmulator({ projectId: 'demo-test', accountsFile, env });
  onTestFinished(() => emulator.stop());
  return {
    accountsFile,
    emulator,
    async call(route: string, body: object) {
      const response = await fetch(
        `http://${emulator.host}/identitytoolkit.googleapis.com/v1/accounts:${route}?key=any`,
        {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        },
      );
      return { status: response.status, body: (await response.json()) as Record<string, never> & { idToken: string } };
    },
  };
}

test('an account is on disk before its creation is answered, and both it and its tokens outlive a kill', {
  timeout: 60_000,
}, async () => {
  const folder = temporaryFolder();
  const first = await start(folder);
  const signedUp = await first.call('signUp', ada);
  expect(signedUp.status).toBe(200);
  expect(JSON.parse(readFileSync(first.accountsFile, 'utf8')).users).toMatchObject([{ email: ada.email }]);
  process.kill(first.emulator.pid, 'SIGKILL');
  await first.emulator.exited;

  const second = await start(folder);
  expect((await second.call('signInWithPassword', ada)).status).toBe(200);
  expect((await second.call('signInWithPassword', { ...ada, password: 'wrong' })).status).toBe(400);
  expect((await second.call('signUp', ada)).body).toMatchObject({ error: { message: 'EMAIL_EXISTS' } });
  const { status, body } = await second.call('lookup', { idToken: signedUp.body.idToken });
  expect(status).toBe(200);
  expect(body).toMatchObject({ users: [{ email: ada.email }] });

  const { idToken } = signedUp.body;
  expect((await second.call('delete', { idToken })).status).toBe(200);
  expect(JSON.parse(readFileSync(second.accountsFile, 'utf8')).users).toEqual([]);
});

test('one whose folder is removed while it starts does not make it anew', { timeout: 60_000 }, async () => {
  const folder = temporaryFolder();
  const accountsFile = join(folder, 'auth', 'accounts.json');
  const starting = startAuthEmulator({ projectId: 'demo-test', accountsFile, env: { PATH: process.env.PATH ?? '' } });
  rmSync(folder, { recursive: true });
  await (await starting).stop();
  expect(existsSync(folder)).toBe(false);
});
