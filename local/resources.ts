import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DescribeTableCommand,
  DynamoDBClient,
  type GlobalSecondaryIndex,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, PutBucketCorsCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateVectorBucketCommand, S3VectorsClient } from '@aws-sdk/client-s3vectors';
import { CreateQueueCommand, SetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod';
import type { Scope } from './intrinsics.ts';
import { propertiesOf, type Template, type View, viewResources } from './template.ts';

/** Creates the stack's buckets, queues, tables and vector buckets through the SDK. What is there from an earlier run stays. */

const TABLE_POLL_MS = 50;

const bucketSchema = propertiesOf(
  {
    CorsConfiguration: z
      .object({
        CorsRules: z.array(
          z.object({
            AllowedHeaders: z.array(z.string()).optional(),
            AllowedMethods: z.array(z.string()),
            AllowedOrigins: z.array(z.string()),
            ExposedHeaders: z.array(z.string()).optional(),
            MaxAge: z.number().optional(),
          }),
        ),
      })
      .optional(),
  },
  [
    'BucketEncryption',
    'BucketName',
    'LifecycleConfiguration',
    'NotificationConfiguration',
    'OwnershipControls',
    'PublicAccessBlockConfiguration',
    'Tags',
  ],
);
/** Properties of a queue that are attributes of the same name in SQS. */
const QUEUE_ATTRIBUTES = [
  'ContentBasedDeduplication',
  'DeduplicationScope',
  'DelaySeconds',
  'FifoQueue',
  'FifoThroughputLimit',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'RedriveAllowPolicy',
  'RedrivePolicy',
  'SqsManagedSseEnabled',
  'VisibilityTimeout',
] as const;
const queueSchema = propertiesOf(Object.fromEntries(QUEUE_ATTRIBUTES.map((name) => [name, z.unknown().optional()])), [
  'QueueName',
  'Tags',
]);
const keys = z.array(z.object({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) }));
const index = z.object({
  IndexName: z.string(),
  KeySchema: keys,
  Projection: z.object({
    ProjectionType: z.enum(['ALL', 'KEYS_ONLY', 'INCLUDE']),
    NonKeyAttributes: z.array(z.string()).optional(),
  }),
});
const tableSchema = propertiesOf(
  {
    KeySchema: keys,
    AttributeDefinitions: z.array(z.object({ AttributeName: z.string(), AttributeType: z.enum(['S', 'N', 'B']) })),
    GlobalSecondaryIndexes: z.array(index).optional(),
    LocalSecondaryIndexes: z.array(index).optional(),
    BillingMode: z.literal('PAY_PER_REQUEST', 'expected a table on demand'),
  },
  // Expired items stay until they are overwritten: readers filter them, as DynamoDB may keep them for days too.
  [
    'DeletionProtectionEnabled',
    'PointInTimeRecoverySpecification',
    'Replicas',
    'SSESpecification',
    'TableName',
    'Tags',
    'TimeToLiveSpecification',
  ],
);
type Table = z.infer<typeof tableSchema>;

/** Clients take their endpoints and credentials from here. */
export interface ClientOptions {
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly endpoints: Readonly<Record<'s3' | 'sqs' | 'dynamodb' | 's3vectors' | 'secretsmanager' | 'kms', string>>;
}

function isNamed(error: unknown, ...names: string[]): boolean {
  return error instanceof Error && names.includes(error.name);
}

async function createBuckets(template: Template, scope: Scope, s3: S3Client): Promise<void> {
  for (const { logicalId, properties } of viewResources(template, scope, ['AWS::S3::Bucket'], bucketSchema)) {
    const Bucket = scope.ref(logicalId);
    try {
      await s3.send(new CreateBucketCommand({ Bucket }));
    } catch (error) {
      if (!isNamed(error, 'BucketAlreadyOwnedByYou', 'BucketAlreadyExists')) throw error;
    }
    const rules = properties.CorsConfiguration?.CorsRules;
    if (!rules) continue;
    const CORSRules = rules.map(({ ExposedHeaders, MaxAge, ...rule }) => ({
      ...rule,
      ExposeHeaders: ExposedHeaders,
      MaxAgeSeconds: MaxAge,
    }));
    await s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }));
  }
}

