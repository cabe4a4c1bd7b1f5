import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { startAws } from '../local/emulators/aws.ts';
import { endOnSignals, openScratch } from '../local/scratch.ts';
import { galleryItems } from './photo-records.ts';
import { FUNCTION_SETTINGS } from './settings.ts';

/**
 * AWS with one user's gallery in it, in a process of its own, so that what it costs is not counted with what asks it. Sends its parent
 * the environment of those who ask, and ends with it.
 */
const region = 'eu-central-1';
const dataDir = openScratch('shoebox-bench-');
endOnSignals();
process.on('disconnect', () => process.exit());

const aws = await startAws({ dataDir, region, accountId: '000000000000', timeScale: 1 });
const client = new DynamoDBClient({ region, endpoint: aws.endpoints.dynamodb, credentials: aws.credentials });
const TableName = FUNCTION_SETTINGS.TABLE_NAME;
await client.send(
  new CreateTableCommand({
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: ['user_id', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: [
      { AttributeName: 'user_id', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
  }),
);
await waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 0.01, maxDelay: 0.1 }, { TableName });
const table = DynamoDBDocumentClient.from(client);
for (const Item of galleryItems(Number(process.argv[2]))) await table.send(new PutCommand({ TableName, Item }));
process.send?.({
  AWS_ACCESS_KEY_ID: aws.credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: aws.credentials.secretAccessKey,
  AWS_ENDPOINT_URL_DYNAMODB: aws.endpoints.dynamodb,
  AWS_ENDPOINT_URL_S3: aws.endpoints.s3,
  AWS_ENDPOINT_URL_STS: aws.endpoints.sts,
});
