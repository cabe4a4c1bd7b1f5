import { describe, expect, test } from 'vitest';
import { type Json, type Resource, referenced, synthesize } from './template.ts';

const template = synthesize();

interface Statement {
  of: string;
  actions: string[];
  resources: readonly Json[];
  effect: string;
  condition: Json | undefined;
}

/** Policies write a single value without its list. */
const list = (value: Json | undefined): readonly Json[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

const statements: Statement[] = template.ofType('AWS::IAM::Policy').flatMap(({ id, Properties }) =>
  list(Properties.PolicyDocument?.Statement).map(({ Action, Resource, Effect, Condition }) => ({
    of: id.replace(/(Role)?DefaultPolicy.*/, ''),
    actions: list(Action).map(String),
    resources: list(Resource),
    effect: String(Effect),
    condition: Condition,
  })),
);
const actionsOf = (role: string, service: string) =>
  statements
    .filter(({ of }) => of === role)
    .flatMap(({ actions }) => actions)
    .filter((action) => action.startsWith(`${service}:`))
    .sort();
/** The wildcard part of an ARN, `/originals/*`, or the ARN's own logical id. */
const shortResource = (value: Json) => String(value['Fn::Join']?.[1]?.at(-1) ?? referenced(value) ?? value);
const resourcesFor = (role: string, action: string) =>
  statements
    .filter(({ of, actions }) => of === role && actions.includes(action))
    .flatMap(({ resources }) => resources.map(shortResource))
    .sort();

test('no policy allows an action by a wildcard', () => {
  for (const { of, actions } of statements)
    for (const action of actions) expect(action, of).toMatch(/^[a-z0-9]+:[A-Za-z]+$/);
});

test('no policy reaches every resource but for traces, which cannot be narrower', () => {
  const everywhere = statements.filter(({ resources }) => resources.map(String).includes('*'));
  for (const { actions } of everywhere) expect(actions).toEqual(['xray:PutTelemetryRecords', 'xray:PutTraceSegments']);
});

test('a wildcard in a resource stands for objects of one prefix, or for the users’ vector indexes', () => {
  const wild = statements
    .flatMap(({ resources }) => resources.map(shortResource))
    .filter((resource) => resource.includes('*'));
  const allowed = [
    '*',
    '/downloads/*',
    '/incoming/*',
    '/jobs/*',
    '/originals/*',
    '/raw/*',
    '/thumbnails/*',
    '/index/u-*',
  ];
  expect([...new Set(wild)].sort()).toEqual(allowed.sort());
});

test('no role takes a policy of AWS’s but those by which the gateway writes logs and releases are shifted', () => {
  const managed = template
    .ofType('AWS::IAM::Role')
    .filter(({ Properties }) => Properties.ManagedPolicyArns !== undefined);
  expect(managed.map(({ id }) => id)).toEqual([
    expect.stringMatching(/CloudWatchRole/),
    expect.stringMatching(/^OperationsReleases/),
  ]);
});

describe('what each function may do with photos', () => {
  const bucket = (role: string) =>
    Object.fromEntries(
      ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'].map((action) => [
        action.slice(3),
        resourcesFor(role, action),
      ]),
    );
  const [downloads, incoming, jobs, originals, raw, thumbnails] = [
    '/downloads/*',
    '/incoming/*',
    '/jobs/*',
    '/originals/*',
    '/raw/*',
    '/thumbnails/*',
  ];

  test.each([
    ['WebAuthorizer', [], [], []],
    ['WebApi', [raw], [incoming, jobs], []],
    ['WebMedia', [originals, thumbnails], [], []],
    ['WebUrlSigner', [downloads, originals, thumbnails], [incoming], []],
    ['PipelineIngest', [incoming, originals], [originals, raw, thumbnails], [incoming, originals, raw, thumbnails]],
    ['PipelineDescribe', [thumbnails], [], []],
    ['PipelineFaces', [originals, thumbnails], [thumbnails], [thumbnails]],
    ['PipelineOrganize', [jobs], [jobs], [incoming, originals, raw, thumbnails]],
    ['PipelineJobs', [jobs, originals], [downloads, jobs], [downloads, incoming, jobs, originals, raw, thumbnails]],
    ['PipelineSweep', [incoming], [originals], [incoming, originals]],
  ])('%s', (role, GetObject, PutObject, DeleteObject) => {
    expect(bucket(role)).toEqual({ GetObject, PutObject, DeleteObject });
  });
});

