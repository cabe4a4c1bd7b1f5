import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  CreateTableCommand,
  type CreateTableCommandInput,
  DeleteItemCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { acrossCrash, startTestAws, type TestAws } from './aws.ts';

const TABLE: CreateTableCommandInput = {
  TableName: 'photos',
  BillingMode: 'PAY_PER_REQUEST',
  AttributeDefinitions: [
    { AttributeName: 'user_id', AttributeType: 'S' },
    { AttributeName: 'sk', AttributeType: 'S' },
    { AttributeName: 'shard', AttributeType: 'S' },
    { AttributeName: 'since', AttributeType: 'S' },
  ],
  KeySchema: [
    { AttributeName: 'user_id', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: 'pending',
      KeySchema: [
        { AttributeName: 'shard', KeyType: 'HASH' },
        { AttributeName: 'since', KeyType: 'RANGE' },
      ],
      Projection: { ProjectionType: 'ALL' },
    },
  ],
};
const TableName = 'photos';
const key = (user: string, sk: string) => ({ user_id: { S: user }, sk: { S: sk } });

async function createTable(client: DynamoDBClient): Promise<void> {
  await client.send(new CreateTableCommand(TABLE));
  await waitUntilTableExists({ client, maxWaitTime: 5, minDelay: 0.05, maxDelay: 0.1 }, { TableName });
}

