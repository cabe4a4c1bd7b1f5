import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketCorsCommand,
  GetBucketLifecycleConfigurationCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutBucketCorsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ObjectCreated } from '../../local/emulators/aws.ts';
import { acrossCrash, startTestAws, type TestAws } from './aws.ts';

const Bucket = 'shoebox-photos';

describe('S3', () => {
  let aws: TestAws;
  let client: S3Client;
  const events: ObjectCreated[] = [];
  let listener: (event: ObjectCreated) => Promise<void> = async () => {};

  beforeAll(async () => {
    aws = await startTestAws();
    client = new S3Client(aws.config('s3'));
    await client.send(
      new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' } }),
    );
    aws.onObjectCreated(async (event) => {
      events.push(event);
      await listener(event);
    });
  });
  afterAll(() => aws.dispose());

  const put = (Key: string, Body: string | Buffer = 'x') => client.send(new PutObjectCommand({ Bucket, Key, Body }));
  const read = async (Key: string, input: Partial<{ Range: string }> = {}) => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket, Key, ...input }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  };
  const url = (path: string) => `${aws.endpoints.s3}/${path}`;

  describe('buckets', () => {
    test('are made once, listed, headed and deleted when empty', async () => {
      await expect(client.send(new CreateBucketCommand({ Bucket }))).rejects.toMatchObject({
        name: 'BucketAlreadyOwnedByYou',
      });
      await client.send(new CreateBucketCommand({ Bucket: 'second-bucket' }));
      const { Buckets } = await client.send(new ListBucketsCommand({}));
      expect(Buckets?.map((bucket) => bucket.Name)).toContain('second-bucket');
      await client.send(new PutObjectCommand({ Bucket: 'second-bucket', Key: 'a', Body: 'a' }));
      await expect(client.send(new DeleteBucketCommand({ Bucket: 'second-bucket' }))).rejects.toMatchObject({
        name: 'BucketNotEmpty',
      });
      await client.send(new DeleteObjectCommand({ Bucket: 'second-bucket', Key: 'a' }));
      await client.send(new DeleteBucketCommand({ Bucket: 'second-bucket' }));
      await expect(client.send(new HeadBucketCommand({ Bucket: 'second-bucket' }))).rejects.toMatchObject({
        name: 'NotFound',
      });
    });

    test('refuse bad names', async () => {
      await expect(client.send(new CreateBucketCommand({ Bucket: 'Bad_Name' }))).rejects.toMatchObject({
        name: 'InvalidBucketName',
      });
    });

    test('keep their lifecycle', async () => {
      const missing = client.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
      await expect(missing).rejects.toMatchObject({ name: 'NoSuchLifecycleConfiguration' });
      const rule = {
        ID: 'quarantine',
        Status: 'Enabled' as const,
        Filter: { Prefix: 'incoming/' },
        Expiration: { Days: 30 },
      };
      await client.send(
        new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules: [rule] } }),
      );
      const { Rules } = await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket }));
      expect(Rules).toEqual([rule]);
    });
  });

  describe('objects', () => {
    test('come back byte for byte with their headers, and announce themselves', async () => {
      const body = randomBytes(300_000);
      events.length = 0;
      const { ETag } = await client.send(
        new PutObjectCommand({
          Bucket,
          Key: 'originals/ü ß+&/photo (1).jpg',
          Body: body,
          ContentType: 'image/jpeg',
          CacheControl: 'private, max-age=60',
          Metadata: { owner: 'someone' },
        }),
      );
      expect(ETag).toBe(`"${createHash('md5').update(body).digest('hex')}"`);
      const got = await client.send(new GetObjectCommand({ Bucket, Key: 'originals/ü ß+&/photo (1).jpg' }));
      expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(body)).toBe(true);
      expect(got).toMatchObject({
        ContentType: 'image/jpeg',
        ContentLength: 300_000,
        CacheControl: 'private, max-age=60',
        Metadata: { owner: 'someone' },
        ETag,
        ServerSideEncryption: 'AES256',
      });
      expect(events).toEqual([
        {
          bucket: Bucket,
          key: 'originals/ü ß+&/photo (1).jpg',
          size: 300_000,
          etag: ETag?.replaceAll('"', ''),
          eventName: 's3:ObjectCreated:Put',
          sequencer: expect.stringMatching(/^[0-9A-F]{16}$/),
        },
      ]);
    });

    test('take a stream with the default trailing checksum (aws-chunked) and store its plain bytes', async () => {
      const body = randomBytes(700_000);
      const parts = [body.subarray(0, 1), body.subarray(1, 400_000), body.subarray(400_000)];
      const stream = Readable.from(parts);
      await client.send(new PutObjectCommand({ Bucket, Key: 'stream', Body: stream, ContentLength: body.length }));
      const got = await client.send(new GetObjectCommand({ Bucket, Key: 'stream', ChecksumMode: 'ENABLED' }));
      expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(body)).toBe(true);
      expect(got.ChecksumCRC32).toMatch(/^.{6}==$/);
      expect(got.ContentEncoding).toBeUndefined();
    });

    test('refuse bytes that are not those of the stated checksum', async () => {
      const ChecksumSHA256 = createHash('sha256').update('other').digest('base64');
      const wrong = client.send(new PutObjectCommand({ Bucket, Key: 'checked', Body: 'bytes', ChecksumSHA256 }));
      await expect(wrong).rejects.toMatchObject({ name: 'BadDigest' });
      await expect(client.send(new HeadObjectCommand({ Bucket, Key: 'checked' }))).rejects.toMatchObject({
        name: 'NotFound',
      });
      const right = createHash('sha256').update('bytes').digest('base64');
      await client.send(new PutObjectCommand({ Bucket, Key: 'checked', Body: 'bytes', ChecksumSHA256: right }));
      const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'checked', ChecksumMode: 'ENABLED' }));
      expect(head.ChecksumSHA256).toBe(right);
    });

    test('of zero bytes are objects too', async () => {
      await put('empty', '');
      expect((await read('empty')).length).toBe(0);
      expect((await client.send(new HeadObjectCommand({ Bucket, Key: 'empty' }))).ContentLength).toBe(0);
    });

    test('may have 50 MB', { timeout: 60_000 }, async () => {
      const body = Buffer.alloc(50 * 1024 * 1024, 7);
      await put('large', body);
      expect((await read('large')).equals(body)).toBe(true);
    });

    test('that are not there are NoSuchKey, in a bucket that is not there NoSuchBucket', async () => {
      await expect(read('missing')).rejects.toMatchObject({ name: 'NoSuchKey' });
      const elsewhere = client.send(new GetObjectCommand({ Bucket: 'no-such-bucket', Key: 'a' }));
      await expect(elsewhere).rejects.toMatchObject({ name: 'NoSuchBucket' });
      await client.send(new DeleteObjectCommand({ Bucket, Key: 'missing' }));
    });

    test('with If-None-Match: * are written once, whoever comes at the same time', async () => {
      events.length = 0;
      const attempt = (n: number) =>
        client.send(new PutObjectCommand({ Bucket, Key: 'once', Body: `writer ${n}`, IfNoneMatch: '*' }));
      const outcomes = await Promise.allSettled(Array.from({ length: 8 }, (_, n) => attempt(n)));
      const winners = outcomes.flatMap(({ status }, n) => (status === 'fulfilled' ? [n] : []));
      expect(winners).toHaveLength(1);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected')
          expect(outcome.reason).toMatchObject({ name: 'PreconditionFailed', $metadata: { httpStatusCode: 412 } });
      }
      expect((await read('once')).toString()).toBe(`writer ${winners[0]}`);
      expect(events).toHaveLength(1);
    });

    test('with If-Match are replaced only as known', async () => {
      const { ETag } = await put('matched', 'one');
      const replace = (IfMatch: string | undefined) =>
        client.send(new PutObjectCommand({ Bucket, Key: 'matched', Body: 'two', IfMatch }));
      await expect(replace('"0123456789abcdef0123456789abcdef"')).rejects.toMatchObject({ name: 'PreconditionFailed' });
      await replace(ETag);
      expect((await read('matched')).toString()).toBe('two');
    });

    test('are copied with or without their headers, and under If-None-Match', async () => {
      await client.send(
        new PutObjectCommand({
          Bucket,
          Key: 'copy ä/source',
          Body: 'bytes',
          ContentType: 'image/png',
          Metadata: { a: '1' },
        }),
      );
      const CopySource = `${Bucket}/${encodeURIComponent('copy ä/source')}`;
      events.length = 0;
      await client.send(new CopyObjectCommand({ Bucket, Key: 'copy/kept', CopySource }));
      expect(events.map((event) => event.eventName)).toEqual(['s3:ObjectCreated:Copy']);
      const kept = await client.send(new HeadObjectCommand({ Bucket, Key: 'copy/kept' }));
      expect(kept).toMatchObject({ ContentType: 'image/png', Metadata: { a: '1' }, ContentLength: 5 });
      await client.send(
        new CopyObjectCommand({
          Bucket,
          Key: 'copy/changed',
          CopySource,
          MetadataDirective: 'REPLACE',
          ContentType: 'image/webp',
        }),
      );
      const changed = await client.send(new HeadObjectCommand({ Bucket, Key: 'copy/changed' }));
      expect(changed).toMatchObject({ ContentType: 'image/webp', Metadata: {} });
      const again = client.send(new CopyObjectCommand({ Bucket, Key: 'copy/kept', CopySource, IfNoneMatch: '*' }));
      await expect(again).rejects.toMatchObject({ name: 'PreconditionFailed' });
    });

    test('are read in ranges', async () => {
      await put('range', '0123456789');
      const ranged = await client.send(new GetObjectCommand({ Bucket, Key: 'range', Range: 'bytes=2-4' }));
      expect(ranged).toMatchObject({
        ContentRange: 'bytes 2-4/10',
        ContentLength: 3,
        $metadata: { httpStatusCode: 206 },
      });
      expect(await ranged.Body?.transformToString()).toBe('234');
      expect((await read('range', { Range: 'bytes=7-' })).toString()).toBe('789');
      expect((await read('range', { Range: 'bytes=-2' })).toString()).toBe('89');
      expect((await read('range', { Range: 'bytes=8-99' })).toString()).toBe('89');
      await expect(read('range', { Range: 'bytes=10-' })).rejects.toMatchObject({ name: 'InvalidRange' });
    });

    test('are read under conditions', async () => {
      const { ETag } = await put('conditional', 'x');
      const unchanged = client.send(new GetObjectCommand({ Bucket, Key: 'conditional', IfNoneMatch: ETag }));
      await expect(unchanged).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
      const other = client.send(new GetObjectCommand({ Bucket, Key: 'conditional', IfMatch: '"x"' }));
      await expect(other).rejects.toMatchObject({ $metadata: { httpStatusCode: 412 } });
    });

    test('are listed in byte order, by prefix, folded at a delimiter, in pages', async () => {
      const keys = ['list/B', 'list/a/1', 'list/a/2', 'list/b', 'list/c/1', 'list/ä', 'list2/x'];
      for (const key of keys) await put(key);
      const all = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'list/' }));
      expect(all.Contents?.map((object) => object.Key)).toEqual([
        'list/B',
        'list/a/1',
        'list/a/2',
        'list/b',
        'list/c/1',
        'list/ä',
      ]);
      const folded = await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'list/', Delimiter: '/' }));
      expect(folded.Contents?.map((object) => object.Key)).toEqual(['list/B', 'list/b', 'list/ä']);
      expect(folded.CommonPrefixes).toEqual([{ Prefix: 'list/a/' }, { Prefix: 'list/c/' }]);
      const paged: (string | undefined)[] = [];
      let ContinuationToken: string | undefined;
      do {
        const page = await client.send(
          new ListObjectsV2Command({ Bucket, Prefix: 'list/', Delimiter: '/', MaxKeys: 2, ContinuationToken }),
        );
        paged.push(
          ...(page.Contents ?? []).map((object) => object.Key),
          ...(page.CommonPrefixes ?? []).map((common) => common.Prefix),
        );
        expect(page.KeyCount).toBeLessThanOrEqual(2);
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken);
      expect(paged.toSorted()).toEqual(['list/B', 'list/a/', 'list/b', 'list/c/', 'list/ä'].toSorted());
    });

    test('are deleted many at once, whether there or not', async () => {
      await put('many/<1>&"');
      const Objects = [{ Key: 'many/<1>&"' }, { Key: 'many/none' }];
      const { Deleted } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
      expect(Deleted?.map((object) => object.Key)).toEqual(['many/<1>&"', 'many/none']);
      await expect(read('many/<1>&"')).rejects.toMatchObject({ name: 'NoSuchKey' });
    });

    test('may have keys that would leave a folder', async () => {
      await put('incoming/../../../etc/passwd', 'harmless');
      expect((await read('incoming/../../../etc/passwd')).toString()).toBe('harmless');
    });

    test('are acknowledged only after the listeners', async () => {
      let release = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      let heard = () => {};
      const called = new Promise<void>((resolve) => {
        heard = resolve;
      });
      listener = async () => {
        heard();
        await held;
      };
      let acknowledged = false;
      const pending = put('held').then(() => {
        acknowledged = true;
      });
      await called;
      await read('range');
      expect(acknowledged).toBe(false);
      release();
      await pending;
      listener = async () => {
        throw new Error('the queue is away');
      };
      await expect(put('unheard')).rejects.toMatchObject({ $metadata: { httpStatusCode: 500 } });
      listener = async () => {};
    });
  });

  describe('multipart uploads', () => {
    test('join their parts', async () => {
      const Key = 'multipart';
      const { UploadId } = await client.send(
        new CreateMultipartUploadCommand({ Bucket, Key, ContentType: 'image/heic' }),
      );
      const bodies = [randomBytes(5 * 1024 * 1024), randomBytes(1000)];
      const Parts: CompletedPart[] = [];
      for (const [n, Body] of bodies.entries()) {
        const { ETag } = await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: n + 1, Body }));
        Parts.push({ PartNumber: n + 1, ETag });
      }
      events.length = 0;
      const completed = await client.send(
        new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }),
      );
      expect(completed.ETag).toMatch(/^"[0-9a-f]{32}-2"$/);
      expect((await read(Key)).equals(Buffer.concat(bodies))).toBe(true);
      expect((await client.send(new HeadObjectCommand({ Bucket, Key }))).ContentType).toBe('image/heic');
      expect(events.map((event) => event.eventName)).toEqual(['s3:ObjectCreated:CompleteMultipartUpload']);
    });

    test('refuse small parts before the last, and end when aborted', async () => {
      const Key = 'small-parts';
      const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
      const Parts: CompletedPart[] = [];
      for (const PartNumber of [1, 2]) {
        const { ETag } = await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body: 'small' }));
        Parts.push({ PartNumber, ETag });
      }
      const complete = () =>
        client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }));
      await expect(complete()).rejects.toMatchObject({ name: 'EntityTooSmall' });
      await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
      await expect(complete()).rejects.toMatchObject({ name: 'NoSuchUpload' });
    });
  });

  describe('signatures', () => {
    test('of another secret, an unknown key or another region are refused', async () => {
      const { accessKeyId } = aws.credentials;
      const as = (overrides: object) =>
        new S3Client({ ...aws.config('s3'), ...overrides }).send(new ListBucketsCommand({}));
      const wrongSecret = as({ credentials: { accessKeyId, secretAccessKey: 'wrong' } });
      await expect(wrongSecret).rejects.toMatchObject({
        name: 'SignatureDoesNotMatch',
        $metadata: { httpStatusCode: 403 },
      });
      const wrongKey = as({ credentials: { accessKeyId: 'AKIAUNKNOWN', secretAccessKey: 'x' } });
      await expect(wrongKey).rejects.toMatchObject({ name: 'InvalidAccessKeyId' });
      await expect(as({ region: 'us-east-1' })).rejects.toMatchObject({ name: 'AuthorizationHeaderMalformed' });
    });

    test('are required', async () => {
      await put('private');
      const response = await fetch(url(`${Bucket}/private`));
      expect(response.status).toBe(403);
      expect(await response.text()).toContain('<Code>AccessDenied</Code>');
    });

    test('vouch for the time of the request', async () => {
      const late = new S3Client({ ...aws.config('s3'), systemClockOffset: -16 * 60_000 });
      await expect(late.send(new ListBucketsCommand({}))).rejects.toMatchObject({ name: 'RequestTimeTooSkewed' });
    });
  });

  describe('CORS', () => {
    const bucket = 'cors-bucket';
    const origin = 'https://app.example.org';
    const ask = (from: string, method: string, headers?: string) =>
      fetch(url(`${bucket}/key`), {
        method: 'OPTIONS',
        headers: {
          origin: from,
          'access-control-request-method': method,
          ...(headers ? { 'access-control-request-headers': headers } : {}),
        },
      });

    beforeAll(async () => {
      await client.send(new CreateBucketCommand({ Bucket: bucket }));
    });

    test('is off until it is configured', async () => {
      expect((await ask(origin, 'GET')).status).toBe(403);
      await expect(client.send(new GetBucketCorsCommand({ Bucket: bucket }))).rejects.toMatchObject({
        name: 'NoSuchCORSConfiguration',
      });
    });

    test('answers preflights and marks answers, errors included, for the configured origins', async () => {
      const rule = {
        AllowedOrigins: [origin, 'https://*.photos.example.org'],
        AllowedMethods: ['GET', 'POST'],
        AllowedHeaders: ['content-type', 'x-amz-*'],
        ExposeHeaders: ['ETag'],
        MaxAgeSeconds: 300,
      };
      await client.send(new PutBucketCorsCommand({ Bucket: bucket, CORSConfiguration: { CORSRules: [rule] } }));
      expect((await client.send(new GetBucketCorsCommand({ Bucket: bucket }))).CORSRules).toEqual([rule]);

      const allowed = await ask(origin, 'POST', 'Content-Type, x-amz-checksum-sha256');
      expect(allowed.status).toBe(200);
      expect(Object.fromEntries(allowed.headers)).toMatchObject({
        'access-control-allow-origin': origin,
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers': 'content-type, x-amz-checksum-sha256',
        'access-control-expose-headers': 'ETag',
        'access-control-max-age': '300',
        vary: expect.stringContaining('Origin'),
      });
      expect((await ask('https://my.photos.example.org', 'GET')).status).toBe(200);
      expect((await ask('https://evil.example.org', 'GET')).status).toBe(403);
      expect((await ask(origin, 'DELETE')).status).toBe(403);
      expect((await ask(origin, 'POST', 'authorization')).status).toBe(403);

      const refused = await fetch(url(`${bucket}/key`), { headers: { origin } });
      expect(refused.status).toBe(403);
      expect(refused.headers.get('access-control-allow-origin')).toBe(origin);
    });
  });

  test('answers for a bucket in the host name too', async () => {
    const { port } = new URL(aws.endpoints.s3);
    await put('virtual', 'hosted');
    // As `fetch` may not set Host, the SDK builds and signs the virtual-host request; `localhost` names resolve here.
    const virtual = new S3Client({ ...aws.config('s3'), endpoint: `http://localhost:${port}` });
    virtual.middlewareStack.add(
      (next) => (args) => {
        const request = args.request as { hostname: string; headers: Record<string, string> };
        expect(request.headers.host ?? request.hostname).toContain(`${Bucket}.localhost`);
        request.hostname = '127.0.0.1';
        return next(args);
      },
      { step: 'finalizeRequest', priority: 'low' },
    );
    const { Body } = await virtual.send(new GetObjectCommand({ Bucket, Key: 'virtual' }));
    expect(await Body?.transformToString()).toBe('hosted');
  });

  test('counts its requests by operation', async () => {
    aws.resetRequests();
    await put('counted');
    await read('counted');
    await client.send(new ListObjectsV2Command({ Bucket, Prefix: 'counted' }));
    expect(aws.requests()).toEqual({ 's3:GetObject': 1, 's3:ListObjectsV2': 1, 's3:PutObject': 1 });
  });
});

