import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, ListTablesCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import {
  CopyObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { DownloadResult, JobView } from '../../shared/contract/schemas.ts';
import { sharp } from '../../shared/imaging/sharp.ts';
import { drawPicture } from '../fixtures/pictures.ts';
import { photos, photosThere } from '../fixtures/real-photos.ts';
import { leftOf } from '../support/departed.ts';
import { readZip } from '../support/zip.ts';
import { createPerson, type Image, type Person, signUp } from './support/person.ts';
import { signaturesIn } from './support/signatures.ts';
import { deadLetters, quiet, startTestStack, type TestStack } from './support/stack.ts';
import { readStored } from './support/stored.ts';

/** One person's photos from the upload to the zip, where they are encrypted with that person's key. */

let stack: TestStack;
let ada: Person;
let files: { filename: string; bytes: Buffer }[];
let images: Image[];

/** More than a few segments: of noise, which nothing makes smaller. */
const LARGE = 'noise.png';
function noisePicture(width: number, height: number): Promise<Buffer> {
  const length = width * height * 3;
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, n) => createHash('sha256').update(`${n}`).digest());
  const raw = Buffer.concat(blocks).subarray(0, length);
  return sharp(raw, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');

/** Everything below the folder in which the local S3 keeps its objects. */
function bucketFiles(): { path: string; bytes: Buffer }[] {
  const folder = join(stack.dataDir, 'aws', 's3', 'blobs');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => ({ path, bytes: readFileSync(path) }));
}

beforeAll(async () => {
  const drawn = [
    { filename: 'one.jpg', bytes: await drawPicture({ width: 900, height: 600, seed: 1, orientation: 6 }) },
    { filename: 'two.png', bytes: await drawPicture({ format: 'png', width: 640, height: 480, seed: 2 }) },
    { filename: 'three.webp', bytes: await drawPicture({ format: 'webp', width: 640, height: 480, seed: 3 }) },
    { filename: 'four.tiff', bytes: await drawPicture({ format: 'tiff', width: 500, height: 400, seed: 4 }) },
    { filename: 'five.heic', bytes: await drawPicture({ format: 'heic', width: 512, height: 384, seed: 5 }) },
    { filename: LARGE, bytes: await noisePicture(420, 300) },
  ];
  const real = photosThere('camera')
    ? ['Canon_40D.jpg', 'BlueSquare.jpg'].map((name) => ({
        filename: name,
        bytes: readFileSync(photos('camera', name)),
      }))
    : [];
  files = [...drawn, ...real];
  stack = await startTestStack({ plainSight: true, env: { ENCRYPTION: 'user' } });
  ada = await signUp(stack.url);
  images = await ada.ended(await Promise.all(files.map((file) => ada.upload(file))));
  for (const image of images) expect(image).toMatchObject({ status: 'done' });
});
afterAll(() => stack?.remove());

