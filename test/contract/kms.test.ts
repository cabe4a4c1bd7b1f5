import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  GenerateDataKeyCommand,
  KMSClient,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { acrossCrash, startTestAws, type TestAws } from './aws.ts';

const ADA = { app: 'shoebox', user_id: 'ada' };

describe('KMS', () => {
  let aws: TestAws;
  let client: KMSClient;
  let arn: string;

  beforeAll(async () => {
    aws = await startTestAws();
    client = new KMSClient(aws.config('kms'));
    arn = await makeKey();
  });
  afterAll(() => aws.dispose());

  async function makeKey(): Promise<string> {
    return (await client.send(new CreateKeyCommand({ Description: 'of users' }))).KeyMetadata?.Arn ?? '';
  }
  const generate = (KeyId = arn, EncryptionContext: Record<string, string> = ADA) =>
    client.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', EncryptionContext }));
  const decrypt = (
    CiphertextBlob: Uint8Array | undefined,
    EncryptionContext: Record<string, string> | undefined = ADA,
    KeyId: string | undefined = undefined,
  ) => client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext, KeyId }));

  test('makes keys and finds them by id, ARN and alias', async () => {
    expect(arn).toMatch(/^arn:aws:kms:eu-central-1:000000000000:key\/[0-9a-f-]{36}$/);
    const id = arn.split('/')[1] ?? '';
    await client.send(new CreateAliasCommand({ AliasName: 'alias/users', TargetKeyId: arn }));
    for (const KeyId of [id, arn, 'alias/users', 'arn:aws:kms:eu-central-1:000000000000:alias/users']) {
      const { KeyMetadata } = await client.send(new DescribeKeyCommand({ KeyId }));
      expect(KeyMetadata).toMatchObject({ Arn: arn, KeyId: id, Description: 'of users', KeyState: 'Enabled' });
      expect(KeyMetadata?.CreationDate).toBeInstanceOf(Date);
    }
    await expect(
      client.send(new CreateAliasCommand({ AliasName: 'alias/users', TargetKeyId: arn })),
    ).rejects.toMatchObject({ name: 'AlreadyExistsException' });
  });

  test('gives a data key and unwraps it again', async () => {
    const made = await generate();
    expect(made).toMatchObject({ KeyId: arn });
    expect(made.Plaintext).toHaveLength(32);
    expect(Buffer.from(made.CiphertextBlob ?? []).includes(Buffer.from(made.Plaintext ?? []))).toBe(false);
    const back = await decrypt(made.CiphertextBlob);
    expect(back).toMatchObject({ KeyId: arn, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' });
    expect(back.Plaintext).toEqual(made.Plaintext);
    expect((await generate()).Plaintext).not.toEqual(made.Plaintext);
    expect((await decrypt(made.CiphertextBlob, ADA, arn)).Plaintext).toEqual(made.Plaintext);
  });

  test('binds the context, in whatever order it is given', async () => {
    const { CiphertextBlob, Plaintext } = await generate();
    expect((await decrypt(CiphertextBlob, { user_id: 'ada', app: 'shoebox' })).Plaintext).toEqual(Plaintext);
    const others: Record<string, string>[] = [
      { ...ADA, user_id: 'bob' },
      { app: 'shoebox' },
      { ...ADA, more: '1' },
      {},
    ];
    for (const other of others) {
      await expect(decrypt(CiphertextBlob, other)).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
    }
  });

  test('opens nothing that was altered, or that another key has wrapped', async () => {
    const { CiphertextBlob = new Uint8Array() } = await generate();
    for (const at of [0, 20, 40, CiphertextBlob.length - 1]) {
      const altered = CiphertextBlob.slice();
      altered[at] = (altered[at] ?? 0) ^ 1;
      await expect(decrypt(altered)).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
    }
    await expect(decrypt(Buffer.from('short'))).rejects.toMatchObject({ name: 'InvalidCiphertextException' });
    await expect(decrypt(CiphertextBlob, ADA, await makeKey())).rejects.toMatchObject({
      name: 'IncorrectKeyException',
    });
  });

  test('refuses keys that are not there, disabled, or to be deleted', async () => {
    await expect(generate(arn.replace(/.{4}$/, '0000'))).rejects.toMatchObject({ name: 'NotFoundException' });
    await expect(generate('alias/nobody')).rejects.toMatchObject({ name: 'NotFoundException' });
    const KeyId = await makeKey();
    const { CiphertextBlob } = await generate(KeyId);
    await client.send(new DisableKeyCommand({ KeyId }));
    await expect(generate(KeyId)).rejects.toMatchObject({ name: 'DisabledException' });
    await expect(decrypt(CiphertextBlob)).rejects.toMatchObject({ name: 'DisabledException' });
    await client.send(new EnableKeyCommand({ KeyId }));
    await decrypt(CiphertextBlob);
    const ended = await client.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
    expect(ended).toMatchObject({ KeyState: 'PendingDeletion', DeletionDate: expect.any(Date) });
    await expect(decrypt(CiphertextBlob)).rejects.toMatchObject({ name: 'KMSInvalidStateException' });
    await client.send(new CancelKeyDeletionCommand({ KeyId }));
    await expect(decrypt(CiphertextBlob)).rejects.toMatchObject({ name: 'DisabledException' });
  });

  test('refuses input of a wrong shape, and what is badly signed', async () => {
    await expect(
      client.send(new GenerateDataKeyCommand({ KeyId: arn, KeySpec: 'AES_256', NumberOfBytes: 32 })),
    ).rejects.toMatchObject({ name: 'ValidationException' });
    const credentials = { accessKeyId: aws.credentials.accessKeyId, secretAccessKey: 'wrong' };
    const stranger = new KMSClient({ ...aws.config('kms'), credentials });
    await expect(stranger.send(new DescribeKeyCommand({ KeyId: arn }))).rejects.toMatchObject({
      name: 'SignatureDoesNotMatch',
    });
  });
});

test('KMS keeps its keys through SIGKILL', async () => {
  await acrossCrash(
    async (aws) => {
      const client = new KMSClient(aws.config('kms'));
      const { KeyMetadata } = await client.send(new CreateKeyCommand({}));
      const KeyId = KeyMetadata?.Arn;
      return client.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', EncryptionContext: ADA }));
    },
    async (aws, { CiphertextBlob, Plaintext }) => {
      const client = new KMSClient(aws.config('kms'));
      const back = await client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: ADA }));
      expect(back.Plaintext).toEqual(Plaintext);
    },
  );
});