test('only organize writes vectors', () => {
  const writers = statements.filter(({ actions }) => actions.some((action) => action.startsWith('s3vectors:Put')));
  expect(writers.map(({ of }) => of)).toEqual(['PipelineOrganize']);
  expect(actionsOf('PipelineOrganize', 's3vectors')).toEqual([
    's3vectors:CreateIndex',
    's3vectors:DeleteVectors',
    's3vectors:PutVectors',
  ]);
});

test('the api asks vector indexes and the timeline, and changes neither', () => {
  expect(actionsOf('WebApi', 's3vectors')).toEqual(['s3vectors:GetVectorBucket', 's3vectors:QueryVectors']);
  expect(resourcesFor('WebApi', 's3vectors:QueryVectors')).toEqual(['/index/u-*']);
  expect(resourcesFor('WebApi', 'dynamodb:Query')).toContain('/index/by_taken');
});

test('media and the authorizer read single records, and media counts what links are used for', () => {
  expect(actionsOf('WebAuthorizer', 'dynamodb')).toEqual(['dynamodb:GetItem']);
  expect(actionsOf('WebMedia', 'dynamodb')).toEqual(['dynamodb:GetItem', 'dynamodb:UpdateItem']);
  const counting = statements.find(({ of, actions }) => of === 'WebMedia' && actions.includes('dynamodb:UpdateItem'));
  expect(counting?.condition).toEqual({ 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['LINK#*'] } });
});

test('who sends photos on another round may begin it at any stage', () => {
  const queues = ['Describe', 'Faces', 'Ingest', 'Organize'].map((name) =>
    expect.stringMatching(new RegExp(`${name}Queue`)),
  );
  expect(resourcesFor('PipelineJobs', 'sqs:SendMessage')).toEqual(queues);
  expect(resourcesFor('WebApi', 'sqs:SendMessage')).toEqual(expect.arrayContaining(queues));
});

test('who works on a queue that is fair between users may remind it of a backlog', () => {
  for (const name of ['Ingest', 'Describe', 'Faces']) {
    const queues = resourcesFor(`Pipeline${name}`, 'sqs:SendMessage');
    expect(queues).toContainEqual(expect.stringMatching(new RegExp(`${name}Queue`)));
  }
});

test('only those read the secret who use one of its keys', () => {
  const readers = statements.filter(({ actions }) => actions.includes('secretsmanager:GetSecretValue'));
  expect(readers.map(({ of }) => of).sort()).toEqual(['PipelineDescribe', 'PipelineJobs', 'WebApi', 'WebMedia']);
});

describe('the role that signs URLs', () => {
  const role = template.ofType('AWS::IAM::Role').find(({ id }) => id.startsWith('WebUrlSigner')) as Resource;

  test('is trusted to api and media alone', () => {
    const principals = list(role.Properties.AssumeRolePolicyDocument?.Statement).flatMap(({ Principal }) =>
      list(Principal?.AWS),
    );
    expect(principals.map((principal) => referenced(principal)?.replace(/Role.*/, '')).sort()).toEqual([
      'WebApi',
      'WebMedia',
    ]);
  });

  test('is assumed by those two, who are told its name', () => {
    const callers = statements.filter(({ actions }) => actions.includes('sts:AssumeRole'));
    expect(callers.map(({ of, resources }) => [of, referenced(resources[0])])).toEqual([
      ['WebApi', role.id],
      ['WebMedia', role.id],
    ]);
    const told = template
      .ofType('AWS::Lambda::Function')
      .filter(({ Properties }) => Properties.Environment?.Variables?.URL_SIGNER_ROLE_ARN);
    expect(told).toHaveLength(2);
  });
});

test('nothing lets the public in', () => {
  for (const type of ['AWS::SQS::QueuePolicy', 'AWS::S3::BucketPolicy']) {
    for (const { id, Properties } of template.ofType(type)) {
      for (const { Effect, Principal } of list(Properties.PolicyDocument?.Statement)) {
        if (String(Effect) === 'Allow') expect(JSON.stringify(Principal), id).not.toContain('*');
      }
    }
  }
  expect(template.ofType('AWS::Lambda::Url')).toEqual([]);
});
