import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const main = fileURLToPath(new URL('../../local/main.ts', import.meta.url));

async function run(...flags: string[]) {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [main, ...flags]);
    return { code: 0, stdout, stderr: '' };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

test('--help says what there is', async () => {
  const { code, stdout } = await run('--help');
  expect(code).toBe(0);
  for (const flag of ['--port', '--data', '--time-scale', '--faults', '--no-ai']) expect(stdout).toContain(flag);
});

test.each([
  ['an unknown flag', ['--prot', '1'], /--prot/],
  ['a port that is no number', ['--port', 'http'], /--port: expected a number of at least 0, received "http"/],
  ['a time scale that slows down', ['--time-scale', '0.5'], /--time-scale: expected a number of at least 1/],
])('%s is refused before anything starts', async (_, flags, message) => {
  const { code, stderr } = await run(...flags);
  expect(code).toBe(1);
  expect(stderr).toMatch(message);
});
