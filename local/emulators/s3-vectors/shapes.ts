import * as z from 'zod';
import { AwsError } from '../errors.ts';
import type { Metadata } from './filter.ts';
import type { StoredVector, VectorIndex } from './store.ts';

/** Limits of the service (S3 User Guide, "Limitations and restrictions" of S3 Vectors). */
export const LIMITS = {
  putVectors: 500,
  getVectors: 100,
  deleteVectors: 500,
  topK: 100,
  listVectors: 1_000,
  listIndexes: 500,
  dimension: 4_096,
  metadataBytes: 40 * 1024,
  filterableBytes: 2 * 1024,
  metadataKeys: 50,
  requestBytes: 20 * 1024 * 1024,
} as const;

export const bucketName = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{1,61})[a-z0-9]$/, 'must be 3 to 63 lower-case letters, digits and hyphens');
export const indexName = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9.-]{1,61})[a-z0-9]$/, 'must be 3 to 63 lower-case letters, digits, hyphens and dots');

/** A bucket is named by its name or its ARN. */
export const onBucket = z.looseObject({
  vectorBucketName: bucketName.optional(),
  vectorBucketArn: z.string().optional(),
});
/** An index is named by bucket and index name or by its ARN. */
export const onIndex = z.looseObject({
  vectorBucketName: bucketName.optional(),
  indexName: indexName.optional(),
  indexArn: z.string().optional(),
});

const key = z.string().min(1).max(1_024);
export const keys = (most: number) => z.array(key).min(1).max(most);
export const vectorData = z.strictObject({ float32: z.array(z.number()) });

const primitive = z.union([z.string(), z.number(), z.boolean()]);
const metadata = z.record(z.string().min(1).max(63), z.union([primitive, z.array(primitive)]));
export const inputVector = z.looseObject({ key, data: vectorData, metadata: metadata.default({}) });

/**
 * Checks vector data against its index and makes it float32.
 * @throws AwsError ValidationException for a wrong dimension, values that are not finite as float32, or a zero vector
 * under cosine (which has no direction)
 */
export function toFloat32(values: number[], index: VectorIndex, path: string): Float32Array {
  const invalid = (message: string) =>
    new AwsError('ValidationException', `Invalid record for ${path}: ${message}`, 400, {
      fieldList: [{ path, message }],
    });
  if (values.length !== index.dimension) {
    throw invalid(`vector must have length ${index.dimension}, but has length ${values.length}`);
  }
  const data = Float32Array.from(values);
  if (!data.every(Number.isFinite)) throw invalid('vector must not hold NaN, Infinity or a value beyond float32');
  if (index.metric === 'cosine' && data.every((value) => value === 0)) {
    throw invalid('vector must not be all zeros for the cosine distance metric');
  }
  return data;
}

/** Checks one vector to put, with its metadata limits. @throws AwsError ValidationException */
export function toStored(vector: z.output<typeof inputVector>, index: VectorIndex, path: string): StoredVector {
  const entries = Object.entries(vector.metadata);
  const bytes = (pairs: [string, unknown][]) => Buffer.byteLength(JSON.stringify(Object.fromEntries(pairs)));
  const filterable = entries.filter(([name]) => !index.nonFilterable.includes(name));
  const problem =
    entries.length > LIMITS.metadataKeys
      ? `metadata has ${entries.length} keys; at most ${LIMITS.metadataKeys} are taken`
      : bytes(entries) > LIMITS.metadataBytes
        ? `metadata must have at most ${LIMITS.metadataBytes} bytes`
        : bytes(filterable) > LIMITS.filterableBytes
          ? `Filterable metadata must have at most ${LIMITS.filterableBytes} bytes`
          : undefined;
  if (problem) {
    throw new AwsError('ValidationException', `Invalid record for key '${vector.key}': ${problem}`, 400, {
      fieldList: [{ path: `${path}.metadata`, message: problem }],
    });
  }
  return {
    key: vector.key,
    data: toFloat32(vector.data.float32, index, `${path}.data`),
    metadata: vector.metadata as Metadata,
  };
}
