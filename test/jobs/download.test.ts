import { createHash, randomBytes } from 'node:crypto';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createDownload, type DownloadDeps } from '../../functions/jobs/download.ts';
import { createAlbumImages } from '../../shared/adapters/album-images.ts';
import { createAlbums } from '../../shared/adapters/albums.ts';
import { createBelongings } from '../../shared/adapters/belongings.ts';
import { createEmbeddings } from '../../shared/adapters/embeddings.ts';
import { createImageIndex } from '../../shared/adapters/image-index.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { createJobs } from '../../shared/adapters/jobs.ts';
import type { StoredPassword } from '../../shared/adapters/link-passwords.ts';
import { createLinks, digestOf } from '../../shared/adapters/links.ts';
import { createObjectReader } from '../../shared/adapters/object-reader.ts';
import { createObjects } from '../../shared/adapters/objects.ts';
import { createPictures } from '../../shared/adapters/pictures.ts';
import { createProfiles } from '../../shared/adapters/profiles.ts';
import { createZips } from '../../shared/adapters/zips.ts';
import { membershipsOf } from '../../shared/domain/albums/lists.ts';
import type { DownloadPart, DownloadRequest, ManifestEntry } from '../../shared/domain/download.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';
import { accountKey, downloadKey, jobKey, originalKey } from '../../shared/domain/object-keys.ts';
import { findingsIn } from '../support/deviations.ts';
import type { Item } from '../support/items.ts';
import { addKeys } from '../support/keys.ts';
import { Killed, mortal } from '../support/mortal.ts';
import { donePhoto, imageId, imageRecord } from '../support/records.ts';
import { BUCKET, startWorld, TABLE, type World } from '../support/world.ts';
import { readZip } from '../support/zip.ts';

let world: World;
let lives: ReturnType<typeof mortal>;
let user: string;
let users = 0;
let deps: DownloadDeps;
let now = Date.parse('2026-02-03T04:05:06.000Z');
const JOB = imageId(8_000);
const BOUNDS = { partBytes: 1_000_000, partImages: 100, runMs: 60_000 };

beforeAll(async () => {
  world = await startWorld();
  lives = mortal([world.table, world.s3]);
  const clock = () => new Date(now);
  deps = {
    jobs: createJobs(world.table, TABLE, clock),
    images: createImages(world.table, TABLE, clock),
    albums: createAlbums(world.table, TABLE),
    albumImages: createAlbumImages(world.table, TABLE),
    objects: createObjects(world.s3, BUCKET),
    reader: createObjectReader(world.s3, BUCKET),
    zips: createZips(world.s3, BUCKET),
    belongings: createBelongings(world.table, TABLE),
    clock,
    bounds: BOUNDS,
  };
});
afterAll(() => world.stop());
beforeEach(() => {
  users += 1;
  user = `Zoe${users}`;
  lives.arm(null);
});

const bytesOf = (number: number, length = 40) => Buffer.alloc(length, `bytes of ${number} `);
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** A photo with its bytes in the bucket. */
async function store(number: number, changes: Partial<ImageRecord> = {}, bytes = bytesOf(number)): Promise<void> {
  const key = originalKey(user, imageId(number));
  const original = { key, content_type: 'image/jpeg', bytes: bytes.length, width: 4, height: 3 };
  const record = donePhoto(user, number, { original, sha256: sha256(bytes), filename: `${number}.jpg`, ...changes });
  await createImages(world.table, TABLE, deps.clock).create(record);
  await createObjects(world.s3, BUCKET).write(key, bytes, 'image/jpeg');
}

async function ask(request: DownloadRequest, numbers: number[] = []): Promise<void> {
  if (request.of === 'ids') {
    const ids = Buffer.from(JSON.stringify(numbers.map(imageId)));
    await createObjects(world.s3, BUCKET).write(jobKey(user, JOB), ids, 'application/json');
  }
  await deps.jobs.create(user, { type: 'download', request }, () => JOB);
}
const run = (changes: Partial<DownloadDeps> = {}) => createDownload({ ...deps, ...changes })(user, JOB);
const result = async () => {
  const job = await deps.jobs.get(user, JOB);
  expect(job).toMatchObject({ status: 'done', progress: 1 });
  return job?.result as { images: number; left_out: number; problems: number; parts: DownloadPart[] };
};
async function part(number: number) {
  const zip = await createObjects(world.s3, BUCKET).read(downloadKey(user, JOB, number));
  const files = readZip(Buffer.from(zip ?? []));
  const contents = new Map(files.map(({ name, content }) => [name, content]));
  const json = (name: string) => JSON.parse(contents.get(name)?.toString() ?? 'null');
  return { files, contents, json, size: zip?.length, manifest: json('manifest.json') as { images: ManifestEntry[] } };
}

