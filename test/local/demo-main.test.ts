import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const MAIN = join(import.meta.dirname, '../../local/demo/main.ts');

/** The demo, with temporary files of its own; `leftBehind` are those of the demo that are still there. */
async function startDemo(...args: string[]) {
  const temporary = await mkdtemp(join(tmpdir(), 'shoebox-demo-main-'));
  onTestFinished(() => rm(temporary, { recursive: true, force: true, maxRetries: 5 }));
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH, HOME, TMPDIR: temporary, AZURE_OPENAI_ENDPOINT: '' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exited = once(child, 'exit').then(([code]) => code as number);
  let said = '';
  const says = (words: string) =>
    new Promise<void>((heard) => {
      child.stderr.on('data', () => said.includes(words) && heard());
    });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const leftBehind = async () => (await readdir(temporary)).filter((name) => name.startsWith('shoebox-demo-'));
  return { child, exited, says, said: () => said, leftBehind };
}

async function folderWith(...names: string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'shoebox-pictures-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const name of names) await writeFile(join(folder, name), 'no picture');
  return folder;
}

test.each([
  ['there is no such folder', async () => ['/nowhere'], '/nowhere does not exist'],
  ['the folder is empty', async () => [await folderWith()], 'There are no files in '],
  ['a fault is for nothing', async () => [await folderWith('a.jpg'), '--faults', 'organize:duplicate=1'], 'FIFO'],
])('where %s the demo says so and leaves nothing behind', { timeout: 60_000 }, async (_, args, words) => {
  const demo = await startDemo(...(await args()));
  expect(await demo.exited).toBe(1);
  expect(demo.said()).toContain(words);
  expect(await demo.leftBehind()).toEqual([]);
});

test('a Ctrl-C while it starts stops the demo and leaves nothing behind', { timeout: 60_000 }, async () => {
  const demo = await startDemo(await folderWith('a.jpg'));
  await demo.says('Starting');
  demo.child.kill('SIGINT');
  expect(await demo.exited).toBe(130);
  expect(demo.said()).toMatch(/\nStopped\.\n$/);
  expect(await demo.leftBehind()).toEqual([]);
});