test('every photo is seen as it was sent, through links as in an <img>, whole and in part', async () => {
  for (const [at, image] of images.entries()) {
    const { bytes } = files[at] as (typeof files)[number];
    const original = await fetch(image.original_url ?? '');
    expect([original.status, original.headers.get('content-length')]).toEqual([200, String(bytes.length)]);
    expect(sha256(await original.bytes())).toBe(sha256(bytes));
    for (const link of [image.thumbnails?.small, image.thumbnails?.medium, image.thumbnails?.preview]) {
      if (!link) continue;
      expect(link).toMatch(new RegExp(`^${stack.url}/`));
      const answer = await fetch(link);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/webp']);
      expect(signaturesIn(Buffer.from(await answer.bytes()))).toContain('WebP');
    }
  }
  const at = files.findIndex(({ filename }) => filename === LARGE);
  const { bytes } = files[at] as (typeof files)[number];
  const url = images[at]?.original_url ?? '';
  expect(bytes.length).toBeGreaterThan(150_000);
  const part = await fetch(url, { headers: { range: 'bytes=70000-139999' } });
  expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 70000-139999/${bytes.length}`]);
  expect(Buffer.from(await part.bytes()).equals(bytes.subarray(70_000, 140_000))).toBe(true);
  const etag = part.headers.get('etag') ?? '';
  expect((await fetch(url, { headers: { 'if-none-match': etag } })).status).toBe(304);
});

test('what its file says, an album by link, and a zip are as without encryption', async () => {
  const ids = images.map(({ image_id }) => image_id);
  const album = { name: 'Summer', image_ids: ids };
  const { album_id } = (await ada.call('POST', '/albums/manual', { body: album })).json<{ album_id: string }>();
  const link = await ada.call('POST', `/albums/${album_id}/links`, { body: { download: true } });
  const { token } = link.json<{ token: string }>();
  const visitor = createPerson(stack.url, '');
  type Shown = { thumbnails: { small: string }; original: { url: string } };
  const items = await vi.waitFor(async () => {
    const shown = (await visitor.get<{ items: Shown[] }>(`/shared/${token}/images`)).items;
    expect(shown).toHaveLength(images.length);
    return shown;
  }, 20_000);
  for (const { thumbnails, original } of items) {
    for (const url of [thumbnails.small, original.url]) {
      const answer = await fetch(url);
      expect(answer.status).toBe(200);
      expect(signaturesIn(Buffer.from(await answer.bytes())).length).toBeGreaterThan(0);
    }
  }

  const asked = await ada.call('POST', '/downloads', { body: { all: true }, headers: { prefer: 'wait=20' } });
  const job = await vi.waitFor(async () => {
    const seen = await ada.get<JobView>(`/jobs/${asked.json<JobView>().job_id}`);
    expect(seen.status).toBe('done');
    return seen;
  }, 20_000);
  const { parts, problems } = job.result as DownloadResult;
  expect([parts.length, problems]).toEqual([1, 0]);
  const answer = await fetch(parts[0]?.url ?? '');
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/zip']);
  const zip = Buffer.from(await answer.bytes());
  expect(zip.length).toBe(parts[0]?.bytes);
  const contents = new Map(readZip(zip).map(({ name, content }) => [name, sha256(content)]));
  for (const { filename, bytes } of files) expect(contents.get(filename)).toBe(sha256(bytes));
  const rest = await fetch(parts[0]?.url ?? '', { headers: { range: 'bytes=100000-' } });
  expect(rest.status).toBe(206);
  expect(Buffer.from(await rest.bytes()).equals(zip.subarray(100_000))).toBe(true);
});

test('in the folder of the bucket there is no picture, nor anything a camera wrote', async () => {
  await quiet(stack);
  expect(await deadLetters(stack)).toEqual([]);
  // The search finds what it looks for, where it is to be found.
  const known = files.flatMap(({ bytes }) => signaturesIn(bytes));
  expect(known).toEqual(expect.arrayContaining(['JPEG', 'PNG', 'WebP', 'TIFF', 'HEIC', 'EXIF']));
  const stored = bucketFiles();
  // Of each an original and two thumbnails, of two a preview, of some what their file says, and the zip.
  expect(stored.length).toBeGreaterThan(3 * files.length + 2);
  for (const { path, bytes } of stored) {
    expect([path, signaturesIn(bytes)]).toEqual([path, []]);
    for (const file of files) expect(bytes.includes(file.bytes.subarray(100, 164))).toBe(false);
  }
  const { objects } = await readStored(stack);
  expect(objects.filter(({ key }) => key.startsWith('incoming/'))).toEqual([]);
});

test('a byte that is altered in the bucket ends the download before it, whatever is put in its place is not shown', async () => {
  const { region, credentials, endpoints, outputs } = stack;
  const s3 = new S3Client({ region, credentials, endpoint: endpoints.s3, forcePathStyle: true });
  const at = files.findIndex(({ filename }) => filename === LARGE);
  const image = images[at] as Image;
  const { bytes } = files[at] as (typeof files)[number];
  const { objects } = await readStored(stack);
  const keyOf = ({ image_id }: Image) =>
    objects.find(({ key }) => key.startsWith('originals/') && key.endsWith(image_id))?.key ?? '';
  const object = { Bucket: outputs.BucketName, Key: keyOf(image) };
  const there: GetObjectCommandOutput = await s3.send(new GetObjectCommand(object));
  const stored = Buffer.from((await there.Body?.transformToByteArray()) ?? []);
  stored[stored.length - 40_000] = (stored[stored.length - 40_000] ?? 0) ^ 1;
  await s3.send(new PutObjectCommand({ ...object, Body: stored, Metadata: there.Metadata }));

  const got: Uint8Array[] = [];
  const read = async () => {
    const answer = await fetch(image.original_url ?? '');
    for await (const chunk of answer.body ?? []) got.push(chunk);
  };
  await expect(read()).rejects.toThrow();
  const before = Buffer.concat(got);
  expect(before.length).toBeLessThan(bytes.length - 40_000 + 100);
  expect(before.equals(bytes.subarray(0, before.length))).toBe(true);

  await s3.send(new CopyObjectCommand({ ...object, CopySource: `${object.Bucket}/${keyOf(images[0] as Image)}` }));
  await expect(fetch(image.original_url ?? '').then((copied) => copied.bytes())).rejects.toThrow();
  await s3.send(new PutObjectCommand({ ...object, Body: bytes, Metadata: there.Metadata }));
  expect((await fetch(image.original_url ?? '')).status).toBe(500);
  s3.destroy();
});

test('once its owner has left, no picture, no record and no key is there, only that they have left', async () => {
  const { user_id } = await ada.get<{ user_id: string }>('/auth/me');
  expect((await ada.call('DELETE', '/auth/me')).status).toBe(202);
  for (const { original_url } of images) expect((await fetch(original_url ?? '')).status).toBe(401);
  await vi.waitFor(
    async () => {
      await quiet(stack);
      const { items, objects, indexes } = await readStored(stack);
      expect(objects).toEqual([]);
      expect(leftOf(user_id, { items, objects: [], indexes })).toEqual([]);
    },
    { timeout: 60_000, interval: 500 },
  );
  expect(bucketFiles()).toEqual([]);

  const { region, credentials, endpoints } = stack;
  const dynamodb = new DynamoDBClient({ region, credentials, endpoint: endpoints.dynamodb });
  const { TableNames = [] } = await dynamodb.send(new ListTablesCommand({}));
  const TableName = TableNames.find((name) => name.endsWith('-user-keys'));
  const { Items = [] } = await dynamodb.send(new ScanCommand({ TableName, ConsistentRead: true }));
  expect(Items.map((item) => Object.keys(item).sort())).toEqual([['erased_at', 'expires', 'user_id']]);
  dynamodb.destroy();
});
