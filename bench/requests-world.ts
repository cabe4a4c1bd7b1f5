import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateVectorBucketCommand, S3VectorsClient } from '@aws-sdk/client-s3vectors';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { startAws } from '../local/emulators/aws.ts';
import { endOnSignals, openScratch } from '../local/scratch.ts';
import { vectorFor, wordsFor } from './requests/gallery.ts';
import { createTable } from './requests/table.ts';

/**
 * The AWS side of a stack, empty, and a model that answers at once, in a process of their own: what the functions compute is not to be
 * mixed with what the emulators do. Forked by bench/requests.ts; answers the environment of the functions.
 */
const REGION = 'us-east-1';
const NAMES = { table: 'shoebox', bucket: 'shoebox-photos', vectors: 'shoebox-vectors', secret: 'shoebox' };
// Its own: removed when it ends, and that it does with whoever has started it.
const dataDir = openScratch('shoebox-bench-');
endOnSignals();
process.on('disconnect', () => process.exit(0));

/** Describes picture after picture as one more of the gallery's subjects; counts tokens as Azure does for a prompt of this length. */
async function startModel(): Promise<string> {
  let described = 0;
  const server = createServer(async (request, response) => {
    for await (const _ of request);
    const embeds = request.url?.includes('/embeddings');
    response.setHeader('content-type', 'application/json');
    // What firebase-admin asks the emulator of the identity service, in whose place no signature is checked.
    if (request.url?.includes('accounts:lookup')) {
      response.end(JSON.stringify({ users: [{ localId: 'bench' }] }));
      return;
    }
    if (embeds) {
      const embedding = Buffer.from(vectorFor(described - 1).buffer).toString('base64');
      const data = [{ object: 'embedding', index: 0, embedding }];
      response.end(
        JSON.stringify({
          object: 'list',
          model: 'text-embedding-3-small',
          data,
          usage: { prompt_tokens: 60, total_tokens: 60 },
        }),
      );
      return;
    }
    const message = { role: 'assistant', content: JSON.stringify(wordsFor(described)), refusal: null };
    described += 1;
    const usage = { prompt_tokens: 1_200, completion_tokens: 160, total_tokens: 1_360 };
    const choices = [{ index: 0, finish_reason: 'stop', message }];
    response.end(JSON.stringify({ model: 'gpt-4o-mini-2024-07-18', choices, usage }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const aws = await startAws({ dataDir, region: REGION, accountId: '000000000000', timeScale: 1 });
const config = (endpoint: string) => ({ region: REGION, endpoint, credentials: aws.credentials });
await createTable(new DynamoDBClient(config(aws.endpoints.dynamodb)), NAMES.table);
await new S3Client({ ...config(aws.endpoints.s3), forcePathStyle: true }).send(
  new CreateBucketCommand({ Bucket: NAMES.bucket }),
);
await new S3VectorsClient(config(aws.endpoints.s3vectors)).send(
  new CreateVectorBucketCommand({ vectorBucketName: NAMES.vectors }),
);
const SecretString = JSON.stringify({ azure_openai_api_key: 'a-key', url_signing_key: 'k'.repeat(64) });
await new SecretsManagerClient(config(aws.endpoints.secretsmanager)).send(
  new CreateSecretCommand({ Name: NAMES.secret, SecretString }),
);
const sqs = new SQSClient(config(aws.endpoints.sqs));
const queues: Record<string, string> = {};
for (const name of ['ingest', 'describe', 'faces', 'organize', 'jobs']) {
  const fifo = name === 'organize';
  const QueueName = fifo ? `${name}.fifo` : name;
  const { QueueUrl = '' } = await sqs.send(
    new CreateQueueCommand({ QueueName, Attributes: fifo ? { FifoQueue: 'true' } : {} }),
  );
  queues[`${name.toUpperCase()}_QUEUE_URL`] = QueueUrl;
}

const model = await startModel();
process.send?.({
  AWS_REGION: REGION,
  AWS_ACCESS_KEY_ID: aws.credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: aws.credentials.secretAccessKey,
  ...Object.fromEntries(
    Object.entries({ ...aws.endpoints, secrets_manager: aws.endpoints.secretsmanager }).map(([service, endpoint]) => [
      `AWS_ENDPOINT_URL_${service.toUpperCase()}`,
      endpoint,
    ]),
  ),
  ...queues,
  TABLE_NAME: NAMES.table,
  BUCKET_NAME: NAMES.bucket,
  VECTOR_BUCKET_NAME: NAMES.vectors,
  SECRET_ARN: `arn:aws:secretsmanager:${REGION}:000000000000:secret:${NAMES.secret}`,
  URL_SIGNER_ROLE_ARN: 'arn:aws:iam::000000000000:role/url-signer',
  AZURE_OPENAI_ENDPOINT: `http://${model}`,
  FIREBASE_AUTH_EMULATOR_HOST: model,
  AZURE_OPENAI_DEPLOYMENT_NAME: 'gpt-4o-mini',
  AZURE_OPENAI_EMBEDDING_DEPLOYMENT_NAME: 'text-embedding-3-small',
});
