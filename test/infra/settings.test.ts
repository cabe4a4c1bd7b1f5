import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, test } from 'vitest';
import { InvalidSettings, readDeployment, withEnvFile } from '../../shared/config.ts';
import { synthesize } from './template.ts';

const EXAMPLE = join(import.meta.dirname, '../../.env.example');

describe('a setting that cannot be used', () => {
  test.each([
    ['STAGE', { STAGE: 'Not Allowed' }],
    ['AWS_REGION', { AWS_REGION: 'middle-earth' }],
    ['AZURE_OPENAI_ENDPOINT', { AZURE_OPENAI_ENDPOINT: 'my-resource' }],
    ['AZURE_OPENAI_ENDPOINT', { AZURE_OPENAI_ENDPOINT: 'http://resource.openai.azure.com' }],
    ['AZURE_OPENAI_API_VERSION', { AZURE_OPENAI_API_VERSION: '2023-05-15' }],
    ['CORS_ORIGINS', { CORS_ORIGINS: 'https://a.example/' }],
    ['CORS_ORIGINS', { CORS_ORIGINS: '*' }],
    ['EMBEDDINGS_PROVIDER', { EMBEDDINGS_PROVIDER: 'azure' }],
    ['S3_SSE_KMS_KEY_ID', { S3_SERVER_SIDE_ENCRYPTION: 'aws:kms', S3_SSE_KMS_KEY_ID: 'alias/photos' }],
    ['S3_SSE_KMS_KEY_ID', { S3_SSE_KMS_KEY_ID: '0a1b2c3d-0000-4000-8000-123456789abc' }],
    ['DESCRIBE_CONCURRENCY', { DESCRIBE_CONCURRENCY: '1' }],
    ['UPLOAD_EXPIRES_SECONDS', { UPLOAD_EXPIRES_SECONDS: '7200' }],
  ])('%s is named when synthesis refuses it', (name, settings) => {
    expect(() => synthesize(settings)).toThrow(InvalidSettings);
    expect(() => synthesize(settings)).toThrow(name);
  });

  test.each([
    [{ MAX_IMAGES_PER_USER: 'three' }, 'MAX_IMAGES_PER_USER: expected a whole number of photos from 1, or unlimited'],
    [{ MAX_IMAGES_PER_USER: '0' }, 'MAX_IMAGES_PER_USER: expected a whole number of photos from 1, or unlimited'],
    [{ MAX_BYTES_PER_USER: '1.5' }, 'MAX_BYTES_PER_USER: expected a whole number of bytes from 1, or unlimited'],
    [
      { MAX_AI_USD_PER_USER_PER_MONTH: '-1' },
      'MAX_AI_USD_PER_USER_PER_MONTH: expected US dollars from 0, or unlimited',
    ],
  ])('a limit says what it may be: %o', (settings, says) => {
    expect(() => readDeployment(settings)).toThrow(says);
  });

  test('is named without its value, which may be a secret', () => {
    expect(() => synthesize({ AZURE_OPENAI_ENDPOINT: 'sk-typed-into-the-wrong-line' })).not.toThrow(/sk-typed/);
  });
});

test('.env.example names every setting, with the value it has when left out', () => {
  const example = parseEnv(readFileSync(EXAMPLE, 'utf8'));
  expect(Object.keys(example).sort()).toEqual(Object.keys(readDeployment({})).sort());
  expect(readDeployment(example)).toEqual(readDeployment({}));
});

test('the environment wins over .env, also with an empty value', () => {
  const settings = withEnvFile(EXAMPLE, { STAGE: 'prod', AZURE_OPENAI_DEPLOYMENT_NAME: '' });
  expect(settings).toMatchObject({ STAGE: 'prod', AZURE_OPENAI_DEPLOYMENT_NAME: '', AWS_REGION: 'eu-central-1' });
  expect(withEnvFile('there-is-no-such-file', { STAGE: 'prod' })).toEqual({ STAGE: 'prod' });
});

test('a deployment from GitHub is given every setting but the secrets, each from the variable of its name', () => {
  const workflow = readFileSync(join(import.meta.dirname, '../../.github/workflows/deploy.yml'), 'utf8');
  const step = workflow.slice(workflow.indexOf('npm run deploy'));
  const given = [...step.matchAll(/^ {10}(\w+): \$\{\{ vars\.(\w+) \}\}$/gm)];
  // A key, and the path of a file with one: they are in Secrets Manager, and stay as they are.
  const secrets = ['AZURE_OPENAI_API_KEY', 'GOOGLE_APPLICATION_CREDENTIALS'];
  const names = Object.keys(parseEnv(readFileSync(EXAMPLE, 'utf8'))).filter((name) => !secrets.includes(name));
  expect(given.map(([, name]) => name).sort()).toEqual(names.sort());
  for (const [, name, variable] of given) expect(variable).toBe(name);
  // GitHub makes a variable nobody has set an empty one.
  expect(readDeployment(Object.fromEntries(names.map((name) => [name, ''])))).toEqual(readDeployment({}));
});

describe('what must not stand in a template', () => {
  const template = synthesize({
    AZURE_OPENAI_ENDPOINT: 'https://resource.openai.azure.com',
    AZURE_OPENAI_API_KEY: 'a-key-that-must-stay-secret',
    FIREBASE_AUTH_EMULATOR_HOST: '127.0.0.1:9099',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:4566',
    AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:4566',
  });

  // Not `toContain`: what fails would print the whole template.
  const contains = (word: string) => template.text.includes(word);

  test('the value of a secret', () => {
    expect(contains('a-key-that-must-stay-secret')).toBe(false);
  });

  test.each(['FIREBASE_AUTH_EMULATOR_HOST', 'AWS_ENDPOINT_URL', '127.0.0.1', 'AZURE_OPENAI_API_KEY'])('%s', (word) => {
    expect(contains(word)).toBe(false);
  });

  test('while what is no secret does', () => {
    expect(contains('https://resource.openai.azure.com')).toBe(true);
  });
});

test('deployments of other stages are other stacks', () => {
  const { text } = synthesize({ STAGE: 'prod', LOG_LEVEL: 'DEBUG' });
  // Lambda’s own level would win.
  expect(text.includes('"ApplicationLogLevel": "DEBUG"')).toBe(true);
  expect(text.includes(':s3:::shoebox-prod-*')).toBe(true);
  expect(text.includes('shoebox-dev')).toBe(false);
});
