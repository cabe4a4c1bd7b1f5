import { createHash, randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { setImmediate as tick } from 'node:timers/promises';
import { CopyObjectCommand, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DamagedObject } from '../../shared/adapters/encryption/segments.ts';
import { systemClock } from '../../shared/adapters/ids.ts';
import { createObjectReader, type ObjectReader, type ReadConditions } from '../../shared/adapters/object-reader.ts';
import { createObjects, type Objects } from '../../shared/adapters/objects.ts';
import { createPictures, userKeysOf } from '../../shared/adapters/pictures.ts';
import { createZips } from '../../shared/adapters/zips.ts';
import { downloadKey, incomingKey, jobKey, originalKey, thumbnailKey } from '../../shared/domain/object-keys.ts';
import { addKeys, type Keys } from '../support/keys.ts';
import { imageId } from '../support/records.ts';
import { BUCKET, startWorld, TABLE, type World } from '../support/world.ts';
import { readZip } from '../support/zip.ts';

let world: World;
let aws: Keys;
let plain: { objects: Objects; reader: ObjectReader };
let users = 0;
let user: string;

beforeAll(async () => {
  world = await startWorld();
  aws = await addKeys(world);
  plain = { objects: createObjects(world.s3, BUCKET), reader: createObjectReader(world.s3, BUCKET) };
});
afterAll(() => world.stop());
beforeEach(() => {
  users += 1;
  user = `user${users}`;
});

const depsOf = () => ({
  s3: world.s3,
  table: world.table,
  settings: { ...aws.settings, BUCKET_NAME: BUCKET, TABLE_NAME: TABLE },
  clock: systemClock,
  dataKeys: async () => aws.dataKeys,
});
/** A function of its own, with no key in memory. */
const pictures = () => createPictures(depsOf());
const original = (number = 1) => originalKey(user, imageId(number));

/** Real segments: 65,480 bytes of content, then 65,520 each. */
const content = randomBytes(65_480 + 2 * 65_520 + 1_000);
const put = (key: string, bytes: Buffer = content) => pictures().objects.write(key, bytes, 'image/jpeg');

async function answered(reader: ObjectReader, key: string, conditions: Partial<ReadConditions> = {}) {
  const answer = await reader.open(key, { method: 'GET', ...conditions });
  const body = 'body' in answer && answer.body ? await buffer(answer.body) : undefined;
  return { ...answer, body };
}
/** Whether two readers say the same of an object, but for what the objects themselves differ in. */
function comparable({ ...answer }: Awaited<ReturnType<typeof answered>>) {
  const sha256 = answer.body && createHash('sha256').update(answer.body).digest('hex');
  const { is } = answer;
  return 'bytes' in answer ? { is, bytes: answer.bytes, contentRange: answer.contentRange, sha256 } : { is, sha256 };
}
const stored = async (key: string) => {
  const object = await world.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
  return { bytes: Buffer.from((await object.Body?.transformToByteArray()) ?? []), Metadata: object.Metadata };
};
const overwrite = (Key: string, Body: Buffer, Metadata?: Record<string, string>) =>
  world.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body, Metadata }));