test('everything: the photos under the names they came with, what is known of each, and a manifest', async () => {
  const gps = { lat: 38.7, lon: -9.1 };
  await store(1, { filename: 'Café été.JPG', metadata: { gps }, edits: { title: '2026-01-02T00:00:00.000Z' } });
  await store(2, { status: 'failed', filename: 'half done.jpg' });
  await store(3, { trashed_at: '2026-01-02T00:00:00.000Z' });
  await store(4, { deleted_at: '2026-01-02T00:00:00.000Z' });
  await createImages(world.table, TABLE, deps.clock).create(imageRecord(user, 5));
  await ask({ of: 'all' });
  expect(await run()).toBe('ended');

  const { files, contents, json, size, manifest } = await part(1);
  expect(files.map(({ name }) => name)).toEqual([
    'half done.jpg',
    'metadata/half done.jpg.json',
    'Café été.JPG',
    'metadata/Café été.JPG.json',
    'manifest.json',
  ]);
  expect(contents.get('Café été.JPG')).toEqual(bytesOf(1));
  expect(files[0]?.modified).toBe('2025-07-01T10:00:00');
  expect(json('metadata/Café été.JPG.json')).toMatchObject({
    image_id: imageId(1),
    title: 'A beach',
    description: 'Sand and sea.',
    tags: ['beach', 'sea'],
    edited: ['title'],
    taken_at: '2025-07-01T10:00:00',
    place: { city: 'Lisbon' },
    metadata: { gps },
  });
  expect(manifest.images).toContainEqual({
    image_id: imageId(1),
    file: 'Café été.JPG',
    metadata: 'metadata/Café été.JPG.json',
    content_type: 'image/jpeg',
    bytes: 40,
    sha256: sha256(bytesOf(1)),
  });
  expect(await result()).toEqual({ images: 2, left_out: 0, problems: 0, parts: [{ bytes: size, images: 2 }] });
  // A repeated message does nothing.
  expect(await run()).toBe('ended');
});

test('no name leads out of the folder, none hides another, and those that are alike are numbered', async () => {
  const names = [
    '../../etc/passwd',
    'IMG.jpg',
    'img.JPG',
    'IMG.jpg',
    'IMG (2).jpg',
    '.',
    'a\u0000\nb\u202egpj.exe',
    'CON',
  ];
  for (const [index, filename] of names.entries()) await store(index + 1, { filename });
  await ask(
    { of: 'ids' },
    names.map((_, index) => index + 1),
  );
  await run();
  const { files, contents, manifest } = await part(1);
  expect(manifest.images.map(({ file }) => file)).toEqual([
    '_.._etc_passwd.jpg',
    'IMG.jpg',
    'img (2).JPG',
    'IMG (3).jpg',
    'IMG (2) (2).jpg',
    'image.jpg',
    'abgpj.exe.jpg',
    '_CON.jpg',
  ]);
  expect(contents.size).toBe(files.length);
  for (const [index, { file }] of manifest.images.entries()) expect(contents.get(file)).toEqual(bytesOf(index + 1));
});

test('bytes that are missing or not those that were stored are named, and do not end the job', async () => {
  await store(1);
  await store(2, { sha256: sha256(bytesOf(9)) });
  await store(3);
  await createObjects(world.s3, BUCKET).remove([originalKey(user, imageId(1))]);
  await ask({ of: 'ids' }, [1, 2, 3, 77]);
  await run();
  const { contents, manifest } = await part(1);
  expect(manifest.images.map(({ problem }) => problem)).toEqual([
    { problem: 'missing' },
    { problem: 'differs', found: { sha256: sha256(bytesOf(2)), bytes: 40 } },
    undefined,
  ]);
  expect([...contents.keys()]).not.toContain('1.jpg');
  expect([...contents.keys()]).toContain('metadata/1.jpg.json');
  expect(await result()).toMatchObject({ images: 3, problems: 2, left_out: 1 });
});

