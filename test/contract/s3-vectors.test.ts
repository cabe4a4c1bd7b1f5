import {
  CreateIndexCommand,
  type CreateIndexCommandInput,
  CreateVectorBucketCommand,
  DeleteIndexCommand,
  DeleteVectorBucketCommand,
  DeleteVectorsCommand,
  GetIndexCommand,
  GetVectorBucketCommand,
  GetVectorsCommand,
  ListIndexesCommand,
  ListVectorBucketsCommand,
  ListVectorsCommand,
  type PutInputVector,
  PutVectorsCommand,
  QueryVectorsCommand,
  type QueryVectorsCommandInput,
  S3VectorsClient,
} from '@aws-sdk/client-s3vectors';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { acrossCrash, startTestAws, type TestAws } from './aws.ts';

const vectorBucketName = 'shoebox-vectors';
const invalid = { name: 'ValidationException', $metadata: { httpStatusCode: 400 } };
const missing = { name: 'NotFoundException', $metadata: { httpStatusCode: 404 } };
const conflict = { name: 'ConflictException', $metadata: { httpStatusCode: 409 } };

const indexInput = (indexName: string, input: Partial<CreateIndexCommandInput> = {}): CreateIndexCommandInput => ({
  vectorBucketName,
  indexName,
  dataType: 'float32',
  dimension: 3,
  distanceMetric: 'cosine',
  ...input,
});