describe('an encrypted object is read as if it were not', () => {
  const lengths = [0, 1, 100, 65_480, 65_481, 131_000, 131_001, content.length];

  test.each(lengths)('%i bytes: whole, its head, and its borders', async (length) => {
    const bytes = content.subarray(0, length);
    await put(original(), bytes);
    await plain.objects.write(incomingKey(user, 'plain'), bytes, 'image/jpeg');
    const reader = pictures().reader();
    const ranges = [
      undefined,
      '0-0',
      '0-',
      '-1',
      '-5000',
      `${length}-`,
      `${length - 1}-`,
      '65479-65480',
      '131000-131000',
    ];
    for (const range of ranges.map((one) => one && `bytes=${one}`)) {
      for (const method of ['GET', 'HEAD'] as const) {
        const [ours, theirs] = await Promise.all([
          answered(reader, original(), { range, method }),
          answered(plain.reader, incomingKey(user, 'plain'), { range, method }),
        ]);
        expect([range, method, comparable(ours)]).toEqual([range, method, comparable(theirs)]);
      }
    }
    expect(await pictures().objects.head(original())).toMatchObject({ bytes: length });
    expect(Buffer.from((await pictures().objects.read(original())) ?? [1]).equals(bytes)).toBe(true);
  });

  test('any range of it is that slice', async () => {
    await put(original());
    const reader = pictures().reader();
    const offset = fc.oneof(
      fc.nat(content.length + 10),
      fc.constantFrom(65_479, 65_480, 65_481, 130_999, 131_000, 131_001, 196_519, 196_520, 196_521),
    );
    const range = fc.oneof(
      fc.tuple(offset, offset).map(([a, b]) => `bytes=${Math.min(a, b)}-${Math.max(a, b)}`),
      offset.map((from) => `bytes=${from}-`),
      offset.map((last) => `bytes=-${last}`),
    );
    await fc.assert(
      fc.asyncProperty(range, async (range) => {
        const [, first = '', last = ''] = /bytes=(\d*)-(\d*)/.exec(range) ?? [];
        const from = first === '' ? Math.max(0, content.length - Number(last)) : Number(first);
        const to = first === '' || last === '' ? content.length : Math.min(Number(last) + 1, content.length);
        const answer = await answered(reader, original(), { range });
        if (from >= to) {
          expect(answer.is).toBe('unsatisfiable');
          return;
        }
        expect(answer).toMatchObject({ is: 'part', bytes: to - from });
        expect(answer).toMatchObject({ contentRange: `bytes ${from}-${to - 1}/${content.length}` });
        expect(answer.body?.equals(content.subarray(from, to))).toBe(true);
      }),
      { numRuns: 60, seed: 5 },
    );
  });

  test('conditions hold: the client’s copy, and ranges of it', async () => {
    await put(original());
    const reader = pictures().reader();
    const { etag = '', lastModified } = (await answered(reader, original())) as { etag?: string; lastModified?: Date };
    for (const method of ['GET', 'HEAD'] as const) {
      for (const range of [undefined, 'bytes=5-9']) {
        expect(await answered(reader, original(), { method, range, ifNoneMatch: etag })).toMatchObject({
          is: 'unchanged',
          etag,
        });
        const since = lastModified?.toUTCString();
        expect(await answered(reader, original(), { method, range, ifModifiedSince: since })).toMatchObject({
          is: 'unchanged',
        });
      }
      expect(await answered(reader, original(), { method, range: 'bytes=5-9', ifRange: etag })).toMatchObject({
        is: 'part',
        bytes: 5,
      });
      expect(await answered(reader, original(), { method, range: 'bytes=5-9', ifRange: '"other"' })).toMatchObject({
        is: 'whole',
        bytes: content.length,
      });
    }
    expect(await answered(reader, original(9))).toMatchObject({ is: 'missing' });
    expect(await answered(reader, original(9), { range: 'bytes=0-1' })).toMatchObject({ is: 'missing' });
    // The same content again is another object: no client puts halves of both together.
    await put(original());
    expect(await answered(reader, original(), { range: 'bytes=5-9', ifRange: etag })).toMatchObject({ is: 'whole' });
  });

  test('an object that changes between two requests is read anew', async () => {
    await put(original());
    const other = randomBytes(content.length);
    let looks = 0;
    const reader = createReaderThat(async () => {
      looks += 1;
      if (looks === 2) await put(original(), other);
    });
    const answer = await answered(reader, original(), { range: 'bytes=70000-70099' });
    expect(answer.body?.equals(other.subarray(70_000, 70_100))).toBe(true);
  });

  function createReaderThat(before: () => Promise<void>): ObjectReader {
    const send = world.s3.send.bind(world.s3);
    const s3 = new Proxy(world.s3, {
      get: (target, name) =>
        name === 'send'
          ? async (command: GetObjectCommand) => {
              if (command instanceof GetObjectCommand) await before();
              return send(command);
            }
          : Reflect.get(target, name),
    });
    return createPictures({ ...depsOf(), s3 }).reader();
  }
});

