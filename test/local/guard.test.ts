import { execFile, fork } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test, vi } from 'vitest';
import { temporaryFolder } from './fixtures/functions.ts';

/** A process that has ended but that nobody has collected yet still answers to signals; Linux tells it apart. */
function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !existsSync('/proc') || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

test('no function survives a host that is killed, not even one that never yields', async () => {
  const folder = temporaryFolder();
  const host = fork(fileURLToPath(new URL('./fixtures/start-host.ts', import.meta.url)), [folder], { execArgv: [] });
  const pids: number[] = [];
  host.on('message', (pid) => pids.push(Number(pid)));
  onTestFinished(() => {
    for (const pid of pids.filter(alive)) process.kill(pid, 'SIGKILL');
  });
  const busy = join(folder, 'logs', 'busy.log');
  await vi.waitFor(() => expect(readFileSync(busy, 'utf8')).toContain('spinning'), { timeout: 60_000 });
  expect(pids).toHaveLength(2);
  expect(pids.every(alive)).toBe(true);
  host.kill('SIGKILL');
  await vi.waitFor(() => expect(pids.filter(alive)).toEqual([]), { timeout: 60_000 });
});

test('what a process removes at its exit is not made anew by one it has started', async () => {
  const script = fileURLToPath(new URL('./fixtures/write-on.ts', import.meta.url));
  const { stdout: folder } = await promisify(execFile)(process.execPath, [script]);
  expect(folder).toMatch(/shoebox-test-\w+$/);
  expect(existsSync(folder)).toBe(false);
}, 60_000);
