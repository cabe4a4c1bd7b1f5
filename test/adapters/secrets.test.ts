import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AwsEmulators, startAws } from '../../local/emulators/aws.ts';
import { createSecrets, UnreadableSecret } from '../../shared/adapters/secrets.ts';

const REGION = 'eu-central-1';
let aws: AwsEmulators;
let dataDir: string;
let client: SecretsManagerClient;
let count = 0;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'shoebox-secrets-'));
  aws = await startAws({ dataDir, region: REGION, accountId: '000000000000', timeScale: 1 });
  client = new SecretsManagerClient({
    region: REGION,
    endpoint: aws.endpoints.secretsmanager,
    credentials: aws.credentials,
  });
});
afterAll(async () => {
  client.destroy();
  await aws.stop();
  await rm(dataDir, { recursive: true, force: true });
});

async function makeSecret(SecretString: string): Promise<string> {
  count += 1;
  const { ARN } = await client.send(new CreateSecretCommand({ Name: `secret-${count}`, SecretString }));
  return ARN as string;
}
const stored = async (arn: string) =>
  JSON.parse((await client.send(new GetSecretValueCommand({ SecretId: arn }))).SecretString ?? '');
const put = (SecretId: string, values: object) =>
  client.send(new PutSecretValueCommand({ SecretId, SecretString: JSON.stringify(values) }));

describe('get', () => {
  test('answers the keys, a missing one as empty', async () => {
    const arn = await makeSecret('{"url_signing_key":"u"}');
    expect(await createSecrets(client, arn).get()).toMatchObject({ azure_openai_api_key: '', url_signing_key: 'u' });
  });

  test('sees a rotated key after five minutes, and asks no more often', async () => {
    const arn = await makeSecret('{"azure_openai_api_key":"old"}');
    let now = Date.parse('2026-01-01T00:00:00Z');
    const secrets = createSecrets(client, arn, () => new Date(now));
    expect((await secrets.get()).azure_openai_api_key).toBe('old');
    await put(arn, { azure_openai_api_key: 'new' });
    now += 5 * 60_000 - 1;
    expect((await secrets.get()).azure_openai_api_key).toBe('old');
    now += 1;
    expect((await secrets.get()).azure_openai_api_key).toBe('new');
  });

  test('does not remember a failure', async () => {
    const arn = await makeSecret('not json, and secret');
    const secrets = createSecrets(client, arn);
    await expect(secrets.get()).rejects.toThrow(UnreadableSecret);
    await expect(secrets.get()).rejects.not.toThrow(/and secret/);
    await put(arn, { url_signing_key: 'u' });
    expect((await secrets.get()).url_signing_key).toBe('u');
  });
});

describe('merge', () => {
  test('replaces what is given, keeps what is not, and tells the names that changed', async () => {
    const arn = await makeSecret('{"azure_openai_api_key":"","url_signing_key":"u","of_a_later_version":"x"}');
    const secrets = createSecrets(client, arn);
    expect(await secrets.merge({ azure_openai_api_key: 'a' })).toEqual(['azure_openai_api_key']);
    expect(await stored(arn)).toEqual({ azure_openai_api_key: 'a', url_signing_key: 'u', of_a_later_version: 'x' });
  });

  test('writes nothing where nothing changes', async () => {
    const arn = await makeSecret('{"azure_openai_api_key":"a","url_signing_key":"u"}');
    const before = await client.send(new GetSecretValueCommand({ SecretId: arn }));
    expect(await createSecrets(client, arn).merge({ azure_openai_api_key: 'a' })).toEqual([]);
    expect(await createSecrets(client, arn).merge({})).toEqual([]);
    const after = await client.send(new GetSecretValueCommand({ SecretId: arn }));
    expect(after.VersionId).toBe(before.VersionId);
  });

  test('is seen by the same adapter at once', async () => {
    const arn = await makeSecret('{"azure_openai_api_key":"old"}');
    const secrets = createSecrets(client, arn);
    await secrets.get();
    await secrets.merge({ azure_openai_api_key: 'new' });
    expect((await secrets.get()).azure_openai_api_key).toBe('new');
  });
});
