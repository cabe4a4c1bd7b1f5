import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { acrossCrash, startTestAws, type TestAws } from './aws.ts';

describe('Secrets Manager', () => {
  let aws: TestAws;
  let client: SecretsManagerClient;

  beforeAll(async () => {
    aws = await startTestAws();
    client = new SecretsManagerClient(aws.config('secretsmanager'));
  });
  afterAll(() => aws.dispose());

  const get = (SecretId: string, input: { VersionStage?: string; VersionId?: string } = {}) =>
    client.send(new GetSecretValueCommand({ SecretId, ...input }));

  test('makes a secret once and gives it back by name, ARN and ARN without suffix', async () => {
    const made = await client.send(
      new CreateSecretCommand({ Name: 'shoebox/dev', SecretString: '{"a":1}', Description: 'keys' }),
    );
    expect(made.ARN).toMatch(/^arn:aws:secretsmanager:eu-central-1:000000000000:secret:shoebox\/dev-\w{6}$/);
    for (const id of ['shoebox/dev', made.ARN ?? '', made.ARN?.slice(0, -7) ?? '']) {
      const value = await get(id);
      expect(value).toMatchObject({
        SecretString: '{"a":1}',
        Name: 'shoebox/dev',
        ARN: made.ARN,
        VersionStages: ['AWSCURRENT'],
      });
      expect(value.CreatedDate).toBeInstanceOf(Date);
    }
    await expect(client.send(new CreateSecretCommand({ Name: 'shoebox/dev' }))).rejects.toMatchObject({
      name: 'ResourceExistsException',
    });
  });

  test('keeps versions: the last is current, the one before previous', async () => {
    const one = await client.send(new CreateSecretCommand({ Name: 'versions', SecretString: 'one' }));
    const two = await client.send(new PutSecretValueCommand({ SecretId: 'versions', SecretString: 'two' }));
    const three = await client.send(
      new PutSecretValueCommand({ SecretId: 'versions', SecretBinary: Buffer.from([1, 2, 3]) }),
    );
    expect((await get('versions')).SecretBinary).toEqual(new Uint8Array([1, 2, 3]));
    expect((await get('versions', { VersionStage: 'AWSPREVIOUS' })).SecretString).toBe('two');
    expect((await get('versions', { VersionId: one.VersionId ?? '' })).SecretString).toBe('one');
    const described = await client.send(new DescribeSecretCommand({ SecretId: 'versions' }));
    expect(described.VersionIdsToStages).toEqual({
      [three.VersionId ?? '']: ['AWSCURRENT'],
      [two.VersionId ?? '']: ['AWSPREVIOUS'],
    });
  });

  test('treats a repeated token as the same write, unless the value differs', async () => {
    const ClientRequestToken = '0b54fb4c-7d38-4ee7-a4b4-0d6e7f2a8f55';
    await client.send(new CreateSecretCommand({ Name: 'token' }));
    const put = (SecretString: string) =>
      client.send(new PutSecretValueCommand({ SecretId: 'token', SecretString, ClientRequestToken }));
    expect((await put('same')).VersionId).toBe(ClientRequestToken);
    expect((await put('same')).VersionId).toBe(ClientRequestToken);
    await expect(put('other')).rejects.toMatchObject({ name: 'ResourceExistsException' });
  });

  test('has no value to give before one is put', async () => {
    await client.send(new CreateSecretCommand({ Name: 'empty' }));
    await expect(get('empty')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(get('nowhere')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(client.send(new PutSecretValueCommand({ SecretId: 'empty' }))).rejects.toMatchObject({
      name: 'InvalidRequestException',
    });
  });

  test('lists and deletes', async () => {
    await client.send(new CreateSecretCommand({ Name: 'doomed', SecretString: 'x' }));
    const names = async () => (await client.send(new ListSecretsCommand({}))).SecretList?.map((secret) => secret.Name);
    expect(await names()).toContain('doomed');
    await client.send(new DeleteSecretCommand({ SecretId: 'doomed', RecoveryWindowInDays: 7 }));
    expect(await names()).not.toContain('doomed');
    await expect(get('doomed')).rejects.toMatchObject({ name: 'InvalidRequestException' });
  });

  test('refuses an unsigned or badly signed request', async () => {
    const response = await fetch(aws.endpoints.secretsmanager, {
      method: 'POST',
      body: '{"SecretId":"shoebox/dev"}',
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'secretsmanager.GetSecretValue' },
    });
    expect(response.ok).toBe(false);
    const credentials = { accessKeyId: aws.credentials.accessKeyId, secretAccessKey: 'wrong' };
    const stranger = new SecretsManagerClient({ ...aws.config('secretsmanager'), credentials });
    await expect(stranger.send(new ListSecretsCommand({}))).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
  });
});

test('Secrets Manager keeps secrets through SIGKILL', async () => {
  await acrossCrash(
    async (aws) => {
      const client = new SecretsManagerClient(aws.config('secretsmanager'));
      const { ARN } = await client.send(new CreateSecretCommand({ Name: 'kept' }));
      await client.send(new PutSecretValueCommand({ SecretId: 'kept', SecretString: 'value' }));
      return ARN ?? '';
    },
    async (aws, arn) => {
      const client = new SecretsManagerClient(aws.config('secretsmanager'));
      expect((await client.send(new GetSecretValueCommand({ SecretId: arn }))).SecretString).toBe('value');
    },
  );
});
