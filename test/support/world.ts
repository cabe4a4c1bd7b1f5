import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import {
  CreateVectorBucketCommand,
  ListIndexesCommand,
  ListVectorsCommand,
  S3VectorsClient,
} from '@aws-sdk/client-s3vectors';
import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, QueryCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { startAws } from '../../local/emulators/aws.ts';
import { vectorIndexName } from '../../shared/adapters/vectors.ts';
import type { QueueName } from '../../shared/contract/functions.ts';

const REGION = 'eu-central-1';
export const TABLE = 'shoebox';
export const BUCKET = 'shoebox-photos';
export const VECTOR_BUCKET = 'shoebox-vectors';

/** It takes a moment, and until then there is no such table to those who write. */
export async function waitForTable(client: DynamoDBClient, TableName: string): Promise<void> {
  await waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 0.005, maxDelay: 0.05 }, { TableName });
}

/**
 * The AWS side of a stack, empty, for tests of what runs on it: real clients against the emulators, in a folder of its own.
 * `stop` removes it.
 */
export async function startWorld() {
  const dataDir = await mkdtemp(join(tmpdir(), 'shoebox-test-'));
  const aws = await startAws({ dataDir, region: REGION, accountId: '000000000000', timeScale: 1 });
  const config = (endpoint: string) => ({ region: REGION, endpoint, credentials: aws.credentials });
  const dynamodb = new DynamoDBClient(config(aws.endpoints.dynamodb));
  const table = DynamoDBDocumentClient.from(dynamodb, { marshallOptions: { removeUndefinedValues: true } });
  const s3 = new S3Client({ ...config(aws.endpoints.s3), forcePathStyle: true });
  const sqs = new SQSClient(config(aws.endpoints.sqs));
  const vectors = new S3VectorsClient(config(aws.endpoints.s3vectors));

  await dynamodb.send(
    new CreateTableCommand({
      TableName: TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: ['user_id', 'sk', 'taken_key', 'shard', 'since'].map((AttributeName) => ({
        AttributeName,
        AttributeType: 'S',
      })),
      KeySchema: [
        { AttributeName: 'user_id', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: [
        ['by_taken', 'user_id', 'taken_key'],
        ['pending', 'shard', 'since'],
      ].map(([IndexName, hash, range]) => ({
        IndexName,
        KeySchema: [
          { AttributeName: hash, KeyType: 'HASH' },
          { AttributeName: range, KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      })),
    }),
  );
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  await vectors.send(new CreateVectorBucketCommand({ vectorBucketName: VECTOR_BUCKET }));
  const urls = {} as Record<QueueName, string>;
  for (const name of ['ingest', 'describe', 'faces', 'organize', 'jobs'] as const) {
    const fifo = name === 'organize';
    const answer = await sqs.send(
      new CreateQueueCommand({
        QueueName: fifo ? `${name}.fifo` : name,
        Attributes: { VisibilityTimeout: '30', ...(fifo && { FifoQueue: 'true' }) },
      }),
    );
    urls[name] = answer.QueueUrl ?? '';
  }
  await waitForTable(dynamodb, TABLE);

  return {
    aws,
    table,
    s3,
    sqs,
    vectors,
    urls,
    /** What the SDKs' clients of a function under test read from the environment. */
    environment: {
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: aws.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: aws.credentials.secretAccessKey,
      ...Object.fromEntries(
        Object.entries({ ...aws.endpoints, secrets_manager: aws.endpoints.secretsmanager }).map(
          ([service, endpoint]) => [`AWS_ENDPOINT_URL_${service.toUpperCase()}`, endpoint],
        ),
      ),
    },

    /** Every item of the table, as an independent recount sees it. */
    async items(): Promise<Record<string, unknown>[]> {
      const items: Record<string, unknown>[] = [];
      let start: Record<string, unknown> | undefined;
      do {
        const answer = await table.send(new ScanCommand({ TableName: TABLE, ExclusiveStartKey: start }));
        items.push(...(answer.Items ?? []));
        start = answer.LastEvaluatedKey;
      } while (start);
      return items;
    },

    /** Every item of one user. */
    async itemsOf(userId: string): Promise<Record<string, unknown>[]> {
      const items: Record<string, unknown>[] = [];
      let start: Record<string, unknown> | undefined;
      do {
        const answer = await table.send(
          new QueryCommand({
            TableName: TABLE,
            KeyConditionExpression: 'user_id = :user',
            ExpressionAttributeValues: { ':user': userId },
            ConsistentRead: true,
            ExclusiveStartKey: start,
          }),
        );
        items.push(...(answer.Items ?? []));
        start = answer.LastEvaluatedKey;
      } while (start);
      return items;
    },

    /** The keys in the bucket that begin with `prefix` (1,000 at most), sorted. */
    async keys(prefix = ''): Promise<string[]> {
      const answer = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: prefix }));
      return (answer.Contents ?? []).map(({ Key }) => Key ?? '').sort();
    },

    /** The ids in a user's vector index, sorted. */
    async vectorIds(userId: string): Promise<string[]> {
      try {
        const answer = await vectors.send(
          new ListVectorsCommand({ vectorBucketName: VECTOR_BUCKET, indexName: vectorIndexName(userId) }),
        );
        return (answer.vectors ?? []).map(({ key }) => key ?? '').sort();
      } catch (error) {
        if (error instanceof Error && error.name === 'NotFoundException') return [];
        throw error;
      }
    },

    /** The names of all vector indexes (500 at most). */
    async vectorIndexes(): Promise<string[]> {
      const answer = await vectors.send(new ListIndexesCommand({ vectorBucketName: VECTOR_BUCKET }));
      return (answer.indexes ?? []).map(({ indexName }) => indexName ?? '');
    },

    /** Takes all visible messages off a queue and answers their bodies. */
    async drain(name: QueueName): Promise<unknown[]> {
      const bodies: unknown[] = [];
      for (;;) {
        const answer = await sqs.send(new ReceiveMessageCommand({ QueueUrl: urls[name], MaxNumberOfMessages: 10 }));
        if (!answer.Messages?.length) return bodies;
        for (const { Body, ReceiptHandle } of answer.Messages) {
          bodies.push(JSON.parse(Body ?? 'null'));
          await sqs.send(new DeleteMessageCommand({ QueueUrl: urls[name], ReceiptHandle }));
        }
      }
    },

    async stop(): Promise<void> {
      for (const client of [dynamodb, s3, sqs, vectors]) client.destroy();
      await aws.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
export type World = Awaited<ReturnType<typeof startWorld>>;
