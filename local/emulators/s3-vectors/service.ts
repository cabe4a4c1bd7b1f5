import { join } from 'node:path';
import * as z from 'zod';
import type { Authenticator } from '../authenticator.ts';
import { openDatabase } from '../database.ts';
import { AwsError } from '../errors.ts';
import type { Service } from '../gate.ts';
import { jsonService, operation } from '../json-service.ts';
import { compileFilter } from './filter.ts';
import { nearest } from './query.ts';
import {
  bucketName,
  indexName,
  inputVector,
  keys,
  LIMITS,
  onBucket,
  onIndex,
  toFloat32,
  toStored,
  vectorData,
} from './shapes.ts';
import { openVectorStore, SCHEMA, type StoredVector, type VectorIndex } from './store.ts';

const seconds = (milliseconds: number) => milliseconds / 1000;
const token = (after: string) => Buffer.from(after).toString('base64url');
const afterToken = (given: string | undefined) => Buffer.from(given ?? '', 'base64url').toString();

/** Amazon S3 Vectors over its REST-JSON protocol; queries are exact (the real service's are approximate). */
export function createS3Vectors(options: {
  directory: string;
  region: string;
  accountId: string;
  authenticator: Authenticator;
  clock: () => Date;
}): Service & { stop(): void } {
  const database = openDatabase(join(options.directory, 's3-vectors.db'), SCHEMA);
  const store = openVectorStore(database, options.clock);
  const arn = (bucket: string, index?: string) =>
    `arn:aws:s3vectors:${options.region}:${options.accountId}:bucket/${bucket}${index === undefined ? '' : `/index/${index}`}`;

  function bucketOf(input: z.output<typeof onBucket>): string {
    const name = input.vectorBucketName ?? /:bucket\/([^/]+)$/.exec(input.vectorBucketArn ?? '')?.[1];
    if (name === undefined) throw new AwsError('ValidationException', 'Give vectorBucketName or vectorBucketArn.');
    return name;
  }
  function indexOf(input: z.output<typeof onIndex>): VectorIndex {
    const [, bucket, name] = /:bucket\/([^/]+)\/index\/([^/]+)$/.exec(input.indexArn ?? '') ?? [
      '',
      input.vectorBucketName,
      input.indexName,
    ];
    if (bucket === undefined || name === undefined) {
      throw new AwsError('ValidationException', 'Give vectorBucketName and indexName, or indexArn.');
    }
    return store.index(bucket, name);
  }
  const toBucket = (bucket: { name: string; created: number }) => ({
    vectorBucketName: bucket.name,
    vectorBucketArn: arn(bucket.name),
    creationTime: seconds(bucket.created),
  });
  const toSummary = (index: VectorIndex) => ({
    vectorBucketName: index.bucket,
    indexName: index.name,
    indexArn: arn(index.bucket, index.name),
    creationTime: seconds(index.created),
  });
  const toOutput = (vector: StoredVector, returnData: boolean, returnMetadata: boolean) => ({
    key: vector.key,
    data: returnData ? { float32: Array.from(vector.data) } : undefined,
    metadata: returnMetadata ? vector.metadata : undefined,
  });
  const returns = { returnData: z.boolean().default(false), returnMetadata: z.boolean().default(false) };
  const paged = (most: number) => ({
    maxResults: z.int().min(1).max(most).default(500),
    nextToken: z.string().optional(),
  });

  const operations = {
    CreateVectorBucket: operation(z.looseObject({ vectorBucketName: bucketName }), (input) => {
      store.createBucket(input.vectorBucketName);
      return { vectorBucketArn: arn(input.vectorBucketName) };
    }),
    GetVectorBucket: operation(onBucket, (input) => ({
      vectorBucket: { ...toBucket(store.bucket(bucketOf(input))), encryptionConfiguration: { sseType: 'AES256' } },
    })),
    ListVectorBuckets: operation(z.looseObject({ prefix: z.string().default('') }), (input) => ({
      vectorBuckets: store.buckets(input.prefix).map(toBucket),
    })),
    DeleteVectorBucket: operation(onBucket, (input) => {
      store.deleteBucket(bucketOf(input));
      return {};
    }),
    CreateIndex: operation(
      onBucket.extend({
        indexName,
        dataType: z.literal('float32'),
        dimension: z.int().min(1).max(LIMITS.dimension),
        distanceMetric: z.enum(['cosine', 'euclidean']),
        metadataConfiguration: z
          .looseObject({ nonFilterableMetadataKeys: z.array(z.string().min(1).max(63)).min(1).max(10) })
          .optional(),
      }),
      (input) => {
        const bucket = bucketOf(input);
        const nonFilterable = input.metadataConfiguration?.nonFilterableMetadataKeys ?? [];
        const { dimension, distanceMetric: metric } = input;
        store.createIndex({ bucket, name: input.indexName, dimension, metric, nonFilterable });
        return { indexArn: arn(bucket, input.indexName) };
      },
    ),
    GetIndex: operation(onIndex, (input) => {
      const index = indexOf(input);
      const { dimension, metric: distanceMetric, nonFilterable } = index;
      const metadataConfiguration = nonFilterable.length > 0 ? { nonFilterableMetadataKeys: nonFilterable } : undefined;
      return { index: { ...toSummary(index), dataType: 'float32', dimension, distanceMetric, metadataConfiguration } };
    }),
    ListIndexes: operation(
      onBucket.extend({ ...paged(LIMITS.listIndexes), prefix: z.string().default('') }),
      (input) => {
        const found = store.indexes(bucketOf(input), input.prefix, afterToken(input.nextToken), input.maxResults + 1);
        const page = found.slice(0, input.maxResults);
        const nextToken = found.length > page.length ? token(page.at(-1)?.name ?? '') : undefined;
        return { indexes: page.map(toSummary), nextToken };
      },
    ),
    DeleteIndex: operation(onIndex, (input) => {
      store.deleteIndex(indexOf(input));
      return {};
    }),
    PutVectors: operation(onIndex.extend({ vectors: z.array(inputVector).min(1).max(LIMITS.putVectors) }), (input) => {
      const index = indexOf(input);
      store.put(
        index,
        input.vectors.map((vector, position) => toStored(vector, index, `vectors.${position}`)),
      );
      return {};
    }),
    GetVectors: operation(onIndex.extend({ keys: keys(LIMITS.getVectors), ...returns }), (input) => ({
      vectors: store
        .get(indexOf(input), input.keys)
        .map((vector) => toOutput(vector, input.returnData, input.returnMetadata)),
    })),
    DeleteVectors: operation(onIndex.extend({ keys: keys(LIMITS.deleteVectors) }), (input) => {
      store.delete(indexOf(input), input.keys);
      return {};
    }),
    ListVectors: operation(onIndex.extend({ ...paged(LIMITS.listVectors), ...returns }), (input) => {
      const found = store.page(indexOf(input), afterToken(input.nextToken), input.maxResults + 1);
      const page = found.slice(0, input.maxResults);
      const nextToken = found.length > page.length ? token(page.at(-1)?.key ?? '') : undefined;
      return { vectors: page.map((vector) => toOutput(vector, input.returnData, input.returnMetadata)), nextToken };
    }),
    QueryVectors: operation(
      onIndex.extend({
        topK: z.int().min(1).max(LIMITS.topK),
        queryVector: vectorData,
        filter: z.unknown().optional(),
        returnDistance: z.boolean().default(false),
        returnMetadata: z.boolean().default(false),
      }),
      (input) => {
        const index = indexOf(input);
        const query = toFloat32(input.queryVector.float32, index, 'queryVector');
        const passes = input.filter === undefined ? () => true : compileFilter(input.filter, index.nonFilterable);
        const hits = nearest(store.all(index), query, index.metric, input.topK, passes);
        return {
          distanceMetric: index.metric,
          vectors: hits.map(({ vector, distance }) => ({
            key: vector.key,
            distance: input.returnDistance ? distance : undefined,
            metadata: input.returnMetadata ? vector.metadata : undefined,
          })),
        };
      },
    ),
  };

  const service = jsonService({
    name: 's3vectors',
    authenticator: options.authenticator,
    operations,
    operationOf: (exchange) => (exchange.method === 'POST' ? exchange.rawPath.slice(1) : ''),
    contentType: 'application/json',
    validationCode: 'ValidationException',
    maxBytes: LIMITS.requestBytes,
    errorEnvelope: (error) => ({ headers: { 'x-amzn-errortype': error.code }, body: { message: error.message } }),
  });
  return { ...service, stop: () => database.close() };
}
