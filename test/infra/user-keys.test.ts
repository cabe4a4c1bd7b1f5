import { expect, test } from 'vitest';
import { functionName, type Json, type Resource, referenced, synthesize } from './template.ts';

const template = synthesize({ ENCRYPTION: 'user' });
const list = (value: Json | undefined): readonly Json[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];
const one = (type: string, from = template): Resource => {
  const [found, ...more] = from.ofType(type);
  if (!found || more.length > 0) throw new Error(`Expected one ${type}`);
  return found;
};
const masterKey = one('AWS::KMS::Key');
const keys = template.ofType('AWS::DynamoDB::Table').find(({ id }) => id.includes('UserKeys')) as Resource;

/** By role: what it may do with `resource`. */
function allowed(resource: Resource): Record<string, { actions: string[]; condition: Json | undefined }> {
  const found = template.ofType('AWS::IAM::Policy').flatMap(({ id, Properties }) =>
    list(Properties.PolicyDocument?.Statement)
      .filter((statement) => list(statement.Resource).some((value) => referenced(value) === resource.id))
      .map(
        ({ Action, Condition }) =>
          [
            id.replace(/RoleDefaultPolicy.*/, ''),
            { actions: list(Action).map(String).sort(), condition: Condition },
          ] as const,
      ),
  );
  return Object.fromEntries(found);
}

test('by default the stack has neither keys nor a table for them, and no function is told of any', () => {
  const usual = synthesize();
  expect(usual.ofType('AWS::KMS::Key')).toEqual([]);
  expect(usual.ofType('AWS::DynamoDB::Table')).toHaveLength(1);
  expect(usual.text).not.toMatch(/kms:|USER_KEYS|ENCRYPTION"/);
});

test('wrapped keys lie in a table of their own that remembers nothing that was erased', () => {
  const { Properties, DeletionPolicy } = keys;
  expect(Properties.PointInTimeRecoverySpecification?.PointInTimeRecoveryEnabled ?? false).toBe(false);
  expect(Properties.StreamSpecification).toBeUndefined();
  expect([Properties.DeletionProtectionEnabled, DeletionPolicy]).toEqual([true, 'Retain']);
  // A stack that is made anew finds the name taken, instead of beginning with an empty table.
  expect(Properties.TableName).toBe('shoebox-dev-user-keys');
});

test('the master key is rotated, and stays when the stack is deleted', () => {
  expect(masterKey.Properties.EnableKeyRotation).toBe(true);
  expect(masterKey.DeletionPolicy).toBe('Retain');
});

test('who stores pictures may make a key, who shows them may read it, nobody else has to do with keys', () => {
  const of = (actions: string[]) => expect.objectContaining({ actions });
  const [read, write] = [of(['dynamodb:GetItem']), of(['dynamodb:GetItem', 'dynamodb:PutItem'])];
  expect(allowed(keys)).toEqual({
    PipelineDescribe: read,
    PipelineFaces: write,
    PipelineIngest: write,
    PipelineJobs: write,
    PipelineSweep: write,
    WebApi: read,
    WebMedia: read,
  });
  const [unwrap, make] = [of(['kms:Decrypt']), of(['kms:Decrypt', 'kms:GenerateDataKey'])];
  expect(allowed(masterKey)).toEqual({
    PipelineDescribe: unwrap,
    PipelineFaces: make,
    PipelineIngest: make,
    PipelineJobs: make,
    PipelineSweep: make,
    WebApi: unwrap,
    WebMedia: unwrap,
  });
});

test('the master key is used with a user’s id in its context, and nothing beside', () => {
  for (const { condition } of Object.values(allowed(masterKey))) {
    expect(condition).toEqual({
      StringEquals: { 'kms:EncryptionContext:app': ['shoebox'] },
      Null: { 'kms:EncryptionContext:user_id': ['false'] },
      'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['app', 'user_id'] },
    });
  }
});

test('the functions that may use keys are told where they are, and pictures go through the API', () => {
  const told = template
    .ofType('AWS::Lambda::Function')
    .filter(({ Properties }) => Properties.Environment?.Variables?.ENCRYPTION !== undefined);
  expect(told.map(functionName).sort()).toEqual(['api', 'describe', 'faces', 'ingest', 'jobs', 'media', 'sweep']);
  for (const { Properties } of told) {
    const told = Properties.Environment?.Variables;
    expect([
      String(told?.ENCRYPTION),
      referenced(told?.USER_KEYS_TABLE_NAME),
      referenced(told?.USER_KEYS_MASTER_KEY_ARN),
    ]).toEqual(['user', keys.id, masterKey.id]);
    expect(told?.IMAGE_URL_MODE ?? 'proxy').toBe('proxy');
  }
});

test('what signs URLs of S3 can sign none for a picture', () => {
  const signer = template.ofType('AWS::IAM::Policy').filter(({ id }) => id.includes('UrlSigner'));
  expect(JSON.stringify(signer)).toContain('s3:PutObject');
  expect(JSON.stringify(signer)).not.toContain('s3:GetObject');
});

test('URLs straight to S3 are refused where only functions can decrypt', () => {
  expect(() => synthesize({ ENCRYPTION: 'user', IMAGE_URL_MODE: 'presigned' })).toThrow(
    /IMAGE_URL_MODE: `presigned` cannot be used with ENCRYPTION=user/,
  );
  expect(() => synthesize({ ENCRYPTION: 'users' })).toThrow(/ENCRYPTION/);
});