test('of a photo that was tampered with, what is good of it is in the zip, which is encrypted itself', async () => {
  const keys = await addKeys(world);
  const { objects, reader, sealing } = createPictures({
    s3: world.s3,
    table: world.table,
    settings: { ...keys.settings, BUCKET_NAME: BUCKET },
    clock: deps.clock,
    dataKeys: async () => keys.dataKeys,
  });
  const bytes = randomBytes(200_000);
  for (const number of [1, 2, 3, 4]) {
    await store(number, {}, bytes);
    await objects.write(originalKey(user, imageId(number)), bytes, 'image/jpeg');
  }
  const alter = async (number: number, altered: (stored: Buffer) => Buffer) => {
    const object = { Bucket: BUCKET, Key: originalKey(user, imageId(number)) };
    const { Body, Metadata } = await world.s3.send(new GetObjectCommand(object));
    const stored = Buffer.from((await Body?.transformToByteArray()) ?? []);
    await world.s3.send(new PutObjectCommand({ ...object, Body: altered(stored), Metadata }));
  };
  await alter(2, (stored) => stored.fill(0, 150_000, 150_001));
  await alter(3, (stored) => stored.subarray(0, 20));
  await ask({ of: 'ids' }, [1, 2, 3, 4]);
  await run({ reader: reader(), zips: createZips(world.s3, BUCKET, sealing), bounds: { ...BOUNDS, partBytes: 1e9 } });
  const zip = Buffer.from((await objects.read(downloadKey(user, JOB, 1))) ?? []);
  const contents = new Map(readZip(zip).map(({ name, content }) => [name, content]));
  const { images } = JSON.parse(contents.get('manifest.json')?.toString() ?? '') as { images: ManifestEntry[] };
  const good = contents.get('2.jpg') ?? Buffer.alloc(0);
  expect(bytes.subarray(0, good.length).equals(good)).toBe(true);
  expect(good.length).toBeLessThan(150_000);
  expect(images.map(({ problem }) => problem)).toEqual([
    undefined,
    { problem: 'differs', found: { sha256: sha256(good), bytes: good.length } },
    { problem: 'differs', found: { sha256: sha256(Buffer.alloc(0)), bytes: 0 } },
    undefined,
  ]);
  for (const name of ['1.jpg', '4.jpg']) expect(contents.get(name)?.equals(bytes)).toBe(true);
  expect(await result()).toMatchObject({ images: 4, problems: 2, parts: [{ bytes: zip.length, images: 4 }] });
  const raw = await world.s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key: downloadKey(user, JOB, 1) }));
  expect(raw.Metadata).toEqual({ encryption: 'user-1' });
});

test('a part ends before its bytes or photos are too many; one photo may be too large for any', async () => {
  for (const number of [1, 2, 3]) await store(number);
  await store(4, {}, bytesOf(4, 500));
  for (const number of [5, 6]) await store(number);
  await ask({ of: 'ids' }, [1, 2, 3, 4, 5, 6]);
  await run({ bounds: { ...BOUNDS, partBytes: 100, partImages: 2 } });
  const parts = await Promise.all([1, 2, 3, 4].map(part));
  const held = parts.map(({ manifest }) => manifest.images.map(({ file }) => file));
  expect(held).toEqual([['1.jpg', '2.jpg'], ['3.jpg'], ['4.jpg'], ['5.jpg', '6.jpg']]);
  expect((await result()).parts).toEqual(
    parts.map(({ size }, index) => ({ bytes: size, images: held[index]?.length })),
  );
});

test('what a run has no time for is left to the next, which begins behind the last part', async () => {
  for (const number of [1, 2, 3]) await store(number);
  await ask({ of: 'ids' }, [1, 2, 3]);
  const bounds = { ...BOUNDS, partImages: 1, runMs: 1_000 };
  const zips = {
    write: (...call: Parameters<typeof deps.zips.write>) => {
      now += 600;
      return deps.zips.write(...call);
    },
  };
  expect(await run({ bounds, zips })).toBe('more');
  expect(await deps.jobs.get(user, JOB)).toMatchObject({ status: 'running', checkpoint: { next: 2, runs: 1 } });
  await createObjects(world.s3, BUCKET).remove([downloadKey(user, JOB, 1)]);
  expect(await run({ bounds, zips })).toBe('ended');
  // It was not written again.
  expect(await world.keys(`downloads/${user}`)).toEqual([2, 3].map((number) => downloadKey(user, JOB, number)));
  expect((await result()).parts).toHaveLength(3);
});

