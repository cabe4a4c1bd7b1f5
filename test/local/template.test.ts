import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { resolveIntrinsics, UnresolvableIntrinsic } from '../../local/intrinsics.ts';
import { createScope } from '../../local/physical-ids.ts';
import { readMappings } from '../../local/queue-mappings.ts';
import { UnknownResourceTypes } from '../../local/resource-types.ts';
import { loadTemplate, readOutputs, UnusableTemplate } from '../../local/template.ts';
import { emptyFolder, loadResources, where, writeAssembly } from './fixtures/assembly.ts';

const TEMPLATE = {
  Parameters: { BootstrapVersion: { Type: 'String', Default: '/cdk/version' } },
  Mappings: { Sizes: { 'eu-central-1': { memory: 'large' } } },
  Conditions: {
    IsEurope: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'eu-central-1'] },
    IsElsewhere: { 'Fn::Not': [{ Condition: 'IsEurope' }] },
    Both: {
      'Fn::And': [{ Condition: 'IsEurope' }, { 'Fn::Or': [{ Condition: 'IsElsewhere' }, { Condition: 'IsEurope' }] }],
    },
  },
  Resources: {
    Photos: { Type: 'AWS::S3::Bucket' },
    Named: { Type: 'AWS::SQS::Queue', Properties: { QueueName: { 'Fn::Join': ['-', ['my', 'queue']] } } },
    Ordered: { Type: 'AWS::SQS::Queue', Properties: { FifoQueue: true } },
    Records: { Type: 'AWS::DynamoDB::Table' },
    Signer: { Type: 'AWS::IAM::Role' },
    Vectors: { Type: 'AWS::S3Vectors::VectorBucket' },
    Keys: { Type: 'AWS::SecretsManager::Secret' },
  },
  Outputs: {
    Bucket: { Value: { Ref: 'Photos' } },
    Hidden: { Value: 'x', Condition: 'IsElsewhere' },
  },
};