describe('S3 Vectors', () => {
  let aws: TestAws;
  let client: S3VectorsClient;

  beforeAll(async () => {
    aws = await startTestAws();
    client = new S3VectorsClient(aws.config('s3vectors'));
    await client.send(new CreateVectorBucketCommand({ vectorBucketName }));
  });
  afterAll(() => aws.dispose());

  const createIndex = (name: string, input: Partial<CreateIndexCommandInput> = {}) =>
    client.send(new CreateIndexCommand(indexInput(name, input)));
  const put = (indexName: string, vectors: PutInputVector[]) =>
    client.send(new PutVectorsCommand({ vectorBucketName, indexName, vectors }));
  const vector = (key: string, float32: number[], metadata?: PutInputVector['metadata']): PutInputVector => ({
    key,
    data: { float32 },
    ...(metadata === undefined ? {} : { metadata }),
  });
  const query = async (indexName: string, float32: number[], input: Partial<QueryVectorsCommandInput> = {}) =>
    client.send(new QueryVectorsCommand({ vectorBucketName, indexName, topK: 10, queryVector: { float32 }, ...input }));
  const keysOf = async (...input: Parameters<typeof query>) => (await query(...input)).vectors?.map((hit) => hit.key);

  describe('buckets and indexes', () => {
    test('are made once, described, listed and deleted when empty', async () => {
      const name = 'second-bucket';
      const { vectorBucketArn } = await client.send(new CreateVectorBucketCommand({ vectorBucketName: name }));
      expect(vectorBucketArn).toBe('arn:aws:s3vectors:eu-central-1:000000000000:bucket/second-bucket');
      await expect(client.send(new CreateVectorBucketCommand({ vectorBucketName: name }))).rejects.toMatchObject(
        conflict,
      );
      const { vectorBucket } = await client.send(new GetVectorBucketCommand({ vectorBucketArn }));
      expect(vectorBucket).toMatchObject({ vectorBucketName: name, creationTime: expect.any(Date) });
      const { vectorBuckets } = await client.send(new ListVectorBucketsCommand({}));
      expect(vectorBuckets?.map((bucket) => bucket.vectorBucketName)).toEqual([name, vectorBucketName]);

      await createIndex('an-index', { vectorBucketName: name });
      await expect(client.send(new DeleteVectorBucketCommand({ vectorBucketName: name }))).rejects.toMatchObject(
        conflict,
      );
      await client.send(new DeleteIndexCommand({ vectorBucketName: name, indexName: 'an-index' }));
      await client.send(new DeleteVectorBucketCommand({ vectorBucketName: name }));
      await expect(client.send(new GetVectorBucketCommand({ vectorBucketName: name }))).rejects.toMatchObject(missing);
    });

    test('answer what an index was made with', async () => {
      const { indexArn } = await createIndex('described.index', {
        metadataConfiguration: { nonFilterableMetadataKeys: ['text'] },
      });
      await expect(createIndex('described.index')).rejects.toMatchObject(conflict);
      const { index } = await client.send(new GetIndexCommand({ indexArn }));
      expect(index).toMatchObject({
        vectorBucketName,
        indexName: 'described.index',
        indexArn,
        dataType: 'float32',
        dimension: 3,
        distanceMetric: 'cosine',
        metadataConfiguration: { nonFilterableMetadataKeys: ['text'] },
      });
      await expect(client.send(new GetIndexCommand({ vectorBucketName, indexName: 'nowhere' }))).rejects.toMatchObject(
        missing,
      );
      await expect(createIndex('x-index', { vectorBucketName: 'no-such-bucket' })).rejects.toMatchObject(missing);
    });

    test.each(['ab', 'Upper', 'under_score', '-start', 'x'.repeat(64)])('refuse the name %s', async (name) => {
      await expect(createIndex(name)).rejects.toMatchObject(invalid);
      await expect(client.send(new CreateVectorBucketCommand({ vectorBucketName: name }))).rejects.toMatchObject(
        invalid,
      );
    });

    test('refuse a bad dimension, metric or type', async () => {
      await expect(createIndex('bad-dimension', { dimension: 4097 })).rejects.toMatchObject(invalid);
      await expect(createIndex('bad-metric', { distanceMetric: 'dot' as 'cosine' })).rejects.toMatchObject(invalid);
      await expect(createIndex('bad-type', { dataType: 'int8' as 'float32' })).rejects.toMatchObject(invalid);
    });

    test('list indexes by prefix in pages', async () => {
      for (const n of [1, 2, 3]) await createIndex(`paged-${n}`);
      const first = await client.send(new ListIndexesCommand({ vectorBucketName, prefix: 'paged-', maxResults: 2 }));
      expect(first.indexes?.map((index) => index.indexName)).toEqual(['paged-1', 'paged-2']);
      const { nextToken } = first;
      const second = await client.send(
        new ListIndexesCommand({ vectorBucketName, prefix: 'paged-', maxResults: 2, nextToken }),
      );
      expect(second.indexes?.map((index) => index.indexName)).toEqual(['paged-3']);
      expect(second.nextToken).toBeUndefined();
    });
  });

  describe('vectors', () => {
    beforeAll(() => createIndex('vectors'));

    test('come back as float32 with their metadata, where asked for', async () => {
      const metadata = { title: 'a photo', year: 2024, raw: false, tags: ['sea', 'sun'] };
      await put('vectors', [vector('one', [0.1, 0.2, 0.3], metadata)]);
      const get = (input: object) =>
        client.send(new GetVectorsCommand({ vectorBucketName, indexName: 'vectors', keys: ['one', 'none'], ...input }));
      expect((await get({})).vectors).toEqual([{ key: 'one' }]);
      const { vectors } = await get({ returnData: true, returnMetadata: true });
      expect(vectors).toEqual([{ key: 'one', data: { float32: [0.1, 0.2, 0.3].map(Math.fround) }, metadata }]);
    });

    test('are replaced whole by a second put, and deleted whether there or not', async () => {
      await put('vectors', [vector('two', [1, 0, 0], { a: 1 })]);
      await put('vectors', [vector('two', [0, 1, 0])]);
      const get = () =>
        client.send(
          new GetVectorsCommand({
            vectorBucketName,
            indexName: 'vectors',
            keys: ['two'],
            returnData: true,
            returnMetadata: true,
          }),
        );
      expect((await get()).vectors).toEqual([{ key: 'two', data: { float32: [0, 1, 0] }, metadata: {} }]);
      await client.send(new DeleteVectorsCommand({ vectorBucketName, indexName: 'vectors', keys: ['two', 'none'] }));
      expect((await get()).vectors).toEqual([]);
    });

    test('are refused with the wrong dimension, values that are no float32, or no direction; none of the batch is kept', async () => {
      for (const bad of [
        [1, 2],
        [Number.NaN, 0, 1],
        [1e39, 0, 1],
        [0, 0, 0],
      ]) {
        await expect(put('vectors', [vector('good', [1, 0, 0]), vector('bad', bad)])).rejects.toMatchObject(invalid);
      }
      const { vectors } = await client.send(
        new GetVectorsCommand({ vectorBucketName, indexName: 'vectors', keys: ['good'] }),
      );
      expect(vectors).toEqual([]);
    });

    test('hold metadata within its limits', async () => {
      await expect(put('vectors', [vector('m', [1, 0, 0], { text: 'x'.repeat(2048) })])).rejects.toMatchObject(invalid);
      await put('described.index', [vector('m', [1, 0, 0], { text: 'x'.repeat(30_000) })]);
      await expect(
        put('described.index', [vector('m', [1, 0, 0], { text: 'x'.repeat(41_000) })]),
      ).rejects.toMatchObject(invalid);
      await expect(put('vectors', [vector('m', [1, 0, 0], { nested: { a: 1 } })])).rejects.toMatchObject(invalid);
    });

    test('are put 500, got 100 and deleted 500 at a time, and listed in pages', async () => {
      await createIndex('many');
      const many = (count: number) =>
        Array.from({ length: count }, (_, n) => vector(`key-${String(n).padStart(4, '0')}`, [1, n, 0]));
      await put('many', many(500));
      await expect(put('many', many(501))).rejects.toMatchObject(invalid);
      const keys = many(501).map(({ key }) => key ?? '');
      const get = (count: number) =>
        client.send(new GetVectorsCommand({ vectorBucketName, indexName: 'many', keys: keys.slice(0, count) }));
      expect((await get(100)).vectors).toHaveLength(100);
      await expect(get(101)).rejects.toMatchObject(invalid);

      const listed: (string | undefined)[] = [];
      let nextToken: string | undefined;
      do {
        const page = await client.send(
          new ListVectorsCommand({ vectorBucketName, indexName: 'many', maxResults: 200, nextToken }),
        );
        listed.push(...(page.vectors ?? []).map(({ key }) => key));
        nextToken = page.nextToken;
      } while (nextToken);
      expect(listed).toEqual(keys.slice(0, 500));

      const remove = (count: number) =>
        client.send(new DeleteVectorsCommand({ vectorBucketName, indexName: 'many', keys: keys.slice(0, count) }));
      await expect(remove(501)).rejects.toMatchObject(invalid);
      await remove(500);
      expect((await client.send(new ListVectorsCommand({ vectorBucketName, indexName: 'many' }))).vectors).toEqual([]);
    });
  });

  describe('queries', () => {
    const photos: [string, number[], PutInputVector['metadata']][] = [
      ['sea', [1, 0, 0], { kind: 'landscape', year: 2020, tags: ['sea', 'sun'] }],
      ['coast', [0.9, 0.1, 0], { kind: 'landscape', year: 2022, favourite: true }],
      ['dog', [0, 1, 0], { kind: 'animal', year: 2024 }],
      ['opposite', [-1, 0, 0], { kind: 'none' }],
    ];

    beforeAll(async () => {
      for (const [name, distanceMetric] of [
        ['cosine-index', 'cosine'],
        ['euclidean-index', 'euclidean'],
      ] as const) {
        await createIndex(name, { distanceMetric, metadataConfiguration: { nonFilterableMetadataKeys: ['text'] } });
        await put(
          name,
          photos.map((photo) => vector(...photo)),
        );
      }
    });

    test('find the nearest by cosine distance, whatever the length', async () => {
      const found = await query('cosine-index', [10, 0, 0], { returnDistance: true });
      expect(found.distanceMetric).toBe('cosine');
      expect(found.vectors?.map((hit) => hit.key)).toEqual(['sea', 'coast', 'dog', 'opposite']);
      const distances = found.vectors?.map((hit) => hit.distance) ?? [];
      expect(distances[0]).toBeCloseTo(0, 6);
      expect(distances[1]).toBeCloseTo(1 - 0.9 / Math.hypot(0.9, 0.1), 6);
      expect(distances[2]).toBeCloseTo(1, 6);
      expect(distances[3]).toBeCloseTo(2, 6);
      expect(await keysOf('cosine-index', [10, 0, 0], { topK: 2 })).toEqual(['sea', 'coast']);
    });

    test('find the nearest by euclidean distance', async () => {
      const found = await query('euclidean-index', [0, 2, 0], { returnDistance: true, topK: 2 });
      expect(found.vectors?.map((hit) => hit.key)).toEqual(['dog', 'coast']);
      expect(found.vectors?.[0]?.distance).toBeCloseTo(1, 6);
    });

    test('see what was put and deleted since the last one', async () => {
      await put('cosine-index', [vector('late', [1, 0.01, 0])]);
      expect(await keysOf('cosine-index', [1, 0.01, 0], { topK: 1 })).toEqual(['late']);
      await client.send(new DeleteVectorsCommand({ vectorBucketName, indexName: 'cosine-index', keys: ['late'] }));
      expect(await keysOf('cosine-index', [1, 0.01, 0], { topK: 1 })).toEqual(['sea']);
    });

    test('answer distance and metadata only where asked', async () => {
      const bare = await query('cosine-index', [1, 0, 0], { topK: 1 });
      expect(bare.vectors).toEqual([{ key: 'sea' }]);
      const full = await query('cosine-index', [1, 0, 0], { topK: 1, returnMetadata: true });
      expect(full.vectors?.[0]?.metadata).toEqual({ kind: 'landscape', year: 2020, tags: ['sea', 'sun'] });
    });

    test.each<[string, QueryVectorsCommandInput['filter'], string[]]>([
      ['equality', { kind: 'animal' }, ['dog']],
      ['$eq in a list', { tags: { $eq: 'sun' } }, ['sea']],
      ['$ne', { kind: { $ne: 'landscape' } }, ['dog', 'opposite']],
      ['$in', { kind: { $in: ['animal', 'none'] } }, ['dog', 'opposite']],
      ['$nin', { kind: { $nin: ['animal', 'none'] } }, ['sea', 'coast']],
      ['a range', { year: { $gt: 2020, $lte: 2024 } }, ['coast', 'dog']],
      ['$gte and $lt', { year: { $gte: 2020, $lt: 2024 } }, ['sea', 'coast']],
      ['$exists', { favourite: { $exists: true } }, ['coast']],
      ['$and', { $and: [{ kind: 'landscape' }, { year: { $gte: 2022 } }] }, ['coast']],
      ['$or', { $or: [{ kind: 'animal' }, { favourite: true }] }, ['coast', 'dog']],
      ['several keys at once', { kind: 'landscape', year: 2020 }, ['sea']],
    ])('filter by %s', async (_, filter, expected) => {
      expect(await keysOf('cosine-index', [1, 0, 0], { filter })).toEqual(expected);
    });

    test('refuse bad filters, sizes and vectors', async () => {
      for (const filter of [
        { kind: { $like: 'a' } },
        { $not: [] },
        { year: { $gt: 'a' } },
        { $and: [] },
        { text: 'x' },
        {},
      ]) {
        await expect(
          query('cosine-index', [1, 0, 0], { filter: filter as QueryVectorsCommandInput['filter'] }),
        ).rejects.toMatchObject(invalid);
      }
      await expect(query('cosine-index', [1, 0, 0], { topK: 101 })).rejects.toMatchObject(invalid);
      await expect(query('cosine-index', [1, 0, 0], { topK: 0 })).rejects.toMatchObject(invalid);
      await expect(query('cosine-index', [1, 0])).rejects.toMatchObject(invalid);
      await expect(query('cosine-index', [0, 0, 0])).rejects.toMatchObject(invalid);
      await expect(query('nowhere', [1, 0, 0])).rejects.toMatchObject(missing);
    });
  });
});

