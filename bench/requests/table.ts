import { CreateTableCommand, type DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import type { Index } from './units.ts';

/** The table's indexes as lib/storage.ts deploys them; test/bench holds the two against each other. */
export const INDEXES: readonly (Index & { name: string })[] = [
  { name: 'by_taken', hash: 'user_id', range: 'taken_key', all: false },
  { name: 'pending', hash: 'shard', range: 'since', all: false },
];

export async function createTable(client: DynamoDBClient, TableName: string): Promise<void> {
  const keys = ['user_id', 'sk', ...INDEXES.flatMap(({ hash, range }) => [hash, range])];
  await client.send(
    new CreateTableCommand({
      TableName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [...new Set(keys)].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: [
        { AttributeName: 'user_id', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      GlobalSecondaryIndexes: INDEXES.map(({ name, hash, range, all }) => ({
        IndexName: name,
        KeySchema: [
          { AttributeName: hash, KeyType: 'HASH' },
          { AttributeName: range, KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: all ? 'ALL' : 'KEYS_ONLY' },
      })),
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 0.01, maxDelay: 0.1 }, { TableName });
}
