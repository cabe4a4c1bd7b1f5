import { createHash } from 'node:crypto';
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { createPresignedPost, type PresignedPostOptions } from '@aws-sdk/s3-presigned-post';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ObjectCreated } from '../../local/emulators/aws.ts';
import { startTestAws, type TestAws } from './aws.ts';
import { presignUrl } from './presign.ts';

const Bucket = 'shoebox-photos';
const KEY = 'incoming/user/image';
const MEGABYTE = 1024 * 1024;
const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('base64');

let aws: TestAws;
let client: S3Client;
let offset = 0;
const events: ObjectCreated[] = [];

beforeAll(async () => {
  aws = await startTestAws({ clock: () => new Date(Date.now() + offset) });
  client = new S3Client(aws.config('s3'));
  await client.send(new CreateBucketCommand({ Bucket }));
  aws.onObjectCreated(async (event) => {
    events.push(event);
  });
});
afterEach(() => {
  offset = 0;
  events.length = 0;
});
afterAll(() => aws.dispose());

/** A role session's credentials, as the functions sign with. */
async function sessionCredentials() {
  const sts = new STSClient(aws.config('sts'));
  const RoleArn = 'arn:aws:iam::000000000000:role/url-signer';
  const { Credentials } = await sts.send(
    new AssumeRoleCommand({ RoleArn, RoleSessionName: 'test', DurationSeconds: 900 }),
  );
  return {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  };
}

async function codeOf(response: Response): Promise<string | undefined> {
  return /<Code>(\w+)<\/Code>/.exec(await response.text())?.[1];
}

describe('presigned URLs', () => {
  const get = (options: Parameters<typeof presignUrl>[1] = {}) =>
    presignUrl({ ...aws.config('s3'), endpoint: aws.endpoints.s3 }, { path: `/${Bucket}/url`, ...options });

  beforeAll(() =>
    client.send(new PutObjectCommand({ Bucket, Key: 'url', Body: 'through a URL', ContentType: 'text/plain' })),
  );

  test('open without any header, with Range, and with response overrides', async () => {
    const response = await fetch(get());
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('through a URL');
    const ranged = await fetch(get(), { headers: { range: 'bytes=0-6' } });
    expect([ranged.status, await ranged.text()]).toEqual([206, 'through']);
    const named = await fetch(get({ query: { 'response-content-disposition': 'attachment; filename="a b.txt"' } }));
    expect(named.headers.get('content-disposition')).toBe('attachment; filename="a b.txt"');
  });

  test('expire', async () => {
    const url = get({ expiresIn: 60 });
    offset = 59_000;
    expect((await fetch(url)).status).toBe(200);
    offset = 61_000;
    const late = await fetch(url);
    expect(late.status).toBe(403);
    expect(await late.text()).toContain('Request has expired');
  });

  test('may have been signed a while ago (rounded signing time)', async () => {
    expect((await fetch(get({ at: new Date(Date.now() - 50 * 60_000), expiresIn: 3600 }))).status).toBe(200);
  });

  test('open one object with one method only, and not for longer than signed', async () => {
    const url = get();
    expect(await codeOf(await fetch(url.replace('/url?', '/once?')))).toBe('SignatureDoesNotMatch');
    expect(await codeOf(await fetch(url, { method: 'DELETE' }))).toBe('SignatureDoesNotMatch');
    expect(await codeOf(await fetch(url.replace('X-Amz-Expires=900', 'X-Amz-Expires=901')))).toBe(
      'SignatureDoesNotMatch',
    );
    expect(await codeOf(await fetch(get({ expiresIn: 604_801 })))).toBe('AuthorizationQueryParametersError');
  });

  test('may not be given more x-amz headers than were signed', async () => {
    const response = await fetch(get({ method: 'PUT', path: `/${Bucket}/put` }), {
      method: 'PUT',
      body: 'x',
      headers: { 'x-amz-storage-class': 'GLACIER' },
    });
    expect([response.status, await codeOf(response)]).toEqual([403, 'AccessDenied']);
  });

  test('of a role session live as long as the session', async () => {
    const credentials = await sessionCredentials();
    const sign = () => presignUrl({ ...aws.config('s3'), credentials }, { path: `/${Bucket}/url`, expiresIn: 3600 });
    const url = sign();
    expect((await fetch(url)).status).toBe(200);
    expect(await codeOf(await fetch(url.replace(/X-Amz-Security-Token=[^&]*/, 'X-Amz-Security-Token=forged')))).toBe(
      'InvalidToken',
    );
    offset = 901_000;
    expect(await codeOf(await fetch(url))).toBe('ExpiredToken');
  });

  test('write too', async () => {
    const url = get({ method: 'PUT', path: `/${Bucket}/put%20by%20url` });
    const response = await fetch(url, { method: 'PUT', body: 'bytes', headers: { 'content-type': 'image/gif' } });
    expect(response.status).toBe(200);
    const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'put by url' }));
    expect(head).toMatchObject({ ContentLength: 5, ContentType: 'image/gif' });
  });
});

