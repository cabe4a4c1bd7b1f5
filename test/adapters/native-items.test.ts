import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { describe, expect, test } from 'vitest';
import { readNatively } from '../../shared/adapters/native-items.ts';

const WIRE = {
  user_id: { S: 'ann' },
  text: { S: 'Provence-Alpes-Côte d’Azur 🏖' },
  count: { N: '3' },
  share: { N: '-0.25' },
  large: { N: '9007199254740993' },
  yes: { BOOL: true },
  no: { BOOL: false },
  nothing: { NULL: true },
  bytes: { B: 'AAH+/w==' },
  many: { BS: ['AAH+/w==', 'AQ=='] },
  words: { SS: ['a', 'b'] },
  numbers: { NS: ['1', '2.5'] },
  list: { L: [{ N: '1' }, { S: 'two' }, { M: { three: { L: [{ N: '3' }] } } }, { L: [] }] },
  map: { M: { S: { S: 'not a type' }, M: { M: { N: { S: '1' } } }, empty: { M: {} } } },
};

/** A client whose service answers this, and one that reads it as the SDK does. */
function clients(answer: object, statusCode = 200) {
  return [true, false].map((natively) => {
    const client = DynamoDBDocumentClient.from(
      new DynamoDBClient({
        region: 'eu-central-1',
        endpoint: 'http://localhost:1',
        credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
        maxAttempts: 1,
        requestHandler: {
          handle: async () => ({
            response: {
              statusCode,
              headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-requestid': 'r1' },
              body: new Blob([JSON.stringify(answer)]).stream(),
            },
          }),
        } as never,
      }),
    );
    if (natively) readNatively(client);
    return client;
  }) as [DynamoDBDocumentClient, DynamoDBDocumentClient];
}

const Key = { user_id: 'ann' };

describe('items read in one pass are what the SDK reads', () => {
  test.each([
    [
      'a query',
      { Items: [WIRE, WIRE], Count: 2, LastEvaluatedKey: { user_id: { S: 'ann' } } },
      () => new QueryCommand({ TableName: 't' }),
    ],
    ['an empty query', { Items: [], Count: 0 }, () => new QueryCommand({ TableName: 't' })],
    ['an item', { Item: WIRE }, () => new GetCommand({ TableName: 't', Key })],
    ['no item', {}, () => new GetCommand({ TableName: 't', Key })],
    [
      'a batch, not all of it answered',
      { Responses: { t: [WIRE] }, UnprocessedKeys: { t: { Keys: [{ user_id: { S: 'bob' } }] } } },
      () => new BatchGetCommand({ RequestItems: { t: { Keys: [Key] } } }),
    ],
    [
      'what an update answers',
      { Attributes: WIRE },
      () => new UpdateCommand({ TableName: 't', Key, ReturnValues: 'ALL_NEW' }),
    ],
  ] as const)('%s', async (_, answer, command) => {
    const [natively, plainly] = clients(answer);
    const [own, theirs] = [await natively.send(command() as GetCommand), await plainly.send(command() as GetCommand)];
    expect(own).toStrictEqual(theirs);
  });
});

test('a refusal is the SDK’s error', async () => {
  const [client] = clients(
    { __type: 'com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException', message: 'no' },
    400,
  );
  await expect(client.send(new UpdateCommand({ TableName: 't', Key }))).rejects.toMatchObject({
    name: 'ConditionalCheckFailedException',
    $metadata: { httpStatusCode: 400, requestId: 'r1' },
  });
});