test('an album in its order, and what its photos’ albums are called', async () => {
  const album = { album_id: imageId(9_000), kind: 'manual', name: 'Summer', sort: 'manual' } as const;
  const at = deps.clock().toISOString();
  await createAlbums(world.table, TABLE).create(user, { ...album, created_at: at, updated_at: at });
  for (const number of [1, 2, 3, 4]) {
    const albums = number < 4 ? { [album.album_id]: `${4 - number}`, [imageId(9_999)]: 'x' } : {};
    await store(number, { albums, ...(number === 2 && { trashed_at: at }) });
  }
  const photos = await deps.images.getMany(user, [1, 2, 3, 4].map(imageId));
  const postings = photos.flatMap((record) =>
    membershipsOf(record).map(({ list }) => ({ list, image_id: record.image_id })),
  );
  await createImageIndex(world.table, TABLE).writePostings(user, postings, []);
  await ask({ of: 'album', album_id: album.album_id });
  await run();
  const { manifest, json } = await part(1);
  expect(manifest.images.map(({ file }) => file)).toEqual(['3.jpg', '1.jpg']);
  expect(json('metadata/3.jpg.json').albums).toEqual([{ album_id: album.album_id, name: 'Summer' }]);
});

test('nothing to take along is no part', async () => {
  await ask({ of: 'all' });
  await run();
  expect(await result()).toEqual({ images: 0, left_out: 0, problems: 0, parts: [] });
});

test('killed before any of its requests and repeated, every photo is in one part', async () => {
  for (const number of [1, 2, 3, 4, 5]) await store(number);
  await ask({ of: 'all' });
  const bounds = { ...BOUNDS, partImages: 2 };
  let deaths = 0;
  for (let requests = 1; ; requests += 1) {
    lives.arm(requests);
    const end = await run({ bounds }).catch((error: unknown) => error);
    lives.arm(null);
    if (end === 'ended') break;
    expect(end).toBeInstanceOf(Killed);
    deaths += 1;
  }
  expect(deaths).toBeGreaterThan(5);
  expect(await result()).toMatchObject({ images: 5, left_out: 0, problems: 0 });
  const parts = await Promise.all([1, 2, 3].map(part));
  const files = parts.flatMap(({ manifest }) => manifest.images.map(({ file }) => file));
  expect(files).toEqual(['5.jpg', '4.jpg', '3.jpg', '2.jpg', '1.jpg']);
  const objects = parts.map(({ size = 0 }, index) => ({ key: downloadKey(user, JOB, index + 1), bytes: size }));
  const items = (await world.itemsOf(user)) as Item[];
  expect(findingsIn({ items, vectors: [], objects }, ['downloads'])).toEqual([]);
});

test('a zip larger than a piece goes up in pieces; one that breaks off leaves nothing behind', async () => {
  const large = Buffer.alloc(18 * 1024 * 1024, 'large');
  await store(1, {}, large);
  await ask({ of: 'all' });
  world.aws.resetRequests();
  await run({ bounds: { ...BOUNDS, partBytes: 10 ** 9 } });
  expect(world.aws.requests()).toMatchObject({ 's3:UploadPart': 2, 's3:CompleteMultipartUpload': 1 });
  expect((await part(1)).contents.get('1.jpg')?.equals(large)).toBe(true);

  async function* broken() {
    yield { name: 'large.jpg', content: large.toString(), modified: new Date() };
    throw new Error('broke off');
  }
  await expect(deps.zips.write(downloadKey(user, JOB, 2), broken())).rejects.toThrow('broke off');
  expect(world.aws.requests()).toMatchObject({ 's3:AbortMultipartUpload': 1 });
  expect(await world.keys(`downloads/${user}`)).toEqual([downloadKey(user, JOB, 1)]);
});

