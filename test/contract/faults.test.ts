import { CreateTableCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateVectorBucketCommand, ListVectorBucketsCommand, S3VectorsClient } from '@aws-sdk/client-s3vectors';
import { ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createFaultPlan } from '../../local/faults/plan.ts';
import { startTestAws, type TestAws } from './aws.ts';

/** What is ordered to go wrong with the AWS emulators, as the unmodified SDKs see it. */

const faults = createFaultPlan({ timeScale: 100 });
const order = (text: string) =>
  faults.order(text, {
    functionName: (alias) => alias,
    queueName: (alias) => (alias === 'ordered' ? 'ordered.fifo' : alias),
    azure: () => {},
  });
let aws: TestAws;
let s3: S3Client;
let dynamodb: DynamoDBClient;
let sqs: SQSClient;
let s3vectors: S3VectorsClient;

beforeAll(async () => {
  aws = await startTestAws({ troubleOf: faults.troubleOf, detourOf: faults.detourOf });
  s3 = new S3Client({ ...aws.config('s3'), forcePathStyle: true });
  dynamodb = new DynamoDBClient(aws.config('dynamodb'));
  sqs = new SQSClient(aws.config('sqs'));
  s3vectors = new S3VectorsClient(aws.config('s3vectors'));
  await s3.send(new CreateBucketCommand({ Bucket: 'photos' }));
  await dynamodb.send(
    new CreateTableCommand({
      TableName: 'items',
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
});
afterAll(() => aws?.dispose());
beforeEach(() => order('off'));

const put = (Key: string) => s3.send(new PutObjectCommand({ Bucket: 'photos', Key, Body: 'bytes' }));
const stored = async (Key: string) =>
  (await s3.send(new GetObjectCommand({ Bucket: 'photos', Key }))).Body?.transformToString();
const putItem = (id: string) => dynamodb.send(new PutItemCommand({ TableName: 'items', Item: { id: { S: id } } }));
const item = async (id: string) =>
  (await dynamodb.send(new GetItemCommand({ TableName: 'items', Key: { id: { S: id } } }))).Item;

describe('a call that fails', () => {
  test.each<[string, () => Promise<unknown>, string, number]>([
    ['s3:PutObject:503=1', () => put('a'), 'SlowDown', 503],
    ['s3:*:InternalError=1', () => stored('a'), 'InternalError', 500],
    [
      'dynamodb:PutItem:ProvisionedThroughputExceededException=1',
      () => putItem('a'),
      'ProvisionedThroughputExceededException',
      400,
    ],
    ['dynamodb:*:500=1', () => item('a'), 'InternalServerError', 500],
    ['sqs:CreateQueue:503=1', () => sqs.send(new CreateQueueCommand({ QueueName: 'x' })), 'ServiceUnavailable', 503],
    [
      's3vectors:ListVectorBuckets:429=1',
      () => s3vectors.send(new ListVectorBucketsCommand({})),
      'TooManyRequestsException',
      429,
    ],
    [
      'kms:CreateKey:KMSInternalException=1',
      () => new KMSClient(aws.config('kms')).send(new CreateKeyCommand({})),
      'KMSInternalException',
      500,
    ],
    [
      'secretsmanager:ListSecrets:500=1',
      () => new SecretsManagerClient(aws.config('secretsmanager')).send(new ListSecretsCommand({})),
      'InternalServiceError',
      500,
    ],
    [
      'sts:*:Throttling=1',
      () => new STSClient(aws.config('sts')).send(new GetCallerIdentityCommand({})),
      'Throttling',
      400,
    ],
  ])('%s has the service’s own error', async (entry, call, name, status) => {
    order(entry);
    await expect(call()).rejects.toMatchObject({ name, $metadata: { httpStatusCode: status } });
  });

  test('does nothing, and only as often as ordered', async () => {
    order('s3:PutObject:503=1,dynamodb:PutItem:500=1');
    await expect(put('undone')).rejects.toThrow();
    await expect(putItem('undone')).rejects.toThrow();
    await expect(stored('undone')).rejects.toMatchObject({ name: 'NoSuchKey' });
    expect(await item('undone')).toBeUndefined();
    await put('undone');
    expect(await stored('undone')).toBe('bytes');
  });

  test('is tried again by a client that may', async () => {
    order('s3:PutObject:503=2,dynamodb:PutItem:ThrottlingException=1,dynamodb:PutItem:reset=1');
    const retrying = { maxAttempts: 3, retryMode: 'standard' };
    const patient = new S3Client({ ...aws.config('s3'), ...retrying, forcePathStyle: true });
    await patient.send(new PutObjectCommand({ Bucket: 'photos', Key: 'again', Body: 'bytes' }));
    const table = new DynamoDBClient({ ...aws.config('dynamodb'), ...retrying });
    await table.send(new PutItemCommand({ TableName: 'items', Item: { id: { S: 'again' } } }));
    expect([await stored('again'), await item('again')]).toEqual(['bytes', { id: { S: 'again' } }]);
  });

  test('breaks the connection', async () => {
    order('s3:PutObject:reset=1');
    await expect(put('broken')).rejects.toMatchObject({ code: 'ECONNRESET' });
    await expect(stored('broken')).rejects.toMatchObject({ name: 'NoSuchKey' });
  });
});

describe('a call whose answer is lost', () => {
  test.each(['500', 'reset'])('has been carried out (%s)', async (error) => {
    order(
      ['s3:PutObject', 'dynamodb:PutItem', 's3vectors:CreateVectorBucket']
        .map((call) => `${call}:${error}=1~lost`)
        .join(),
    );
    await expect(put(`lost-${error}`)).rejects.toThrow();
    await expect(putItem(`lost-${error}`)).rejects.toThrow();
    const vectorBucketName = `lost-${error}`;
    await expect(s3vectors.send(new CreateVectorBucketCommand({ vectorBucketName }))).rejects.toThrow();
    expect(await stored(`lost-${error}`)).toBe('bytes');
    expect(await item(`lost-${error}`)).toBeDefined();
    const { vectorBuckets } = await s3vectors.send(new ListVectorBucketsCommand({}));
    expect(vectorBuckets?.map((bucket) => bucket.vectorBucketName)).toContain(vectorBucketName);
  });

  test('and would have been read, is an error as well', async () => {
    await put('read');
    order('s3:GetObject:503=1~lost');
    await expect(stored('read')).rejects.toMatchObject({ name: 'SlowDown' });
    expect(await stored('read')).toBe('bytes');
  });
});

test('a slow call is answered late, and as ever', async () => {
  order('s3:PutObject:slow=1x120ms');
  const begun = performance.now();
  await put('slow');
  expect(performance.now() - begun).toBeGreaterThan(110);
  expect(await stored('slow')).toBe('bytes');
});

describe('messages on their way into a queue', () => {
  async function open(name: string, Attributes: Record<string, string> = {}) {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes }));
    return {
      send: (MessageBody: string, MessageGroupId?: string) =>
        sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, MessageGroupId })),
      /** Bodies as they come, each deleted, until `count` are there or nothing more has come for a second. */
      async bodies(count: number): Promise<(string | undefined)[]> {
        const bodies: (string | undefined)[] = [];
        while (bodies.length < count) {
          const command = new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1, MaxNumberOfMessages: 10 });
          const { Messages = [] as Message[] } = await sqs.send(command);
          if (Messages.length === 0) break;
          for (const { Body, ReceiptHandle } of Messages) {
            bodies.push(Body);
            await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
          }
        }
        return bodies;
      },
    };
  }

  test('get lost although they were accepted, and come again', async () => {
    const queue = await open('work');
    order('work:drop=1,work:duplicate=1');
    expect((await queue.send('lost')).MessageId).toMatch(/./);
    await queue.send('doubled');
    expect(await queue.bodies(2)).toEqual(['doubled', 'doubled']);
  });

  test('come late', async () => {
    const queue = await open('work');
    order('work:delay=1x20s');
    await queue.send('first');
    await queue.send('second');
    expect(await queue.bodies(2)).toEqual(['second', 'first']);
  });

  test('keep their order within a group of a FIFO queue, and let others pass', async () => {
    const queue = await open('ordered.fifo', { FifoQueue: 'true', ContentBasedDeduplication: 'true' });
    order('ordered:delay=1x20s');
    await queue.send('a1', 'a');
    await queue.send('a2', 'a');
    await queue.send('b1', 'b');
    expect(await queue.bodies(3)).toEqual(['b1', 'a1', 'a2']);
  });
});