describe('in the bucket', () => {
  test('pictures and what is made of them are encrypted, each otherwise; arrivals and plans are not', async () => {
    const { objects, sealing } = pictures();
    const keys = [original(1), original(2), thumbnailKey(user, imageId(1), 'small'), `raw/${user}/1.json`];
    for (const key of keys) await objects.write(key, content, 'image/jpeg');
    expect(await objects.writeOnce(original(3), content, 'image/jpeg')).toBe(true);
    expect(await objects.writeOnce(original(3), content, 'image/jpeg')).toBe(false);
    async function* entries() {
      yield {
        name: 'a.jpg',
        content: (async function* () {
          yield content;
        })(),
        modified: new Date(),
      };
    }
    const zipKey = downloadKey(user, imageId(5), 1);
    const bytes = await createZips(world.s3, BUCKET, sealing).write(zipKey, entries());
    const seen = new Set<string>();
    for (const key of [...keys, original(3), zipKey]) {
      const there = await stored(key);
      expect(there.Metadata).toEqual({ encryption: 'user-1' });
      expect(there.bytes.includes(content.subarray(1_000, 1_016))).toBe(false);
      seen.add(there.bytes.subarray(0, 40).toString('hex'));
    }
    expect(seen.size).toBe(6);
    const zip = await answered(pictures().reader(), zipKey);
    expect(zip).toMatchObject({ bytes });
    expect(readZip(zip.body ?? Buffer.alloc(0))[0]).toMatchObject({ name: 'a.jpg', content });
    for (const key of [incomingKey(user, imageId(1)), jobKey(user, imageId(1))]) {
      await objects.write(key, content, 'image/jpeg');
      expect((await stored(key)).bytes.equals(content)).toBe(true);
      expect(Buffer.from((await objects.read(key)) ?? []).equals(content)).toBe(true);
    }
  });

  test('what is older than the key is read as it is, and what comes later encrypted', async () => {
    await plain.objects.write(original(1), content, 'image/jpeg');
    expect((await answered(pictures().reader(), original(1))).body?.equals(content)).toBe(true);
    await put(original(2));
    for (const number of [1, 2]) {
      expect((await answered(pictures().reader(), original(number))).body?.equals(content)).toBe(true);
      const range = 'bytes=100000-100009';
      const part = await answered(pictures().reader(), original(number), { range });
      expect(part).toMatchObject({ is: 'part', contentRange: `bytes 100000-100009/${content.length}` });
      expect(part.body?.equals(content.subarray(100_000, 100_010))).toBe(true);
    }
  });

  test('what a function from before stores beside the first encrypted one is read, and encrypted when it is read anew', async () => {
    const earlier = () => new Date(Date.now() - 14 * 60_000);
    await createPictures({ ...depsOf(), clock: earlier }).objects.write(original(1), content, 'image/jpeg');
    await plain.objects.write(original(2), content, 'image/jpeg');
    const { objects, reader } = pictures();
    expect((await answered(reader(), original(2))).body?.equals(content)).toBe(true);
    expect(await objects.head(original(2))).toMatchObject({ bytes: content.length, outdated: true });
    expect(Buffer.from((await objects.read(original(2))) ?? []).equals(content)).toBe(true);
    await put(original(2));
    expect(await pictures().objects.head(original(2))).toMatchObject({ outdated: false });
  });

  test('where encryption was taken out of use, ciphertext is not handed out as a picture', async () => {
    await put(original());
    await expect(plain.objects.read(original())).rejects.toThrow(DamagedObject);
  });
});

