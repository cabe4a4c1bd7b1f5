import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { AlreadyRunning } from '../../local/lock.ts';
import { type LocalStack, startStack } from '../../local/stack.ts';
import { synthesizeFixture } from './fixtures/app.ts';

interface SqsEvent {
  Records: { messageId: string; body: string; attributes: Record<string, string> }[];
}

const folder = mkdtempSync(join(tmpdir(), 'shoebox-stack-'));
const assembly = join(folder, 'cdk.out');
/** What the fixture's workers reported, by path, and what they are told to answer. */
const reports: { path: string; event: SqsEvent }[] = [];
let answer: (path: string, event: SqsEvent) => object | undefined = () => undefined;

const collector = createServer(async (request, response) => {
  let text = '';
  for await (const part of request) text += part;
  const path = request.url ?? '';
  const event = JSON.parse(text) as SqsEvent;
  reports.push({ path, event });
  const reply = answer(path, event);
  response.end(reply ? JSON.stringify(reply) : '');
});
let stack: LocalStack;

const start = () => startStack({ dataDir: join(folder, 'data'), timeScale: 60, noAi: true, env: {}, assembly });
const client = () => ({ region: stack.region, credentials: stack.credentials });
const put = (Key: string) => {
  const s3 = new S3Client({ ...client(), endpoint: stack.endpoints.s3, forcePathStyle: true });
  return s3.send(new PutObjectCommand({ Bucket: stack.outputs.Bucket, Key, Body: 'x' }));
};
/** Keys of the S3 events that reached the worker, in the order of arrival. */
const keysSeen = () =>
  reports
    .filter(({ path }) => path === '/work')
    .flatMap(({ event }) =>
      event.Records.map(({ body }) => JSON.parse(body).Records?.[0].s3.object.key as string | undefined),
    );

async function secret(): Promise<string> {
  const secrets = new SecretsManagerClient({ ...client(), endpoint: stack.endpoints.secretsmanager });
  return (await secrets.send(new GetSecretValueCommand({ SecretId: stack.outputs.Secret }))).SecretString ?? '';
}

beforeAll(async () => {
  collector.listen(0, '127.0.0.1');
  await once(collector, 'listening');
  synthesizeFixture(assembly, `http://127.0.0.1:${(collector.address() as AddressInfo).port}`);
  stack = await start();
});

afterAll(async () => {
  await stack.stop();
  collector.closeAllConnections();
  collector.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('a started stack', () => {
  test('serves the API, whose URL is among its outputs', async () => {
    expect(stack.url).toBe(`${stack.origin}/api/v1`);
    expect(stack.outputs.ApiUrl).toBe(stack.url);
    const response = await fetch(`${stack.url}/images`);
    expect(response.status).toBe(200);
  });

  test('has the tables, indexes and secrets of the template', async () => {
    const dynamodb = new DynamoDBClient({ ...client(), endpoint: stack.endpoints.dynamodb });
    const { Table } = await dynamodb.send(new DescribeTableCommand({ TableName: stack.outputs.Table }));
    expect(Table?.KeySchema).toEqual([
      { AttributeName: 'user_id', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ]);
    expect(Table?.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName)).toEqual(['pending']);
    expect(JSON.parse(await secret())).toEqual({
      azure_openai_api_key: '',
      url_signing_key: expect.stringMatching(/^[A-Za-z0-9]{40}$/),
    });
  });

  test('is the only one on its data folder', async () => {
    await expect(start()).rejects.toThrow(AlreadyRunning);
  });

  test('runs schedules in scaled time', async () => {
    // Every minute is every second.
    await vi.waitFor(() => expect(reports.filter(({ path }) => path === '/sweep').length).toBeGreaterThan(1), {
      timeout: 60_000,
    });
  });
});

test('an object below the prefix reaches its worker, one elsewhere does not, and the bucket announced itself first', async () => {
  await put('originals/1');
  await put('incoming/a b');
  await vi.waitFor(() => expect(keysSeen()).toContain('incoming/a+b'), { timeout: 60_000 });
  expect(keysSeen()).not.toContain('originals/1');
  const bodies = reports.flatMap(({ path, event }) =>
    path === '/work' ? event.Records.map(({ body }) => JSON.parse(body)) : [],
  );
  expect(bodies.filter(({ Event }) => Event === 's3:TestEvent')).toHaveLength(1);
});

test('a worker that dies gets its message again in a new process', async () => {
  let deaths = 0;
  answer = (path) => {
    if (path !== '/work' || deaths > 0) return undefined;
    deaths += 1;
    return { exit: 7 };
  };
  await put('incoming/deadly');
  await vi.waitFor(() => expect(keysSeen().filter((key) => key === 'incoming/deadly')).toHaveLength(2), {
    timeout: 60_000,
  });
  expect(readFileSync(stack.functionLog('work'), 'utf8')).toContain('Runtime exited with error: exit status 7');
});

test('ordered faults happen: extra deliveries and a kill between two steps', async () => {
  answer = () => undefined;
  stack.inject('work:duplicate=2');
  await put('incoming/thrice');
  await vi.waitFor(() => expect(keysSeen().filter((key) => key === 'incoming/thrice')).toHaveLength(3), {
    timeout: 60_000,
  });
  stack.inject('work:duplicate=0,work:kill=1@1');
  await put('incoming/killed');
  await vi.waitFor(() => expect(keysSeen().filter((key) => key === 'incoming/killed')).toHaveLength(2), {
    timeout: 60_000,
  });
  expect(stack.killsOwed()).toBe(0);
  expect(() => stack.inject('nobody:kill=1')).toThrow(/work/);
  // This stack runs without any AI.
  expect(() => stack.inject('azure:429=1')).toThrow(/emulator/);
});

test('a restart finds everything again and works on what was left', async () => {
  const before = stack.outputs;
  const keys = await secret();
  let held = true;
  const { promise: holding, resolve } = Promise.withResolvers<void>();
  answer = (path, event) => {
    if (path !== '/work' || !held || !JSON.stringify(event).includes('incoming/left')) return undefined;
    resolve();
    return { exit: 1 };
  };
  await put('incoming/left');
  await holding;
  // Whoever may read this folder's owner's files reaches the stack by it, for as long as it runs.
  const connection = join(folder, 'data', 'connection.json');
  expect(statSync(connection).mode & 0o777).toBe(0o600);
  expect(JSON.parse(readFileSync(connection, 'utf8'))).toMatchObject({ region: stack.region, outputs: before });
  await stack.stop();
  expect(existsSync(connection)).toBe(false);
  held = false;
  stack = await start();
  const { Bucket, Table, Secret } = before;
  expect(stack.outputs).toMatchObject({ Bucket, Table, Secret });
  expect(await secret()).toBe(keys);
  const count = () => keysSeen().filter((key) => key === 'incoming/left').length;
  await vi.waitFor(() => expect(count()).toBeGreaterThan(1), { timeout: 60_000 });
  // A known configuration is not announced again.
  expect(reports.filter(({ event }) => JSON.stringify(event).includes('s3:TestEvent'))).toHaveLength(1);
});
