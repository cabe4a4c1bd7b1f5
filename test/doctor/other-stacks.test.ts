import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { otherStacks } from '../../bin/doctor/other-stacks.ts';
import { CannotLook, findStack } from '../../bin/doctor/stack.ts';
import { temporaryFolder } from '../local/fixtures/functions.ts';

/** What a stack leaves where it runs, or ran. */
function announce(folder: string, pid: number): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'connection.json'), '{}');
  writeFileSync(join(folder, 'lock.pid'), `${pid}\n`);
  return folder;
}

test('whoever looks where no stack runs, or at one of several, is told of those that do', async () => {
  const place = temporaryFolder();
  vi.stubEnv('TMPDIR', place);
  onTestFinished(() => void vi.unstubAllEnvs());
  const demo = announce(join(place, 'shoebox-demo-1', 'data'), process.pid);
  const beside = announce(join(place, 'own', '.photos'), process.pid);
  const looked = announce(join(place, 'own', '.shoebox'), process.pid);
  announce(join(place, 'own', '.killed'), spawnSync(process.execPath, ['-e', '']).pid);
  announce(join(place, 'others', 'data'), process.pid);
  mkdirSync(join(place, 'own', '.empty'));
  expect(otherStacks(looked)).toEqual([beside, demo]);

  const nowhere = findStack({ aws: false, data: join(place, 'own', '.empty') });
  await expect(nowhere).rejects.toThrow(CannotLook);
  await expect(nowhere).rejects.toThrow(
    `look at AWS with --aws.\n${[beside, looked, demo].map((folder) => `One runs on --data ${folder}`).join('\n')}`,
  );
});