describe('everything that is kept of somebody', () => {
  const lines = (contents: Map<string, Buffer>, file: string) =>
    (contents.get(file)?.toString() ?? '')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  async function storeRecords(): Promise<void> {
    await store(1);
    await store(2, { trashed_at: '2026-01-02T00:00:00.000Z', edits: { title: '2026-01-02T00:00:00.000Z' } });
    await createImages(world.table, TABLE, deps.clock).create(imageRecord(user, 3));
    await createEmbeddings(world.table, TABLE).put(
      user,
      imageId(1),
      Float32Array.from({ length: 512 }, () => 0.5),
    );
    await createProfiles(world.table, TABLE, deps.clock).setFaceDetection(user, false);
    const expiresAt = new Date(now + 60_000);
    const password = { salt: 'the salt', hash: 'the hash' } as unknown as StoredPassword;
    const terms = { download: true, location: false, name: 'For Ben', password, expiresAt };
    const links = createLinks(world.table, TABLE, deps.clock);
    await links.create({ userId: user, albumId: imageId(9) }, `token of ${user}`, terms, () => imageId(7));
    await storeAccount();
  }

  async function storeAccount(): Promise<void> {
    const asked = Buffer.from(JSON.stringify({ user_id: user, email: 'zoe@example.org', name: 'Zoe' }));
    await createObjects(world.s3, BUCKET).write(accountKey(user, JOB), asked, 'application/json');
  }

  test('photos, those in the trash too, and every record with every field, but for what opens links', async () => {
    await storeRecords();
    await ask({ of: 'account' });
    expect(await run()).toBe('ended');
    const { parts } = await result();
    expect(parts.map(({ images }) => images)).toEqual([2, 0]);
    expect((await part(1)).manifest.images.map(({ file }) => file)).toEqual(['2.jpg', '1.jpg']);

    const { contents, json } = await part(2);
    expect(json('account.json')).toEqual({ user_id: user, email: 'zoe@example.org', name: 'Zoe' });
    expect(lines(contents, 'profile.jsonl')).toMatchObject([{ face_detection: false }]);
    const images = lines(contents, 'images.jsonl');
    expect(images.map(({ image_id }) => image_id)).toEqual([1, 2, 3].map(imageId));
    for (const number of [1, 2, 3]) {
      const { user_id, ...record } = (await deps.images.getMany(user, [imageId(number)]))[0] ?? {};
      const { shard, since, ...all } = record as Record<string, unknown>;
      expect(images[number - 1]).toEqual(all);
    }
    const [vector] = lines(contents, 'embeddings.jsonl');
    expect(Buffer.from(String(vector?.vector), 'base64').readFloatLE(4)).toBe(0.5);
    expect(lines(contents, 'links.jsonl')).toMatchObject([{ name: 'For Ben', has_password: true, download: true }]);
    expect(lines(contents, 'jobs.jsonl')).toMatchObject([{ job_id: JOB, type: 'download' }]);
    const everything = [...contents.values()].join('\n');
    for (const secret of [`token of ${user}`, digestOf(`token of ${user}`), 'the salt', 'the hash'])
      expect(everything).not.toContain(secret);
    const counted = (json('manifest.json') as { files: { file: string; lines: number }[] }).files;
    for (const { file, lines: count } of counted) expect(lines(contents, file)).toHaveLength(count);
    const readme = contents.get('README.txt')?.toString() ?? '';
    for (const { file } of counted) expect(readme).toContain(file);
  });

  test('is of nobody else, and there also where there is no photo', async () => {
    await store(1);
    const other = user;
    users += 1;
    user = `Zoe${users}`;
    await storeAccount();
    await ask({ of: 'account' });
    await run();
    expect(await result()).toMatchObject({ images: 0, parts: [{ images: 0 }] });
    const { contents, json } = await part(1);
    expect([...contents.keys()]).toEqual(['README.txt', 'account.json', 'jobs.jsonl', 'manifest.json']);
    expect(json('account.json')).toMatchObject({ user_id: user });
    expect([...contents.values()].join()).not.toContain(other);
  });

  test('what does not fit into one zip goes on in the next; killed before any request, each line is in one', async () => {
    await storeRecords();
    await ask({ of: 'account' });
    const bounds = { ...BOUNDS, partBytes: 2_000 };
    for (let requests = 1; ; requests += 1) {
      lives.arm(requests);
      const end = await run({ bounds }).catch((error: unknown) => error);
      lives.arm(null);
      if (end === 'ended') break;
      expect(end).toBeInstanceOf(Killed);
    }
    const { parts } = await result();
    expect(parts.length).toBeGreaterThan(2);
    const zips = await Promise.all(parts.map((_, index) => part(index + 1)));
    const all = zips.flatMap(({ contents }) => lines(contents, 'images.jsonl'));
    expect(all.map(({ image_id }) => image_id)).toEqual([1, 2, 3].map(imageId));
    expect(zips.flatMap(({ contents }) => lines(contents, 'links.jsonl'))).toHaveLength(1);
    // What the sign-in service knows lies in the zips alone.
    for (const { json } of zips.slice(1)) expect(json('account.json')).toMatchObject({ email: 'zoe@example.org' });
    expect(await world.keys(`jobs/${user}/`)).toEqual([jobKey(user, JOB)]);
  });

  test('a run that another one overtakes leaves its zips alone', async () => {
    await storeAccount();
    await ask({ of: 'account' });
    const read = async (key: string) => {
      if (key === accountKey(user, JOB)) expect(await run()).toBe('ended');
      return deps.objects.read(key);
    };
    await expect(run({ objects: { ...deps.objects, read } })).rejects.toThrow('is not in the bucket');
    expect(await run()).toBe('ended');
    expect(await result()).toMatchObject({ parts: [{ images: 0 }] });
    expect((await part(1)).json('account.json')).toMatchObject({ email: 'zoe@example.org' });
  });
});
