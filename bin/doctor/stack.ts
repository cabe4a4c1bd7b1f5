import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  CloudFormationClient,
  DescribeStacksCommand,
  paginateListStackResources,
} from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { S3VectorsClient } from '@aws-sdk/client-s3vectors';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import { readQueueName } from '../../lib/queue-names.ts';
import { stackName } from '../../lib/stack-name.ts';
import { readDeployment, withEnvFile } from '../../shared/config.ts';
import type { QueueName } from '../../shared/contract/functions.ts';
import { otherStacks } from './other-stacks.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** Something a person can put right; the message says what and how. */
export class CannotLook extends Error {
  override name = 'CannotLook';
}

const resource = z.object({
  LogicalResourceId: z.string(),
  ResourceType: z.string(),
  PhysicalResourceId: z.string().optional(),
});
const connection = z.object({
  region: z.string(),
  credentials: z.object({ accessKeyId: z.string(), secretAccessKey: z.string() }),
  endpoints: z.object({ dynamodb: z.url(), s3: z.url(), s3vectors: z.url(), sqs: z.url() }),
  outputs: z.record(z.string(), z.string()),
  resources: z.array(resource),
});

/** Two queues of one kind of work: URLs. */
export interface QueuePair {
  work: string;
  dead: string;
}

/** A stack that is at work somewhere: clients that reach it, and what it consists of. */
export interface LiveStack {
  /** In words: which one this is. */
  called: string;
  table: DynamoDBDocumentClient;
  s3: S3Client;
  vectors: S3VectorsClient;
  sqs: SQSClient;
  tableName: string;
  bucketName: string;
  vectorBucketName: string;
  queues: Partial<Record<QueueName, QueuePair>>;
  close(): void;
}

interface Reach {
  region: string;
  credentials?: { accessKeyId: string; secretAccessKey: string };
  endpoints?: z.infer<typeof connection>['endpoints'];
}

/**
 * The local stack whose data is in `data`, or (`aws`) the one that `.env` and the environment name, on AWS.
 * @throws CannotLook where there is none
 */
export async function findStack({ aws, data }: { aws: boolean; data: string }): Promise<LiveStack> {
  if (aws) return deployedStack();
  const file = join(resolve(data), 'connection.json');
  if (!existsSync(file))
    throw new CannotLook(
      [
        `No local stack runs on ${data}: start it with npm start, name another folder with --data, or look at AWS with --aws.`,
        ...otherStacks(data).map((folder) => `One runs on --data ${folder}`),
      ].join('\n'),
    );
  const { resources, outputs, ...reach } = connection.parse(JSON.parse(readFileSync(file, 'utf8')));
  return open(`the local stack on ${data}`, reach, outputs, resources);
}

async function deployedStack(): Promise<LiveStack> {
  const settings = readDeployment(withEnvFile(join(ROOT, '.env'), process.env));
  const StackName = stackName(settings);
  const region = settings.AWS_REGION;
  const client = new CloudFormationClient({ region });
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName }));
    const outputs = Object.fromEntries(
      (Stacks[0]?.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
    );
    const resources: z.infer<typeof resource>[] = [];
    for await (const { StackResourceSummaries = [] } of paginateListStackResources({ client }, { StackName }))
      resources.push(...z.array(resource).parse(StackResourceSummaries));
    return open(`the stack ${StackName} in ${region}`, { region }, outputs, resources);
  } catch (error) {
    if (error instanceof CannotLook) throw error;
    throw new CannotLook(`The stack ${StackName} in ${region} could not be read: ${(error as Error).message}`);
  } finally {
    client.destroy();
  }
}

function open(
  called: string,
  { region, credentials, endpoints }: Reach,
  { TableName, BucketName }: Record<string, string>,
  resources: readonly z.infer<typeof resource>[],
): LiveStack {
  const config = (endpoint: string | undefined) => ({
    region,
    ...(credentials && { credentials }),
    ...(endpoint !== undefined && { endpoint }),
  });
  const found: Record<string, Partial<QueuePair>> = {};
  for (const { LogicalResourceId, PhysicalResourceId } of resources) {
    const named = readQueueName(LogicalResourceId);
    if (named === undefined || PhysicalResourceId === undefined) continue;
    const queue = found[named.queue] ?? {};
    queue[named.dead ? 'dead' : 'work'] = PhysicalResourceId;
    found[named.queue] = queue;
  }
  const vectorBucket = resources.find(({ ResourceType }) => ResourceType === 'AWS::S3Vectors::VectorBucket');
  const vectorBucketName = vectorBucket?.PhysicalResourceId?.split('/').at(-1);
  if (!TableName || !BucketName || !vectorBucketName || !found.organize?.work)
    throw new CannotLook(`${called} is not one of this version: it lacks its table, bucket, vector bucket or queues.`);
  const dynamodb = new DynamoDBClient(config(endpoints?.dynamodb));
  const clients = {
    table: DynamoDBDocumentClient.from(dynamodb, { marshallOptions: { removeUndefinedValues: true } }),
    s3: new S3Client({ ...config(endpoints?.s3), forcePathStyle: endpoints !== undefined }),
    vectors: new S3VectorsClient(config(endpoints?.s3vectors)),
    sqs: new SQSClient(config(endpoints?.sqs)),
  };
  return {
    called,
    ...clients,
    tableName: TableName,
    bucketName: BucketName,
    vectorBucketName,
    queues: found as LiveStack['queues'],
    close() {
      for (const client of [dynamodb, clients.s3, clients.vectors, clients.sqs]) client.destroy();
    },
  };
}

/** What a failure to reach a stack means to the person who asked. */
export function explain(error: unknown): string | null {
  if (error instanceof CannotLook) return error.message;
  if (!(error instanceof Error)) return null;
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ECONNREFUSED' || code === 'ECONNRESET')
    return 'Nobody answers there: was the local stack killed? Start it again with npm start.';
  if ('$metadata' in error || error.name === 'CredentialsProviderError') return `AWS refused: ${error.message}`;
  return error.name === 'InvalidSettings' ? error.message : null;
}