async function createQueue({ logicalId, properties }: View<Record<string, unknown>>, scope: Scope, sqs: SQSClient) {
  const entries = QUEUE_ATTRIBUTES.filter((name) => properties[name] !== undefined).map((name) => {
    const value = properties[name];
    return [name, typeof value === 'object' ? JSON.stringify(value) : String(value)];
  });
  const QueueName = scope.attribute(logicalId, 'QueueName');
  const Attributes = Object.fromEntries(entries);
  try {
    await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
  } catch (error) {
    if (!isNamed(error, 'QueueNameExists')) throw error;
    // It is there with other attributes: the template has changed since.
    const { FifoQueue: _, ...changeable } = Attributes;
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl: scope.ref(logicalId), Attributes: changeable }));
  }
}

async function waitUntilActive(dynamodb: DynamoDBClient, TableName: string): Promise<readonly (string | undefined)[]> {
  for (;;) {
    const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName }));
    const indexes = Table?.GlobalSecondaryIndexes ?? [];
    if ([Table?.TableStatus, ...indexes.map(({ IndexStatus }) => IndexStatus)].every((status) => status === 'ACTIVE')) {
      return indexes.map(({ IndexName }) => IndexName);
    }
    await sleep(TABLE_POLL_MS);
  }
}

async function createTable(TableName: string, table: Table, dynamodb: DynamoDBClient): Promise<void> {
  const { KeySchema, AttributeDefinitions, GlobalSecondaryIndexes, LocalSecondaryIndexes, BillingMode } = table;
  const input: CreateTableCommandInput = {
    TableName,
    KeySchema,
    AttributeDefinitions,
    GlobalSecondaryIndexes,
    LocalSecondaryIndexes,
    BillingMode,
  };
  try {
    await dynamodb.send(new CreateTableCommand(input));
  } catch (error) {
    if (!isNamed(error, 'ResourceInUseException')) throw error;
  }
  const there = await waitUntilActive(dynamodb, TableName);
  const missing = (table.GlobalSecondaryIndexes ?? []).filter(({ IndexName }) => !there.includes(IndexName));
  for (const added of missing) {
    const Create: GlobalSecondaryIndex = added;
    const { IndexName, KeySchema, Projection } = Create;
    await dynamodb.send(
      new UpdateTableCommand({
        TableName,
        AttributeDefinitions: table.AttributeDefinitions,
        GlobalSecondaryIndexUpdates: [{ Create: { IndexName, KeySchema, Projection } }],
      }),
    );
    await waitUntilActive(dynamodb, TableName);
  }
}

async function createVectorBuckets(template: Template, scope: Scope, vectors: S3VectorsClient): Promise<void> {
  for (const { logicalId } of viewResources(template, scope, ['AWS::S3Vectors::VectorBucket'], z.unknown())) {
    const vectorBucketName = scope.ref(logicalId)?.split('/').at(-1);
    try {
      await vectors.send(new CreateVectorBucketCommand({ vectorBucketName }));
    } catch (error) {
      if (!isNamed(error, 'ConflictException')) throw error;
    }
  }
}

/** Resolves once everything the functions rely on is there and ready. Idempotent. */
export async function createResources(template: Template, scope: Scope, options: ClientOptions): Promise<void> {
  const client = (service: keyof ClientOptions['endpoints']) => ({
    region: options.region,
    credentials: options.credentials,
    endpoint: options.endpoints[service],
  });
  const s3 = new S3Client({ ...client('s3'), forcePathStyle: true });
  const sqs = new SQSClient(client('sqs'));
  const dynamodb = new DynamoDBClient(client('dynamodb'));
  const vectors = new S3VectorsClient(client('s3vectors'));
  try {
    const tables = viewResources(template, scope, ['AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable'], tableSchema);
    const queues = viewResources(template, scope, ['AWS::SQS::Queue'], queueSchema);
    await Promise.all([
      createBuckets(template, scope, s3),
      createVectorBuckets(template, scope, vectors),
      ...queues.map((queue) => createQueue(queue, scope, sqs)),
      ...tables.map(({ logicalId, properties }) => createTable(scope.ref(logicalId) ?? '', properties, dynamodb)),
    ]);
  } finally {
    for (const opened of [s3, sqs, dynamodb, vectors]) opened.destroy();
  }
}
