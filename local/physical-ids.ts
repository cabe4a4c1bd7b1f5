import { resolveIntrinsics, type Scope } from './intrinsics.ts';
import type { Resource, Template } from './template.ts';

/** Where the stack pretends to live. */
export interface Locality {
  readonly region: string;
  readonly accountId: string;
  /** Base URL of the SQS emulator, without a trailing slash; queue URLs begin with it. */
  readonly sqsEndpoint: string;
  /** The secrets' ARNs by logical id: Secrets Manager ends them in six characters of its own. */
  readonly secretArns?: ReadonlyMap<string, string>;
  /** The ARNs of KMS keys by logical id: KMS chooses their ids. */
  readonly keyArns?: ReadonlyMap<string, string>;
}

interface Identity {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** `property` answers a property of the resource, resolved, as text. */
type Identify = (name: string, where: Locality, logicalId: string, property: (name: string) => string) => Identity;

const arn = (service: string, where: Locality, resource: string) =>
  `arn:aws:${service}:${where.region}:${where.accountId}:${resource}`;

const named =
  (service: string, kind: string): Identify =>
  (name, where) => ({ ref: name, attributes: { Arn: arn(service, where, `${kind}${name}`) } });

const identified: Identify = (name) => ({ ref: name, attributes: {} });

const table: Identify = (name, where) => ({
  ref: name,
  attributes: { Arn: arn('dynamodb', where, `table/${name}`), TableId: name },
});

/** What `Ref` and `Fn::GetAtt` answer per type, as the CloudFormation reference lists them ("Return values"). */
const IDENTITIES: Readonly<Record<string, Identify>> = {
  'AWS::ApiGateway::Deployment': (name) => ({ ref: name, attributes: { DeploymentId: name } }),
  'AWS::ApiGateway::Authorizer': (name) => ({ ref: name, attributes: { AuthorizerId: name } }),
  'AWS::ApiGateway::Resource': (name) => ({ ref: name, attributes: { ResourceId: name } }),
  'AWS::ApiGateway::RestApi': (name, _, logicalId) => ({
    ref: name,
    attributes: { RestApiId: name, RootResourceId: rootResourceId(logicalId) },
  }),
  'AWS::DynamoDB::GlobalTable': table,
  'AWS::DynamoDB::Table': table,
  'AWS::Events::Rule': named('events', 'rule/'),
  'AWS::IAM::ManagedPolicy': (name, where) => ({
    ref: `arn:aws:iam::${where.accountId}:policy/${name}`,
    attributes: {},
  }),
  'AWS::IAM::Role': (name, where) => ({
    ref: name,
    attributes: { Arn: `arn:aws:iam::${where.accountId}:role/${name}`, RoleId: name },
  }),
  'AWS::KMS::Key': (name, where, logicalId) => {
    const key = where.keyArns?.get(logicalId) ?? arn('kms', where, `key/${name}`);
    return { ref: key.split('/').at(-1) ?? name, attributes: { Arn: key, KeyId: key.split('/').at(-1) ?? name } };
  },
  'AWS::Lambda::Alias': (name, where, _, property) => {
    const alias = arn('lambda', where, `function:${property('FunctionName')}:${name}`);
    return { ref: alias, attributes: { AliasArn: alias } };
  },
  'AWS::Lambda::Function': named('lambda', 'function:'),
  'AWS::Lambda::LayerVersion': (name, where) => {
    const version = arn('lambda', where, `layer:${name}:1`);
    return { ref: version, attributes: { LayerVersionArn: version } };
  },
  'AWS::Lambda::Version': (_, where, __, property) => {
    const version = arn('lambda', where, `function:${property('FunctionName')}:1`);
    return { ref: version, attributes: { FunctionArn: version, Version: '1' } };
  },
  'AWS::Logs::LogGroup': named('logs', 'log-group:'),
  'AWS::S3::Bucket': (name, where) => ({
    ref: name,
    attributes: {
      Arn: `arn:aws:s3:::${name}`,
      DomainName: `${name}.s3.amazonaws.com`,
      RegionalDomainName: `${name}.s3.${where.region}.amazonaws.com`,
      DualStackDomainName: `${name}.s3.dualstack.${where.region}.amazonaws.com`,
    },
  }),
  'AWS::S3Vectors::VectorBucket': (name, where) => {
    const bucket = arn('s3vectors', where, `bucket/${name}`);
    return { ref: bucket, attributes: { VectorBucketArn: bucket } };
  },
  'AWS::SNS::Topic': (name, where) => {
    const topic = arn('sns', where, name);
    return { ref: topic, attributes: { TopicArn: topic, TopicName: name } };
  },
  'AWS::SQS::Queue': (name, where) => ({
    ref: queueUrl(name, where),
    attributes: { Arn: arn('sqs', where, name), QueueName: name, QueueUrl: queueUrl(name, where) },
  }),
  'AWS::Scheduler::Schedule': named('scheduler', 'schedule/default/'),
  'AWS::SecretsManager::Secret': (name, where, logicalId) => {
    const secret = where.secretArns?.get(logicalId) ?? arn('secretsmanager', where, `secret:${name}`);
    return { ref: secret, attributes: { Id: secret } };
  },
  'AWS::WAFv2::WebACL': (name, where) => ({
    ref: name,
    attributes: { Arn: arn('wafv2', where, `regional/webacl/${name}`) },
  }),
};

/** The property by which a template may name a resource itself. */
const NAME_PROPERTIES: Readonly<Record<string, string>> = {
  'AWS::ApiGateway::Stage': 'StageName',
  'AWS::DynamoDB::GlobalTable': 'TableName',
  'AWS::DynamoDB::Table': 'TableName',
  'AWS::Events::Rule': 'Name',
  'AWS::IAM::Role': 'RoleName',
  'AWS::Lambda::Alias': 'Name',
  'AWS::Lambda::Function': 'FunctionName',
  'AWS::Logs::LogGroup': 'LogGroupName',
  'AWS::S3::Bucket': 'BucketName',
  'AWS::S3Vectors::VectorBucket': 'VectorBucketName',
  'AWS::SNS::Topic': 'TopicName',
  'AWS::SQS::Queue': 'QueueName',
  'AWS::Scheduler::Schedule': 'Name',
  'AWS::SecretsManager::Secret': 'Name',
};

const LOWER_CASE_NAMES = new Set(['AWS::S3::Bucket', 'AWS::S3Vectors::VectorBucket']);
const LONGEST_NAME = 63;

/** The root of the resource tree has no resource of its own in a template, only this id. */
export function rootResourceId(restApiLogicalId: string): string {
  return `${restApiLogicalId}-root`;
}

/** The URL by which functions and the runner name a queue. */
function queueUrl(name: string, where: Locality): string {
  return `${where.sqsEndpoint}/${where.accountId}/${name}`;
}

function generatedName(template: Template, logicalId: string, resource: Resource): string {
  const name = `${template.stackName}-${logicalId}`;
  if (LOWER_CASE_NAMES.has(resource.Type)) return name.toLowerCase().slice(0, LONGEST_NAME);
  return resource.Properties.FifoQueue === true ? `${name}.fifo` : name;
}

/**
 * Gives every resource a physical name and answers intrinsics from them. Names depend on nothing but the stack and the logical
 * id, so a changed template finds the buckets, tables and queues of the last run again.
 */
export function createScope(template: Template, where: Locality): Scope {
  const known = new Map<string, Identity>();

  function identify(logicalId: string): Identity | undefined {
    const existing = known.get(logicalId);
    if (existing) return existing;
    const resource = template.resources.get(logicalId);
    if (!resource) return undefined;
    const readProperty = (property: string) => resolveIntrinsics(resource.Properties[property], scope);
    const property = NAME_PROPERTIES[resource.Type];
    const given = property === undefined ? undefined : readProperty(property);
    const name = typeof given === 'string' ? given : generatedName(template, logicalId, resource);
    const identity = (IDENTITIES[resource.Type] ?? identified)(name, where, logicalId, (asked) =>
      String(readProperty(asked)),
    );
    known.set(logicalId, identity);
    return identity;
  }

  const pseudo: Record<string, string> = {
    'AWS::AccountId': where.accountId,
    'AWS::Partition': 'aws',
    'AWS::Region': where.region,
    'AWS::StackId': arn('cloudformation', where, `stack/${template.stackName}/local`),
    'AWS::StackName': template.stackName,
    'AWS::URLSuffix': 'amazonaws.com',
  };

  const scope: Scope = {
    ref(name) {
      if (name in pseudo) return pseudo[name];
      const parameter = template.parameters[name];
      return parameter ? String(parameter.Default ?? '') : identify(name)?.ref;
    },
    attribute: (logicalId, name) => identify(logicalId)?.attributes[name],
    condition: (name) => template.conditions[name],
    mapping: (map, key, name) => template.mappings[map]?.[key]?.[name],
  };
  return scope;
}
