import { createHash } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, paginateListObjectsV2, S3Client } from '@aws-sdk/client-s3';
import {
  ListIndexesCommand,
  ListVectorBucketsCommand,
  ListVectorsCommand,
  S3VectorsClient,
} from '@aws-sdk/client-s3vectors';
import { DynamoDBDocumentClient, paginateScan } from '@aws-sdk/lib-dynamodb';
import type { LocalStack } from '../../../local/stack.ts';
import type { IndexedVector, StoredObject } from '../../support/deviations.ts';
import type { Item } from '../../support/items.ts';
import type { Aws } from './stack.ts';

/** Everything a stack has stored, read with plain AWS clients and none of the product's code. */
export interface Stored {
  items: Item[];
  objects: StoredObject[];
  /** Every vector of every index of every vector bucket. */
  vectors: IndexedVector[];
  /** The names of all indexes, also those that hold nothing. */
  indexes: string[];
}

export type Reachable = Aws & Pick<LocalStack, 'outputs'>;

async function readTable(stack: Reachable): Promise<Item[]> {
  const dynamodb = new DynamoDBClient(client(stack, 'dynamodb'));
  try {
    const table = DynamoDBDocumentClient.from(dynamodb);
    const items: Item[] = [];
    const pages = paginateScan({ client: table }, { TableName: stack.outputs.TableName, ConsistentRead: true });
    for await (const page of pages) items.push(...((page.Items ?? []) as Item[]));
    return items;
  } finally {
    dynamodb.destroy();
  }
}

async function readVectors(stack: Reachable): Promise<Pick<Stored, 'vectors' | 'indexes'>> {
  const s3vectors = new S3VectorsClient(client(stack, 's3vectors'));
  try {
    const vectors: Stored['vectors'] = [];
    const indexes: string[] = [];
    const { vectorBuckets = [] } = await s3vectors.send(new ListVectorBucketsCommand({}));
    for (const { vectorBucketName } of vectorBuckets) {
      let nextIndexes: string | undefined;
      do {
        const page = await s3vectors.send(new ListIndexesCommand({ vectorBucketName, nextToken: nextIndexes }));
        nextIndexes = page.nextToken;
        for (const { indexName } of page.indexes ?? []) {
          indexes.push(indexName ?? '');
          let nextToken: string | undefined;
          do {
            const listed = await s3vectors.send(
              new ListVectorsCommand({ vectorBucketName, indexName, returnData: true, nextToken }),
            );
            nextToken = listed.nextToken;
            for (const { key = '', data } of listed.vectors ?? []) {
              vectors.push({ index: indexName ?? '', key, values: data?.float32 ?? [] });
            }
          } while (nextToken);
        }
      } while (nextIndexes);
    }
    return { vectors, indexes };
  } finally {
    s3vectors.destroy();
  }
}

function client({ region, credentials, endpoints }: Reachable, service: keyof Aws['endpoints']) {
  return { region, credentials, endpoint: endpoints[service] };
}

/** What was read of an object holds until it is written again. */
const known = new Map<string, StoredObject>();

async function readObjects(stack: Reachable): Promise<StoredObject[]> {
  const s3 = new S3Client({ ...client(stack, 's3'), forcePathStyle: true });
  const Bucket = stack.outputs.BucketName;
  async function read(Key: string): Promise<StoredObject> {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    const body = (await Body?.transformToByteArray()) ?? new Uint8Array();
    return { key: Key, bytes: body.length, sha256: createHash('sha256').update(body).digest('hex') };
  }
  try {
    const objects: StoredObject[] = [];
    for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket })) {
      for (const { Key = '', ETag, LastModified } of Contents) {
        const version = JSON.stringify([stack.endpoints.s3, Bucket, Key, ETag, LastModified]);
        const object = known.get(version) ?? (await read(Key));
        known.set(version, object);
        objects.push(object);
      }
    }
    return objects;
  } finally {
    s3.destroy();
  }
}

export async function readStored(stack: Reachable): Promise<Stored> {
  const [items, objects, { vectors, indexes }] = await Promise.all([
    readTable(stack),
    readObjects(stack),
    readVectors(stack),
  ]);
  return { items, objects, vectors, indexes };
}
