import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import type { Summary } from '../../local/demo/run.ts';
import { agreement, expectComplete, thumbnailSides } from './support/summary.ts';

const MAIN = fileURLToPath(new URL('../../local/demo/main.ts', import.meta.url));

describe('npm run demo', () => {
  let child: ChildProcess | undefined;
  afterEach(() => child?.kill('SIGKILL'));

  test('on the pictures it draws: --json says it all, --keep leaves it running until Ctrl-C', async () => {
    const { PATH, HOME } = process.env;
    child = spawn(process.execPath, [MAIN, '--json', '--keep'], {
      // No Azure of anybody's: the emulator.
      env: { PATH, HOME, AZURE_OPENAI_ENDPOINT: '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const exited = once(child, 'exit');
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    const running = new Promise<void>((resolve, reject) => {
      child?.stderr?.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
        if (stderr.includes('sign in:')) resolve();
      });
      void exited.then(([code]) => reject(new Error(`The demo ended early (exit ${code}): ${stderr}`)));
    });
    await running;

    const summary = JSON.parse(stdout) as Summary;
    expectComplete(summary, 24);
    expect(Math.max(...(await thumbnailSides(summary)))).toBe(200);
    expect(agreement(summary, (file) => file.replace(/-\d+\.jpg$/, ''))).toBeGreaterThanOrEqual(0.3);
    expect(summary.albums.length).toBeGreaterThanOrEqual(4);
    for (const { name } of summary.albums) expect(name).toMatch(/^\p{L}+, [A-Z]\w+ 202[34]$/u);
    expect(stderr).toMatch(/24 of 24 done/);
    expect(stderr).toMatch(/every route: \S+\/api\/v1\/docs\n/);

    child.kill('SIGINT');
    expect(await exited).toEqual([0, null]);
    expect(JSON.parse(stdout)).toEqual(summary);
  }, 300_000);
});
