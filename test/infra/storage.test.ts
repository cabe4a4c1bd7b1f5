import { describe, expect, test } from 'vitest';
import { INDEXES } from '../../bench/requests/table.ts';
import { type Resource, synthesize } from './template.ts';

const template = synthesize();
const only = (type: string, from = template): Resource => {
  const found = from.ofType(type);
  expect(found).toHaveLength(1);
  return found[0] as Resource;
};

describe('the bucket', () => {
  const bucket = only('AWS::S3::Bucket');

  test('is closed to the public', () => {
    expect(bucket.Properties.PublicAccessBlockConfiguration).toEqual({
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    });
  });

  test('speaks TLS only', () => {
    const statements = only('AWS::S3::BucketPolicy').Properties.PolicyDocument?.Statement ?? [];
    expect(statements.map(({ Effect }) => Effect)).toEqual(['Deny', 'Deny']);
    expect(statements.map(({ Condition }) => Condition)).toEqual([
      { Bool: { 'aws:SecureTransport': 'false' } },
      { NumericLessThan: { 's3:TlsVersion': 1.2 } },
    ]);
  });

  test('forgets what was never ingested, plans of ended jobs, downloads and broken-off uploads', () => {
    const rules = bucket.Properties.LifecycleConfiguration?.Rules ?? [];
    expect(rules.map(({ Prefix, ExpirationInDays }) => [Prefix, ExpirationInDays])).toEqual([
      ['incoming/', 30],
      ['jobs/', 7],
      ['downloads/', 7],
      [undefined, undefined],
    ]);
    expect(rules[3]?.AbortIncompleteMultipartUpload).toEqual({ DaysAfterInitiation: 1 });
  });

  test('keeps no versions: what is erased is gone', () => {
    expect(bucket.Properties.VersioningConfiguration).toBeUndefined();
  });

  test('is open to no web page unless one is named', () => {
    expect(bucket.Properties.CorsConfiguration).toBeUndefined();
    const origins = ['https://a.example', 'https://b.example'];
    const named = only('AWS::S3::Bucket', synthesize({ CORS_ORIGINS: origins.join(', ') }));
    expect(named.Properties.CorsConfiguration?.CorsRules).toEqual([
      expect.objectContaining({
        AllowedOrigins: origins,
        AllowedMethods: ['POST', 'GET', 'HEAD'],
        ExposedHeaders: expect.arrayContaining(['ETag']),
      }),
    ]);
  });
});

describe('encryption of the bucket', () => {
  const encryption = (settings: Record<string, string>) =>
    only('AWS::S3::Bucket', synthesize(settings)).Properties.BucketEncryption?.ServerSideEncryptionConfiguration;
  const key = '0a1b2c3d-0000-4000-8000-123456789abc';

  test('is by S3’s keys unless another is asked for', () => {
    expect(encryption({})).toEqual([{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }]);
  });

  test('is by the account’s KMS key, asked once per bucket key and not per photo', () => {
    expect(encryption({ S3_SERVER_SIDE_ENCRYPTION: 'aws:kms' })).toEqual([
      { BucketKeyEnabled: true, ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } },
    ]);
  });

  test('is by the key that is named, which those may use who read or write photos', () => {
    const template = synthesize({ S3_SERVER_SIDE_ENCRYPTION: 'aws:kms', S3_SSE_KMS_KEY_ID: key });
    const rule = only('AWS::S3::Bucket', template).Properties.BucketEncryption?.ServerSideEncryptionConfiguration?.[0];
    expect(JSON.stringify(rule?.ServerSideEncryptionByDefault?.KMSMasterKeyID)).toContain(`key/${key}`);
    const withKms = template
      .ofType('AWS::IAM::Policy')
      .filter(({ Properties }) => JSON.stringify(Properties).includes('kms:Decrypt'))
      .map(({ id }) => id.replace(/(Role)?DefaultPolicy.*/, ''));
    expect(withKms.sort()).toEqual([
      'PipelineDescribe',
      'PipelineFaces',
      'PipelineIngest',
      'PipelineJobs',
      'PipelineOrganize',
      'PipelineSweep',
      'WebApi',
      'WebMedia',
      'WebUrlSigner',
    ]);
  });
});

describe('the table', () => {
  const { Properties } = only('AWS::DynamoDB::Table');

  test('costs by use, can be restored and cannot be dropped by mistake', () => {
    expect(Properties).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      DeletionProtectionEnabled: true,
      TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
    });
  });

  test('is keyed and indexed as the adapters read it', () => {
    const keys = (schema: typeof Properties.KeySchema) => schema?.map(({ AttributeName }) => AttributeName);
    expect(keys(Properties.KeySchema)).toEqual(['user_id', 'sk']);
    expect(
      Properties.GlobalSecondaryIndexes?.map(({ IndexName, KeySchema, Projection }) => [
        IndexName,
        keys(KeySchema),
        Projection?.ProjectionType,
      ]),
    ).toEqual([
      ['by_taken', ['user_id', 'taken_key'], 'KEYS_ONLY'],
      ['pending', ['shard', 'since'], 'KEYS_ONLY'],
    ]);
    // As bench/requests counts their writes.
    expect(INDEXES.map(({ name, hash, range, all }) => [name, [hash, range], all ? 'ALL' : 'KEYS_ONLY'])).toEqual(
      Properties.GlobalSecondaryIndexes?.map(({ IndexName, KeySchema, Projection }) => [
        IndexName,
        keys(KeySchema),
        Projection?.ProjectionType,
      ]),
    );
  });
});

test('photos, records and vectors stay when the stack goes', () => {
  for (const type of ['AWS::S3::Bucket', 'AWS::DynamoDB::Table', 'AWS::S3Vectors::VectorBucket']) {
    expect(only(type).DeletionPolicy, type).toBe('Retain');
  }
});

test('the secret is made with a URL key nobody has seen and no key of Azure', () => {
  expect(only('AWS::SecretsManager::Secret').Properties.GenerateSecretString).toMatchObject({
    SecretStringTemplate: '{"azure_openai_api_key":""}',
    GenerateStringKey: 'url_signing_key',
    PasswordLength: 64,
  });
});