describe('DynamoDB', () => {
  let aws: TestAws;
  let client: DynamoDBClient;

  beforeAll(async () => {
    aws = await startTestAws();
    client = new DynamoDBClient(aws.config('dynamodb'));
    await createTable(client);
  });
  afterAll(() => aws.dispose());

  test('describes the table with its index', async () => {
    const { Table } = await client.send(new DescribeTableCommand({ TableName }));
    expect(Table?.TableStatus).toBe('ACTIVE');
    expect(Table?.GlobalSecondaryIndexes?.map((index) => index.IndexName)).toEqual(['pending']);
  });

  test('lets exactly one of several conditional puts win', async () => {
    const put = (value: string) =>
      client.send(
        new PutItemCommand({
          TableName,
          Item: { ...key('condition', 'CHECKSUM#1'), value: { S: value } },
          ConditionExpression: 'attribute_not_exists(sk)',
        }),
      );
    const outcomes = await Promise.allSettled(['a', 'b', 'c', 'd'].map(put));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason.name).toBe('ConditionalCheckFailedException');
    }
  });

  test('updates under a condition and answers the new item (ALL_NEW)', async () => {
    await client.send(
      new PutItemCommand({ TableName, Item: { ...key('update', 'A'), version: { N: '1' }, old: { S: 'x' } } }),
    );
    const update = (expected: string) =>
      client.send(
        new UpdateItemCommand({
          TableName,
          Key: key('update', 'A'),
          UpdateExpression: 'SET #version = #version + :one, #stage = :state REMOVE #old',
          ConditionExpression: '#version = :expected',
          ExpressionAttributeNames: { '#version': 'version', '#stage': 'stage', '#old': 'old' },
          ExpressionAttributeValues: {
            ':one': { N: '1' },
            ':state': { M: { state: { S: 'done' } } },
            ':expected': { N: expected },
          },
          ReturnValues: 'ALL_NEW',
        }),
      );
    const { Attributes } = await update('1');
    expect(Attributes).toEqual({ ...key('update', 'A'), version: { N: '2' }, stage: { M: { state: { S: 'done' } } } });
    await expect(update('1')).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
  });

  test('sets a nested field and refuses a path that does not exist', async () => {
    await client.send(new PutItemCommand({ TableName, Item: { ...key('nested', 'A'), stages: { M: {} } } }));
    const set = (path: string) =>
      client.send(
        new UpdateItemCommand({
          TableName,
          Key: key('nested', 'A'),
          UpdateExpression: `SET ${path} = :value`,
          ExpressionAttributeValues: { ':value': { S: 'done' } },
          ReturnValues: 'ALL_NEW',
        }),
      );
    expect((await set('stages.ingest')).Attributes?.stages).toEqual({ M: { ingest: { S: 'done' } } });
    await expect(set('missing.ingest')).rejects.toMatchObject({ name: 'ValidationException' });
  });

  test('answers the old item of a delete (ALL_OLD)', async () => {
    await client.send(new PutItemCommand({ TableName, Item: { ...key('delete', 'A'), value: { S: 'x' } } }));
    const remove = new DeleteItemCommand({ TableName, Key: key('delete', 'A'), ReturnValues: 'ALL_OLD' });
    expect((await client.send(remove)).Attributes?.value).toEqual({ S: 'x' });
    expect((await client.send(remove)).Attributes).toBeUndefined();
  });

  test('keeps a sparse index: an item is in it only while it has the index key', async () => {
    const pending = async () => {
      const query = new QueryCommand({
        TableName,
        IndexName: 'pending',
        KeyConditionExpression: '#shard = :shard AND since < :before',
        ExpressionAttributeNames: { '#shard': 'shard' },
        ExpressionAttributeValues: { ':shard': { S: '0' }, ':before': { S: '2026-02' } },
      });
      return (await client.send(query)).Items?.map((item) => item.sk?.S);
    };
    for (const [sk, since] of [
      ['IMAGE#2', '2026-01-02'],
      ['IMAGE#1', '2026-01-01'],
      ['IMAGE#3', '2026-03-01'],
    ] as const) {
      await client.send(
        new PutItemCommand({ TableName, Item: { ...key('sparse', sk), shard: { S: '0' }, since: { S: since } } }),
      );
    }
    await client.send(new PutItemCommand({ TableName, Item: key('sparse', 'IMAGE#4') }));
    expect(await pending()).toEqual(['IMAGE#1', 'IMAGE#2']);
    await client.send(
      new UpdateItemCommand({
        TableName,
        Key: key('sparse', 'IMAGE#1'),
        UpdateExpression: 'REMOVE #shard, since',
        ExpressionAttributeNames: { '#shard': 'shard' },
      }),
    );
    expect(await pending()).toEqual(['IMAGE#2']);
    await client.send(
      new UpdateItemCommand({
        TableName,
        Key: key('sparse', 'IMAGE#2'),
        UpdateExpression: 'SET since = :since',
        ExpressionAttributeValues: { ':since': { S: '2026-01-05' } },
      }),
    );
    expect(await pending()).toEqual(['IMAGE#2']);
    await client.send(new DeleteItemCommand({ TableName, Key: key('sparse', 'IMAGE#2') }));
    expect(await pending()).toEqual([]);
  });

  test('pages through a query, newest first', async () => {
    const ids = Array.from({ length: 7 }, (_, n) => `IMAGE#${n}`);
    for (const sk of ids) await client.send(new PutItemCommand({ TableName, Item: key('paged', sk) }));
    const seen: (string | undefined)[] = [];
    const sizes: number[] = [];
    let ExclusiveStartKey: Record<string, { S: string }> | undefined;
    do {
      const page = await client.send(
        new QueryCommand({
          TableName,
          KeyConditionExpression: 'user_id = :user AND begins_with(sk, :prefix)',
          ExpressionAttributeValues: { ':user': { S: 'paged' }, ':prefix': { S: 'IMAGE#' } },
          ScanIndexForward: false,
          Limit: 3,
          ...(ExclusiveStartKey ? { ExclusiveStartKey } : {}),
        }),
      );
      seen.push(...(page.Items ?? []).map((item) => item.sk?.S));
      sizes.push(page.Items?.length ?? 0);
      ExclusiveStartKey = page.LastEvaluatedKey as typeof ExclusiveStartKey;
    } while (ExclusiveStartKey);
    expect(seen).toEqual(ids.toReversed());
    expect(sizes).toEqual([3, 3, 1]);
  });

  test('filters after reading: a page may be empty and still have a next one', async () => {
    for (const n of [1, 2, 3]) {
      await client.send(
        new PutItemCommand({ TableName, Item: { ...key('filter', `A#${n}`), state: { S: n === 3 ? 'done' : 'new' } } }),
      );
    }
    const page = await client.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'user_id = :user',
        FilterExpression: '#state = :done',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: { ':user': { S: 'filter' }, ':done': { S: 'done' } },
        Limit: 2,
      }),
    );
    expect(page.Items).toEqual([]);
    expect(page.ScannedCount).toBe(2);
    expect(page.LastEvaluatedKey).toEqual(key('filter', 'A#2'));
  });

  test('stops a page at 1 MB', async () => {
    const filler = 'x'.repeat(300_000);
    for (let n = 0; n < 5; n++) {
      await client.send(new PutItemCommand({ TableName, Item: { ...key('large', `A#${n}`), filler: { S: filler } } }));
    }
    const page = await client.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'user_id = :user',
        ExpressionAttributeValues: { ':user': { S: 'large' } },
      }),
    );
    expect(page.Items?.length).toBeLessThan(5);
    expect(page.LastEvaluatedKey).toBeDefined();
  });

  test('refuses an item above 400 KB', async () => {
    const item = { ...key('huge', 'A'), filler: { S: 'x'.repeat(410_000) } };
    await expect(client.send(new PutItemCommand({ TableName, Item: item }))).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });

  test('gives binary attributes back byte for byte', async () => {
    const bytes = new Uint8Array(new Float32Array([0, -1.5, 3.25e-12]).buffer);
    await client.send(new PutItemCommand({ TableName, Item: { ...key('binary', 'VECTOR#1'), data: { B: bytes } } }));
    const { Item } = await client.send(
      new GetItemCommand({ TableName, Key: key('binary', 'VECTOR#1'), ConsistentRead: true }),
    );
    expect(new Uint8Array(Item?.data?.B ?? [])).toEqual(bytes);
  });

  test('writes 25 and reads 100 items in a batch, and refuses more', async () => {
    const puts = (from: number, count: number) =>
      Array.from({ length: count }, (_, n) => ({ PutRequest: { Item: key('batch', `A#${from + n}`) } }));
    for (const from of [0, 25, 50, 75]) {
      const { UnprocessedItems } = await client.send(
        new BatchWriteItemCommand({ RequestItems: { photos: puts(from, 25) } }),
      );
      expect(UnprocessedItems).toEqual({});
    }
    await expect(
      client.send(new BatchWriteItemCommand({ RequestItems: { photos: puts(0, 26) } })),
    ).rejects.toMatchObject({
      name: 'ValidationException',
    });
    const Keys = Array.from({ length: 100 }, (_, n) => key('batch', `A#${n}`));
    const read = await client.send(new BatchGetItemCommand({ RequestItems: { photos: { Keys } } }));
    expect(read.Responses?.photos).toHaveLength(100);
    expect(read.UnprocessedKeys).toEqual({});
  });

  test('removes in a batch', async () => {
    await client.send(new PutItemCommand({ TableName, Item: key('batch-delete', 'A') }));
    const request = { DeleteRequest: { Key: key('batch-delete', 'A') } };
    await client.send(new BatchWriteItemCommand({ RequestItems: { photos: [request] } }));
    expect((await client.send(new GetItemCommand({ TableName, Key: key('batch-delete', 'A') }))).Item).toBeUndefined();
  });

  test('refuses a request signed with another key', async () => {
    const stranger = new DynamoDBClient({
      ...aws.config('dynamodb'),
      credentials: { accessKeyId: aws.credentials.accessKeyId, secretAccessKey: 'wrong' },
    });
    await expect(stranger.send(new GetItemCommand({ TableName, Key: key('a', 'b') }))).rejects.toMatchObject({
      name: 'SignatureDoesNotMatch',
    });
  });

  test('counts its requests', async () => {
    aws.resetRequests();
    await client.send(new GetItemCommand({ TableName, Key: key('a', 'b') }));
    expect(aws.requests()).toEqual({ 'dynamodb:GetItem': 1 });
  });

  describe('differs from the real service (dynalite): callers must not rely on', () => {
    test('transactions', async () => {
      const write = new TransactWriteItemsCommand({
        TransactItems: [{ Put: { TableName, Item: key('transaction', 'A') } }],
      });
      await expect(client.send(write)).rejects.toMatchObject({ name: 'UnknownOperationException' });
    });

    test('the item in a failed condition (ReturnValuesOnConditionCheckFailure)', async () => {
      const put = new PutItemCommand({
        TableName,
        Item: key('returned', 'A'),
        ConditionExpression: 'attribute_exists(sk)',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      });
      const error = await client.send(put).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: 'ConditionalCheckFailedException' });
      expect(error).toHaveProperty('Item', undefined);
    });

    test('expiry (TTL): an expired item stays until somebody removes it', async () => {
      await client.send(new PutItemCommand({ TableName, Item: { ...key('ttl', 'A'), expires_at: { N: '1' } } }));
      expect((await client.send(new GetItemCommand({ TableName, Key: key('ttl', 'A') }))).Item).toBeDefined();
    });
  });
});

test('DynamoDB keeps tables, items and indexes through SIGKILL', async () => {
  await acrossCrash(
    async (aws) => {
      const client = new DynamoDBClient(aws.config('dynamodb'));
      await createTable(client);
      const put = (n: number) =>
        client.send(
          new PutItemCommand({
            TableName,
            Item: { ...key('u', `A#${n}`), shard: { S: '0' }, since: { S: String(n) } },
          }),
        );
      await Promise.all(Array.from({ length: 40 }, (_, n) => put(n)));
    },
    async (aws) => {
      const client = new DynamoDBClient(aws.config('dynamodb'));
      const count = async (IndexName: string | undefined, name: string, value: string) =>
        (
          await client.send(
            new QueryCommand({
              TableName,
              IndexName,
              KeyConditionExpression: '#name = :value',
              ExpressionAttributeNames: { '#name': name },
              ExpressionAttributeValues: { ':value': { S: value } },
            }),
          )
        ).Count;
      expect(await count(undefined, 'user_id', 'u')).toBe(40);
      expect(await count('pending', 'shard', '0')).toBe(40);
    },
  );
});
