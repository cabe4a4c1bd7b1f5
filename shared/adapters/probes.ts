import { HeadBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { GetVectorBucketCommand, type S3VectorsClient } from '@aws-sdk/client-s3vectors';
import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';

export interface ProbeTargets {
  table: { client: DynamoDBDocumentClient; name: string };
  bucket: { client: S3Client; name: string };
  queues: { client: SQSClient; urls: readonly string[] };
  vectors: { client: S3VectorsClient; name: string };
}

/**
 * Asks each part one cheap question. A probe rejects where its part does not answer as it should; `signal` ends the wait.
 * Needs `dynamodb:GetItem`, `s3:ListBucket`, `sqs:GetQueueAttributes` and `s3vectors:GetVectorBucket`.
 */
export function createProbes({ table, bucket, queues, vectors }: ProbeTargets) {
  return {
    async table(abortSignal: AbortSignal): Promise<void> {
      const Key = { user_id: '#service', sk: 'HEALTH' };
      await table.client.send(new GetCommand({ TableName: table.name, Key }), { abortSignal });
    },
    async bucket(abortSignal: AbortSignal): Promise<void> {
      await bucket.client.send(new HeadBucketCommand({ Bucket: bucket.name }), { abortSignal });
    },
    async queues(abortSignal: AbortSignal): Promise<void> {
      await Promise.all(
        queues.urls.map((QueueUrl) =>
          queues.client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }), {
            abortSignal,
          }),
        ),
      );
    },
    async vectors(abortSignal: AbortSignal): Promise<void> {
      await vectors.client.send(new GetVectorBucketCommand({ vectorBucketName: vectors.name }), { abortSignal });
    },
  };
}
export type Probes = ReturnType<typeof createProbes>;