test('S3 keeps acknowledged objects, headers and configurations through SIGKILL', async () => {
  await acrossCrash(
    async (aws) => {
      const client = new S3Client(aws.config('s3'));
      await client.send(new CreateBucketCommand({ Bucket }));
      const cors = { CORSRules: [{ AllowedOrigins: ['*'], AllowedMethods: ['GET'] }] };
      await client.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: cors }));
      const bodies = Array.from({ length: 10 }, (_, n) => randomBytes(20_000 + n));
      const put = (Body: Buffer, n: number) =>
        client.send(new PutObjectCommand({ Bucket, Key: `k/${n}`, Body, ContentType: 'image/webp' }));
      await Promise.all(bodies.map(put));
      await put(bodies[1] as Buffer, 0);
      // One upload is under way when the process dies.
      const endless = new Readable({ read: () => {} });
      endless.push('beginning');
      client
        .send(new PutObjectCommand({ Bucket, Key: 'unfinished', Body: endless, ContentLength: 100 }))
        .catch(() => {});
      return bodies;
    },
    async (aws, bodies) => {
      const client = new S3Client(aws.config('s3'));
      const { Contents } = await client.send(new ListObjectsV2Command({ Bucket }));
      expect(Contents?.map((object) => object.Key)).toEqual(Array.from({ length: 10 }, (_, n) => `k/${n}`));
      for (const n of bodies.keys()) {
        const { Body, ContentType } = await client.send(new GetObjectCommand({ Bucket, Key: `k/${n}` }));
        expect(Buffer.from((await Body?.transformToByteArray()) ?? []).equals(bodies[n || 1] as Buffer)).toBe(true);
        expect(ContentType).toBe('image/webp');
      }
      expect((await client.send(new GetBucketCorsCommand({ Bucket }))).CORSRules).toHaveLength(1);
    },
  );
});