describe('what was tampered with', () => {
  /** The beginning of the content, at most, and never a good end. */
  async function aborts(range?: string): Promise<number> {
    const got: Buffer[] = [];
    const run = async () => {
      const answer = await pictures().reader().open(original(), { method: 'GET', range });
      if (!('body' in answer) || !answer.body) throw new Error(`Expected bytes, got ${answer.is}`);
      for await (const chunk of answer.body) got.push(chunk);
    };
    await expect(run()).rejects.toThrow(DamagedObject);
    const bytes = Buffer.concat(got);
    expect(content.subarray(0, bytes.length).equals(bytes)).toBe(true);
    return bytes.length;
  }

  test('is not served: a byte altered, cut off, put together anew, made longer, another object’s', async () => {
    await put(original(1));
    await put(original(2));
    const { bytes, Metadata } = await stored(original(1));
    const flipped = (at: number) => {
      const copy = Buffer.from(bytes);
      copy[at] = (copy[at] ?? 0) ^ 128;
      return copy;
    };
    const segments = [0, 1, 2, 3].map((n) => bytes.subarray(n * 65_536, (n + 1) * 65_536)) as [
      Buffer,
      Buffer,
      Buffer,
      Buffer,
    ];
    const [a, b, c, d] = segments;
    const cases: [string, Buffer][] = [
      ['header', flipped(5)],
      ['first segment', flipped(50)],
      ['third segment', flipped(2 * 65_536 + 5)],
      ['last byte', flipped(bytes.length - 1)],
      ['cut within a segment', bytes.subarray(0, 100_000)],
      ['cut between segments', bytes.subarray(0, 2 * 65_536)],
      ['cut to the header', bytes.subarray(0, 40)],
      ['cut to nothing', bytes.subarray(0, 0)],
      ['one byte more', Buffer.concat([bytes, Buffer.of(0)])],
      ['a segment more', Buffer.concat([bytes.subarray(0, 3 * 65_536), c, d])],
      ['two segments swapped', Buffer.concat([a, c, b, d])],
      ['another’s object', (await stored(original(2))).bytes],
    ];
    for (const [, altered] of cases) {
      await overwrite(original(1), altered, Metadata);
      await aborts();
      await expect(pictures().objects.read(original(1))).rejects.toThrow(DamagedObject);
    }
    await overwrite(original(1), flipped(2 * 65_536 + 5), Metadata);
    // What comes before it is good.
    expect((await answered(pictures().reader(), original(1), { range: 'bytes=0-99999' })).body?.length).toBe(100_000);
    await aborts('bytes=140000-140001');
    // Of what was cut off not even the beginning is served as part of something of another length.
    await overwrite(original(1), bytes.subarray(0, 2 * 65_536), Metadata);
    await aborts('bytes=0-9');
  });

  test('is not served under another name, though it is the same user’s', async () => {
    await put(original(2));
    await world.s3.send(
      new CopyObjectCommand({ Bucket: BUCKET, CopySource: `${BUCKET}/${original(2)}`, Key: original(1) }),
    );
    expect(await aborts()).toBe(0);
  });

  test('is not served where somebody has put a plain picture in its place', async () => {
    const earlier = () => new Date(Date.now() - 16 * 60_000);
    await createPictures({ ...depsOf(), clock: earlier }).objects.write(original(1), content, 'image/jpeg');
    await overwrite(original(1), content);
    expect(await aborts()).toBe(0);
    expect(await aborts('bytes=0-9')).toBe(0);
    await expect(pictures().objects.read(original(1))).rejects.toThrow(DamagedObject);
    await expect(pictures().objects.head(original(1))).rejects.toThrow(DamagedObject);
  });
});

test('when the key is erased, its pictures are gone for every reader', async () => {
  await put(original(1));
  await userKeysOf(depsOf())?.erase(user);
  expect(await answered(pictures().reader(), original(1))).toEqual({ is: 'missing', body: undefined });
  expect(await answered(pictures().reader(), original(1), { range: 'bytes=0-1' })).toMatchObject({ is: 'missing' });
  expect(await pictures().objects.read(original(1))).toBeNull();
  expect(await pictures().objects.head(original(1))).toBeNull();
  await expect(put(original(2))).rejects.toMatchObject({ name: 'UserKeyErased' });
  expect(await world.keys(`originals/${user}/`)).toEqual([original(1)]);
});

test('a reader who goes away, or a bucket that does, ends the other’s side', async () => {
  await put(original(1), randomBytes(3_000_000));
  const answer = await pictures().reader().open(original(1), { method: 'GET' });
  if (!('body' in answer) || !answer.body) throw new Error('Expected bytes');
  answer.body.destroy();
  await tick();
  expect(answer.body.destroyed).toBe(true);
});
