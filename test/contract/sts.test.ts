import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import {
  AssumeRoleCommand,
  type AssumeRoleCommandInput,
  type Credentials,
  GetCallerIdentityCommand,
  STSClient,
} from '@aws-sdk/client-sts';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { acrossCrash, startTestAws, type TestAws } from './aws.ts';

const RoleArn = 'arn:aws:iam::000000000000:role/url-signer';

const toCredentials = (issued: Credentials | undefined) => ({
  accessKeyId: issued?.AccessKeyId ?? '',
  secretAccessKey: issued?.SecretAccessKey ?? '',
  sessionToken: issued?.SessionToken ?? '',
});

describe('STS', () => {
  let aws: TestAws;
  let offset = 0;

  beforeAll(async () => {
    aws = await startTestAws({ clock: () => new Date(Date.now() + offset) });
  });
  afterEach(() => {
    offset = 0;
  });
  afterAll(() => aws.dispose());

  const clientFor = (credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }) =>
    new STSClient({ ...aws.config('sts'), ...(credentials ? { credentials } : {}), systemClockOffset: offset });
  const assume = async (input: Partial<AssumeRoleCommandInput> = {}, client = clientFor()) =>
    client.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'session', ...input }));

  test('says who calls', async () => {
    const root = await clientFor().send(new GetCallerIdentityCommand({}));
    expect(root).toMatchObject({ Account: '000000000000', Arn: 'arn:aws:iam::000000000000:root' });
    const { Credentials } = await assume();
    const session = await clientFor(toCredentials(Credentials)).send(new GetCallerIdentityCommand({}));
    expect(session.Arn).toBe('arn:aws:sts::000000000000:assumed-role/url-signer/session');
  });

  test('issues credentials of a role session until they expire', async () => {
    const { Credentials, AssumedRoleUser } = await assume({ DurationSeconds: 900 });
    expect(Credentials?.AccessKeyId).toMatch(/^ASIA[A-Z2-7]{16}$/);
    expect(AssumedRoleUser?.Arn).toBe('arn:aws:sts::000000000000:assumed-role/url-signer/session');
    const lifetime = (Credentials?.Expiration?.getTime() ?? 0) - Date.now();
    expect(lifetime).toBeGreaterThan(890_000);
    expect(lifetime).toBeLessThanOrEqual(900_000);

    const credentials = toCredentials(Credentials);
    const list = () =>
      new S3Client({ ...aws.config('s3'), credentials, systemClockOffset: offset }).send(new ListBucketsCommand({}));
    await list();
    offset = 901_000;
    await expect(list()).rejects.toMatchObject({ name: 'ExpiredToken' });
  });

  test('gives an hour unless told otherwise', async () => {
    const { Credentials } = await assume();
    expect((Credentials?.Expiration?.getTime() ?? 0) - Date.now()).toBeGreaterThan(3_590_000);
  });

  test('refuses durations out of bounds, and more than an hour to a session', async () => {
    await expect(assume({ DurationSeconds: 899 })).rejects.toMatchObject({ name: 'ValidationError' });
    await expect(assume({ DurationSeconds: 43_201 })).rejects.toMatchObject({ name: 'ValidationError' });
    const { Credentials } = await assume({ DurationSeconds: 43_200 });
    const chained = clientFor(toCredentials(Credentials));
    await expect(assume({ DurationSeconds: 3_601 }, chained)).rejects.toMatchObject({ name: 'ValidationError' });
    await expect(assume({ DurationSeconds: 3_600 }, chained)).resolves.toHaveProperty('Credentials');
  });

  test('refuses what is no role or session name', async () => {
    await expect(assume({ RoleArn: 'arn:aws:iam::000000000000:user/someone' })).rejects.toMatchObject({
      name: 'ValidationError',
    });
    await expect(assume({ RoleSessionName: 'with space' })).rejects.toMatchObject({ name: 'ValidationError' });
  });

  test('session credentials count only whole: no token, another token or another secret is refused', async () => {
    const one = toCredentials((await assume()).Credentials);
    const two = toCredentials((await assume()).Credentials);
    const call = (credentials: typeof one | { accessKeyId: string; secretAccessKey: string }) =>
      clientFor(credentials).send(new GetCallerIdentityCommand({}));
    await expect(call({ accessKeyId: one.accessKeyId, secretAccessKey: one.secretAccessKey })).rejects.toMatchObject({
      name: 'InvalidToken',
    });
    await expect(call({ ...one, sessionToken: two.sessionToken })).rejects.toMatchObject({ name: 'InvalidToken' });
    await expect(call({ ...one, secretAccessKey: two.secretAccessKey })).rejects.toMatchObject({
      name: 'SignatureDoesNotMatch',
    });
  });
});

test('STS: sessions and the account’s own key outlive SIGKILL', async () => {
  await acrossCrash(
    async (aws) => {
      const client = new STSClient(aws.config('sts'));
      const { Credentials } = await client.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'before' }));
      return { session: toCredentials(Credentials), root: aws.config('sts').credentials };
    },
    async (aws, { session, root }) => {
      for (const credentials of [session, root]) {
        const { Account } = await new STSClient({ ...aws.config('sts'), credentials }).send(
          new GetCallerIdentityCommand({}),
        );
        expect(Account).toBe('000000000000');
      }
    },
  );
});
