import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const DEPLOY = join(import.meta.dirname, '../../bin/deploy.ts');

/** Where no credentials can be found: no home, no instance, no variables. */
function deploy(env: Record<string, string>) {
  return spawnSync(process.execPath, [DEPLOY], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: join(tmpdir(), 'nobody'), AWS_EC2_METADATA_DISABLED: 'true', ...env },
  });
}

test('without credentials a deployment says so, says what to do, and does nothing', { timeout: 240_000 }, () => {
  const result = deploy({
    AZURE_OPENAI_API_KEY: 'a-key-that-must-stay-secret',
    GOOGLE_CLOUD_PROJECT: 'a-project',
    FIREBASE_API_KEY: 'a-web-key',
  });
  expect(result.status).toBe(1);
  expect(result.stderr).toContain('No AWS credentials were found');
  expect(result.stderr).toContain('AWS_PROFILE');
  expect(result.stderr).not.toContain('    at ');
  expect(result.stdout + result.stderr).not.toContain('a-key-that-must-stay-secret');
});

test('without a project to sign in with a deployment says so, and does nothing', { timeout: 240_000 }, () => {
  const result = deploy({ GOOGLE_CLOUD_PROJECT: 'a-project' });
  expect(result.status).toBe(1);
  expect(result.stderr).toContain('FIREBASE_API_KEY: expected a value');
  expect(result.stderr).not.toContain('GOOGLE_CLOUD_PROJECT:');
});

test('with a bad setting a deployment names it before it looks for credentials', { timeout: 240_000 }, () => {
  const result = deploy({ AWS_REGION: 'middle-earth' });
  expect(result.status).toBe(1);
  expect(result.stderr).toContain('AWS_REGION: expected a region');
});

test('a key file that is none is said to be so, without what it holds, before anything is deployed', {
  timeout: 240_000,
}, () => {
  const path = join(import.meta.dirname, '../../package.json');
  const project = { GOOGLE_CLOUD_PROJECT: 'a-project', FIREBASE_API_KEY: 'a-web-key' };
  const result = deploy({ ...project, GOOGLE_APPLICATION_CREDENTIALS: path });
  expect(result.status).toBe(1);
  expect(result.stderr).toContain('GOOGLE_APPLICATION_CREDENTIALS: expected the path');
  expect(result.stderr).not.toContain('devDependencies');
});