describe('intrinsics', () => {
  const template = loadTemplate(writeAssembly(TEMPLATE));
  const scope = createScope(template, { ...where, secretArns: new Map([['Keys', 'arn:secret-AbCdEf']]) });

  test.each<[string, unknown, unknown]>([
    ['Ref of a bucket is its name', { Ref: 'Photos' }, 'app-photos'],
    ['Ref of a queue is its URL', { Ref: 'Named' }, 'http://127.0.0.1:4566/000000000000/my-queue'],
    ['Ref of a FIFO queue ends as it must', { Ref: 'Ordered' }, 'http://127.0.0.1:4566/000000000000/app-Ordered.fifo'],
    ['Ref of a secret is its ARN', { Ref: 'Keys' }, 'arn:secret-AbCdEf'],
    ['Ref of a parameter is its default', { Ref: 'BootstrapVersion' }, '/cdk/version'],
    ['GetAtt of a bucket', { 'Fn::GetAtt': ['Photos', 'Arn'] }, 'arn:aws:s3:::app-photos'],
    ['GetAtt of a queue, as text', { 'Fn::GetAtt': 'Named.Arn' }, 'arn:aws:sqs:eu-central-1:000000000000:my-queue'],
    [
      'GetAtt of a table',
      { 'Fn::GetAtt': ['Records', 'Arn'] },
      'arn:aws:dynamodb:eu-central-1:000000000000:table/app-Records',
    ],
    ['GetAtt of a role', { 'Fn::GetAtt': ['Signer', 'Arn'] }, 'arn:aws:iam::000000000000:role/app-Signer'],
    [
      'the name inside an ARN',
      { 'Fn::Select': [1, { 'Fn::Split': ['/', { 'Fn::GetAtt': ['Vectors', 'VectorBucketArn'] }] }] },
      'app-vectors',
    ],
    [
      'Sub',
      { 'Fn::Sub': `x-\${Photos}-\${Photos.Arn}-\${AWS::Region}-\${!Literal}` },
      `x-app-photos-arn:aws:s3:::app-photos-eu-central-1-\${Literal}`,
    ],
    [
      'Sub with values',
      { 'Fn::Sub': [`\${a}/\${AWS::AccountId}`, { a: { Ref: 'Photos' } }] },
      'app-photos/000000000000',
    ],
    ['Join of numbers and text', { 'Fn::Join': ['', ['a', 1, { Ref: 'AWS::Partition' }]] }, 'a1aws'],
    ['If', { 'Fn::If': ['Both', 'yes', 'no'] }, 'yes'],
    ['FindInMap', { 'Fn::FindInMap': ['Sizes', { Ref: 'AWS::Region' }, 'memory'] }, 'large'],
    ['Base64', { 'Fn::Base64': 'hi' }, 'aGk='],
    [
      'NoValue takes its key along',
      { a: 1, b: { Ref: 'AWS::NoValue' }, c: [{ Ref: 'AWS::NoValue' }, 2] },
      { a: 1, c: [2] },
    ],
    ['what is no intrinsic stays', { Refs: ['a'], deep: { Ref: 'AWS::StackName' } }, { Refs: ['a'], deep: 'app' }],
  ])('%s', (_, value, expected) => {
    expect(resolveIntrinsics(value, scope)).toEqual(expected);
  });

  test.each<[string, unknown, RegExp]>([
    ['a Ref to nothing', { Ref: 'Nothing' }, /"Nothing"/],
    ['an attribute nobody knows', { 'Fn::GetAtt': ['Photos', 'Colour'] }, /"Photos.Colour"/],
    ['a function nobody knows', { 'Fn::Length': [] }, /Fn::Length/],
    ['an index out of range', { 'Fn::Select': [3, ['a']] }, /within the list/],
  ])('%s is an error that names it', (_, value, message) => {
    expect(() => resolveIntrinsics(value, scope)).toThrow(UnresolvableIntrinsic);
    expect(() => resolveIntrinsics(value, scope)).toThrow(message);
  });

  test('outputs leave out those whose condition is false', () => {
    expect(readOutputs(template, scope)).toEqual({ Bucket: 'app-photos' });
  });
});

describe('loading', () => {
  test('refuses types nobody decided about, naming each', () => {
    const folder = writeAssembly({
      Resources: { A: { Type: 'AWS::EC2::Instance' }, B: { Type: 'Custom::Magic' }, C: { Type: 'AWS::S3::Bucket' } },
    });
    expect(() => loadTemplate(folder)).toThrow(UnknownResourceTypes);
    expect(() => loadTemplate(folder)).toThrow(/AWS::EC2::Instance \(A\)\n {2}Custom::Magic \(B\)\n(?!.*Bucket)/);
  });

  test('refuses a folder without a template, or with two', () => {
    expect(() => loadTemplate(emptyFolder())).toThrow(UnusableTemplate);
    const two = writeAssembly(TEMPLATE);
    writeFileSync(join(two, 'second.template.json'), '{}');
    expect(() => loadTemplate(two)).toThrow(/exactly one/);
  });

  test('finds assets by the key a function names', () => {
    const files = { abc: { source: { path: 'asset.abc' }, destinations: { here: { objectKey: 'abc.zip' } } } };
    const folder = writeAssembly(TEMPLATE, files);
    expect(loadTemplate(folder).assets.get('abc.zip')).toBe(join(folder, 'asset.abc'));
  });
});

test('a property the local stack neither acts on nor knowingly leaves alone is an error that names it', () => {
  const mapping = {
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: { EventSourceArn: 'arn:q', FunctionName: 'f', FilterCriteria: { Filters: [] } },
  };
  const { template, scope } = loadResources({ Feed: mapping });
  expect(() => readMappings(template, scope, 3)).toThrow(/Feed[\s\S]*FilterCriteria/);
});