describe('presigned forms', () => {
  const bytes = Buffer.alloc(2000, 'photo');

  async function presign(options: Partial<PresignedPostOptions> = {}, as: S3Client = client) {
    return createPresignedPost(as, {
      Bucket,
      Key: KEY,
      Conditions: [['content-length-range', bytes.length, bytes.length]],
      Expires: 600,
      ...options,
    });
  }
  /** Posts as a browser does. */
  async function post(
    form: { url: string; fields: Record<string, string> },
    content: Uint8Array<ArrayBuffer> | string,
    filename = 'a.jpg',
  ) {
    const data = new FormData();
    for (const [name, value] of Object.entries(form.fields)) data.append(name, value);
    data.append('file', new Blob([content], { type: 'image/jpeg' }), filename);
    return fetch(form.url, { method: 'POST', body: data });
  }
  const read = async (Key = KEY) =>
    (await client.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();

  test('store the file under the signed key, with the signed fields', async () => {
    const Fields = { 'Content-Type': 'image/jpeg', 'x-amz-meta-note': 'ä', 'x-amz-checksum-sha256': sha256(bytes) };
    const response = await post(await presign({ Fields }), bytes);
    expect(response.status).toBe(204);
    expect(response.headers.get('etag')).toBe(`"${createHash('md5').update(bytes).digest('hex')}"`);
    expect(await read()).toBe(bytes.toString());
    const head = await client.send(new HeadObjectCommand({ Bucket, Key: KEY, ChecksumMode: 'ENABLED' }));
    expect(head).toMatchObject({
      ContentType: 'image/jpeg',
      ChecksumSHA256: sha256(bytes),
      ContentLength: bytes.length,
    });
    expect(events).toMatchObject([
      { eventName: 's3:ObjectCreated:Post', bucket: Bucket, key: KEY, size: bytes.length },
    ]);
  });

  test('work for a role session', async () => {
    const session = new S3Client({ ...aws.config('s3'), credentials: await sessionCredentials() });
    const form = await presign({}, session);
    expect(form.fields).toHaveProperty('X-Amz-Security-Token');
    expect((await post(form, bytes)).status).toBe(204);
    offset = 901_000;
    expect((await post(form, bytes)).status).toBe(400);
  });

  test('answer 201 with a document where asked', async () => {
    const response = await post(await presign({ Fields: { success_action_status: '201' } }), bytes);
    expect(response.status).toBe(201);
    expect(await response.text()).toContain(`<Key>${KEY}</Key>`);
  });

  test('put the file name where the key says so', async () => {
    const response = await post(await presign({ Key: `named/$${'{filename}'}` }), bytes, 'my photo.jpg');
    expect(response.status).toBe(204);
    expect(await read('named/my photo.jpg')).toBe(bytes.toString());
  });

  test('refuse other bytes than the signed checksum', async () => {
    const form = await presign({ Fields: { 'x-amz-checksum-sha256': sha256(bytes) } });
    const other = Buffer.alloc(bytes.length, 'other');
    const response = await post(form, other);
    expect([response.status, await codeOf(response)]).toEqual([400, 'BadDigest']);
    expect(events).toEqual([]);
  });

  test('refuse another size than signed', async () => {
    const form = await presign();
    const large = await post(form, Buffer.alloc(bytes.length + 1));
    expect([large.status, await codeOf(large)]).toEqual([400, 'EntityTooLarge']);
    const small = await post(form, Buffer.alloc(bytes.length - 1));
    expect([small.status, await codeOf(small)]).toEqual([400, 'EntityTooSmall']);
    expect(events).toEqual([]);
  });

  test('refuse more than 50 MB even where the policy would not, and tell the client so', async () => {
    const form = await presign({ Conditions: [['content-length-range', 0, 200 * MEGABYTE]] });
    const response = await post(form, Buffer.alloc(51 * MEGABYTE));
    expect([response.status, await codeOf(response)]).toEqual([400, 'EntityTooLarge']);
    expect((await post(form, Buffer.alloc(50 * MEGABYTE))).status).toBe(204);
  });

  test('refuse a changed field, an added one, and a missing one', async () => {
    const form = await presign({ Fields: { 'Content-Type': 'image/jpeg' } });
    const tamper = async (fields: Record<string, string>) => {
      const response = await post({ ...form, fields: { ...form.fields, ...fields } }, bytes);
      return [response.status, await codeOf(response)];
    };
    expect(await tamper({ key: 'incoming/someone-else/image' })).toEqual([403, 'AccessDenied']);
    expect(await tamper({ 'Content-Type': 'text/html' })).toEqual([403, 'AccessDenied']);
    expect(await tamper({ 'x-amz-meta-extra': '1' })).toEqual([403, 'AccessDenied']);
    expect(await tamper({ 'x-ignore-me': '1' })).toEqual([204, undefined]);
    const { 'Content-Type': _, ...without } = form.fields;
    expect((await post({ ...form, fields: without }, bytes)).status).toBe(403);
  });

  test('refuse another bucket', async () => {
    await client.send(new CreateBucketCommand({ Bucket: 'other-bucket' }));
    const form = await presign();
    const elsewhere = await post({ ...form, url: form.url.replace(Bucket, 'other-bucket') }, bytes);
    expect([elsewhere.status, await codeOf(elsewhere)]).toEqual([403, 'AccessDenied']);
  });

  test('hold a prefix condition', async () => {
    const form = await presign({
      Conditions: [
        ['starts-with', '$Content-Type', 'image/'],
        ['starts-with', '$key', 'incoming/'],
      ],
      Fields: {},
    });
    const typed = (type: string) => post({ ...form, fields: { ...form.fields, 'Content-Type': type } }, bytes);
    expect((await typed('image/png')).status).toBe(204);
    expect((await typed('text/html')).status).toBe(403);
  });

  test('expire', async () => {
    const form = await presign({ Expires: 60 });
    offset = 61_000;
    const response = await post(form, bytes);
    expect([response.status, await codeOf(response)]).toEqual([403, 'AccessDenied']);
  });

  test('refuse a policy of one’s own', async () => {
    const form = await presign();
    const policy = JSON.parse(Buffer.from(form.fields.Policy ?? '', 'base64').toString());
    policy.conditions = policy.conditions.filter((condition: unknown) => !Array.isArray(condition));
    const forged = { ...form.fields, Policy: Buffer.from(JSON.stringify(policy)).toString('base64') };
    expect(await codeOf(await post({ ...form, fields: forged }, bytes))).toBe('SignatureDoesNotMatch');
    const { Policy: _, ...without } = form.fields;
    expect(await codeOf(await post({ ...form, fields: without }, bytes))).toBe('AccessDenied');
  });

  test('may be posted twice: the second replaces the first, and both are announced', async () => {
    const form = await presign();
    await post(form, bytes);
    const other = Buffer.alloc(bytes.length, 'again');
    expect((await post(form, other)).status).toBe(204);
    expect(await read()).toBe(other.toString());
    expect(events).toHaveLength(2);
    expect((events[0]?.sequencer ?? '') < (events[1]?.sequencer ?? '')).toBe(true);
  });

  test('must be well-formed, with the file last and present', async () => {
    const form = await presign();
    const data = new FormData();
    for (const [name, value] of Object.entries(form.fields)) data.append(name, value);
    const noFile = await fetch(form.url, { method: 'POST', body: data });
    expect(await codeOf(noFile)).toBe('IncorrectNumberOfFilesInPostRequest');
    const headers = { 'content-type': 'multipart/form-data; boundary=b' };
    const broken = await fetch(form.url, { method: 'POST', body: '--b\r\nnonsense', headers });
    expect(await codeOf(broken)).toBe('MalformedPOSTRequest');
    const fields = { ...form.fields, 'x-ignore-large': 'x'.repeat(30_000) };
    expect(await codeOf(await post({ ...form, fields }, bytes))).toBe('MaxPostPreDataLengthExceeded');
  });
});
