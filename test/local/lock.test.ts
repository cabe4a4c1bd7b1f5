import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { AlreadyRunning, assertFree, lockDataFolder } from '../../local/lock.ts';
import { temporaryFolder } from './fixtures/functions.ts';

const module = fileURLToPath(new URL('../../local/lock.ts', import.meta.url));

test('a folder is for one at a time, and the refusal says who has it', () => {
  const folder = temporaryFolder();
  const release = lockDataFolder(folder);
  expect(() => lockDataFolder(folder)).toThrow(AlreadyRunning);
  expect(() => lockDataFolder(folder)).toThrow(`process ${process.pid}`);
  expect(() => assertFree(folder)).toThrow(AlreadyRunning);
  release();
  expect(() => assertFree(folder)).not.toThrow();
  lockDataFolder(folder)();
});

test('whoever only asks leaves nothing there', () => {
  const folder = temporaryFolder();
  assertFree(folder);
  expect(readdirSync(folder)).toEqual([]);
});

test('a process that was killed holds nothing', () => {
  const folder = temporaryFolder();
  const script = `(await import(${JSON.stringify(module)})).lockDataFolder(${JSON.stringify(folder)}); process.kill(process.pid, 'SIGKILL');`;
  expect(() => execFileSync(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' })).toThrow();
  lockDataFolder(folder)();
});
