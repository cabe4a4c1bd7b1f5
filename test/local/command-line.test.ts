import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

async function run(program: string, flags: string[]) {
  try {
    const env = { PATH: process.env.PATH, HOME: process.env.HOME };
    const { stdout } = await promisify(execFile)(process.execPath, [join(ROOT, program), ...flags], { env });
    return { code: 0, stdout, stderr: '' };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

test.concurrent.each([
  ['bin/doctor.ts', ['--repiar'], "Unknown option '--repiar'"],
  [
    'bin/redrive.ts',
    ['--queue', 'letters'],
    '--queue: expected one of ingest, describe, faces, organize, jobs, received',
  ],
  ['bench/main.ts', ['--rounds', 'none'], '--rounds: expected a whole number of at least 1, received "none"'],
  ['bench/main.ts', ['nosuch'], 'No suite is called nosuch: there are assign, '],
  ['bench/clustering.ts', ['--onyl', 'x'], "Unknown option '--onyl'"],
  ['bench/cost.ts', ['--page', 'x'], "Unknown option '--page'"],
  ['bench/pipeline.ts', ['--row', 'nosuch'], '--row: expected one of faces, '],
  ['bench/requests.ts', ['--photos', '10,x'], '--photos: expected a whole number of at least 1, received "x"'],
  ['local/demo/main.ts', ['--time-scale', '0'], '--time-scale: expected a number of at least 1, received "0"'],
  ['local/demo/main.ts', ['--faults', 'descirbe:kill=3'], '--faults: expected a function (api, '],
  ['test/burst/main.ts', ['--photos'], "Option '--photos <value>' argument missing"],
  ['test/fuzz/main.ts', ['--files', '1.5'], '--files: expected a whole number of at least 1, received "1.5"'],
  ['test/schedules/main.ts', ['--seeds', 'abc'], '--seeds: expected a whole number of at least 1, received "abc"'],
  ['test/schedules/main.ts', ['--replay', '{}'], '--replay: expected a seed, a file or a schedule as JSON'],
])('%s refuses %j in one line before it begins', { timeout: 60_000 }, async (program, flags, words) => {
  const { code, stdout, stderr } = await run(program, flags);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(words);
  expect(stderr).toMatch(/^[^\n]+; --help lists the options\n$/);
});

test.concurrent.each(['bench/clustering.ts', 'bench/colors.ts', 'bench/main.ts', 'test/schedules/main.ts'])(
  '%s says with --help what it does, and does nothing',
  { timeout: 60_000 },
  async (program) => {
    const { code, stdout } = await run(program, ['--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^npm run [\w:]+ -- /);
    expect(stdout).toContain('--help ');
  },
);
