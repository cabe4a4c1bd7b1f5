import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { lockDataFolder } from '../../local/lock.ts';

const main = fileURLToPath(new URL('../../local/main.ts', import.meta.url));

async function run(flags: string[], env: Record<string, string> = {}) {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [main, ...flags], {
      env: { ...process.env, ...env },
    });
    return { code: 0, stdout, stderr: '' };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

test('--help says what there is', async () => {
  const { code, stdout } = await run(['--help']);
  expect(code).toBe(0);
  for (const flag of ['--port', '--data', '--time-scale', '--faults', '--no-ai']) expect(stdout).toContain(flag);
});

test.each([
  ['an unknown flag', ['--prot', '1'], /--prot/],
  ['a port that is no number', ['--port', 'http'], /--port: expected a whole number of at least 0, received "http"/],
  ['a time scale that slows down', ['--time-scale', '0.5'], /--time-scale: expected a number of at least 1/],
])('%s is refused before anything starts', async (_, flags, message) => {
  const { code, stderr } = await run(flags);
  expect(code).toBe(2);
  expect(stderr).toMatch(message);
  expect(stderr).toMatch(/; --help lists the options\n$/);
});

test('a port that is in use is told before anything is made; a stack on the same folder, rather than its port', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const port = String((server.address() as AddressInfo).port);
  const data = join(await mkdtemp(join(tmpdir(), 'shoebox-main-')), 'data');
  onTestFinished(() => rm(dirname(data), { recursive: true }));
  const other = await run(['--port', port, '--data', data]);
  expect(other).toMatchObject({ code: 1, stdout: '' });
  expect(other.stderr).toMatch(new RegExp(`^Port ${port} is in use by another program: .*--port\\.\n$`));
  expect(existsSync(data)).toBe(false);

  onTestFinished(lockDataFolder(data));
  const same = await run(['--port', port, '--data', data]);
  expect(same).toMatchObject({ code: 1, stderr: expect.stringMatching(/^A local stack already runs on .*\n$/) });
}, 60_000);

test('a setting that cannot be used is named, without a stack of calls', async () => {
  const data = await mkdtemp(join(tmpdir(), 'shoebox-main-'));
  const { code, stderr } = await run(['--port', '0', '--data', data], { ENCRYPTION: 'users' });
  await rm(data, { recursive: true, force: true });
  expect(code).toBe(1);
  expect(stderr).toContain('ENCRYPTION: ');
  expect(stderr).not.toMatch(/^ +at /m);
}, 30_000);
