import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/**
 * AWS clients, made once per process. Region, credentials and endpoints (`AWS_ENDPOINT_URL_S3`, …) come from the environment:
 * that is all that differs between Lambda and a laptop.
 */

export function createTableClient(): DynamoDBDocumentClient {
  return DynamoDBDocumentClient.from(new DynamoDBClient({}), { marshallOptions: { removeUndefinedValues: true } });
}

/** `path` puts the bucket in the path; `auto` does so only where the endpoint is not AWS's own. */
export function createS3Client(addressing: 'auto' | 'path' | 'virtual'): S3Client {
  const custom = Boolean(process.env.AWS_ENDPOINT_URL_S3);
  return new S3Client({ forcePathStyle: addressing === 'path' || (addressing === 'auto' && custom) });
}