test('S3 Vectors keeps buckets, indexes and vectors through SIGKILL', async () => {
  const indexName = 'u-0123';
  const float32 = Array.from({ length: 512 }, (_, n) => Math.sin(n + 1));
  await acrossCrash(
    async (aws) => {
      const client = new S3VectorsClient(aws.config('s3vectors'));
      await client.send(new CreateVectorBucketCommand({ vectorBucketName }));
      await client.send(new CreateIndexCommand(indexInput(indexName, { dimension: 512 })));
      const vectors = [{ key: 'kept', data: { float32 }, metadata: { a: 1 } }];
      await client.send(new PutVectorsCommand({ vectorBucketName, indexName, vectors }));
    },
    async (aws) => {
      const client = new S3VectorsClient(aws.config('s3vectors'));
      const input = { vectorBucketName, indexName };
      const { vectors } = await client.send(
        new GetVectorsCommand({ ...input, keys: ['kept'], returnData: true, returnMetadata: true }),
      );
      expect(vectors).toEqual([{ key: 'kept', data: { float32: float32.map(Math.fround) }, metadata: { a: 1 } }]);
      const found = await client.send(new QueryVectorsCommand({ ...input, topK: 1, queryVector: { float32 } }));
      expect(found.vectors?.[0]?.key).toBe('kept');
    },
  );
});
