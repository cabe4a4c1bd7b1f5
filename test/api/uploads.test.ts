import { createHash } from 'node:crypto';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createChecksums } from '../../shared/adapters/checksums.ts';
import { createImages } from '../../shared/adapters/images.ts';
import type { ImageView, Problem } from '../../shared/contract/schemas.ts';
import { incomingKey } from '../../shared/domain/object-keys.ts';
import { imageId, imageRecord } from '../support/records.ts';
import { BUCKET, TABLE } from '../support/world.ts';
import { type Api, multipart, startApi } from './api.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

interface Ticket {
  image_id: string;
  upload: { url: string; fields: Record<string, string> };
  expires_at: string;
}
const bytes = Buffer.from('nearly a picture');
const sha256 = createHash('sha256').update(bytes).digest('hex');
const beach = { filename: 'beach.jpg', content_type: 'image/jpeg', bytes: bytes.length };

async function announce(as: string, files: object[]): Promise<Ticket[]> {
  const answer = await api.call('POST', '/images/uploads', { as, body: { files } });
  expect(answer.status).toBe(200);
  return answer.json<{ items: Ticket[] }>().items;
}

/** Posts a form as a browser does; `changes` replaces fields. */
function post({ upload }: Ticket, content: Buffer, changes: Record<string, string> = {}): Promise<Response> {
  const form = new FormData();
  for (const [name, value] of Object.entries({ ...upload.fields, ...changes })) form.set(name, value);
  form.set('file', new Blob([new Uint8Array(content)]), 'whatever.jpg');
  return fetch(upload.url, { method: 'POST', body: form });
}

const recordOf = async (as: string, id: string) =>
  createImages(api.world.table, TABLE, () => new Date()).get({ userId: as, imageId: id });

describe('presigned forms', () => {
  test('a form is answered once its record waits for the bytes, and takes exactly them', async () => {
    const before = Date.now();
    const [ticket] = (await announce('ada', [{ ...beach, sha256 }])) as [Ticket];
    expect(await recordOf('ada', ticket.image_id)).toMatchObject({
      status: 'awaiting_upload',
      filename: 'beach.jpg',
      expected: { content_type: 'image/jpeg', bytes: bytes.length, sha256 },
      upload_expires_at: ticket.expires_at,
    });
    const lifetime = Date.parse(ticket.expires_at) - before;
    expect(lifetime).toBeGreaterThan(3590_000);
    expect(lifetime).toBeLessThanOrEqual(3601_000);

    expect((await post(ticket, bytes)).status).toBe(204);
    expect(await api.world.keys()).toContain(incomingKey('ada', ticket.image_id));
  });

  test('what the form says of its end is what its policy says', async () => {
    const [ticket] = (await announce('ada', [beach])) as [Ticket];
    const policy = JSON.parse(Buffer.from(ticket.upload.fields.Policy ?? '', 'base64').toString());
    expect(Date.parse(policy.expiration)).toBe(Date.parse(ticket.expires_at));
  });

  test.each<[string, Buffer, Record<string, string>]>([
    ['more bytes', Buffer.concat([bytes, bytes]), {}],
    ['fewer bytes', bytes.subarray(1), {}],
    ['another type', bytes, { 'Content-Type': 'text/html' }],
    ['another key', bytes, { key: 'incoming/eve/x' }],
    ['other bytes than the checksum’s', Buffer.from(bytes).fill(1), {}],
    ['another checksum', Buffer.from(bytes).fill(1), { 'x-amz-checksum-sha256': 'x'.repeat(43).concat('=') }],
  ])('a form refuses %s', async (_, content, changes) => {
    const [ticket] = (await announce('ada', [{ ...beach, sha256 }])) as [Ticket];
    const answer = await post(ticket, content, changes);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(await api.world.keys()).not.toContain(incomingKey('ada', ticket.image_id));
  });

  test('a form binds the size also where no checksum was announced', async () => {
    const [ticket] = (await announce('ada', [beach])) as [Ticket];
    for (const content of [Buffer.concat([bytes, bytes]), bytes.subarray(1)]) {
      expect((await post(ticket, content)).status).toBe(400);
    }
    expect((await post(ticket, bytes)).status).toBe(204);
  });

  test('100 forms come in the order asked for, newest last, at one write each', async () => {
    const files = Array.from({ length: 100 }, (_, index) => ({ ...beach, filename: `${index}.jpg` }));
    await announce('carl', [beach]);
    api.world.aws.resetRequests();
    const tickets = await announce('carl', files);
    // The session, what was announced and the counters are looked up once, and noted twice what is announced; signing asks nobody.
    expect(api.world.aws.requests()).toEqual({
      'dynamodb:GetItem': 3,
      'dynamodb:PutItem': 100,
      'dynamodb:UpdateItem': 2,
    });
    const names = await Promise.all(tickets.map(async (ticket) => (await recordOf('carl', ticket.image_id))?.filename));
    expect(names).toEqual(files.map(({ filename }) => filename));
    expect(tickets.map((ticket) => ticket.image_id)).toEqual(tickets.map((ticket) => ticket.image_id).sort());
  });

  test.each([
    ['C:\\fakepath\\..\\a\u202Egnp.jpg', 'agnp.jpg'],
    ['../../etc/pass\u0000wd\r\nX: y', 'passwd X: y'],
    ['\u200B', 'untitled'],
    ['<img src=x>.jpg', '<img src=x>.jpg'],
  ])('the name %j is kept as given and shown as %j', async (filename, shown) => {
    const [ticket] = (await announce('ada', [{ ...beach, filename }])) as [Ticket];
    expect(await recordOf('ada', ticket.image_id)).toMatchObject({ filename, display_name: shown });
  });

  test('a name that is no text at all can still be stored', async () => {
    const [ticket] = (await announce('ada', [{ ...beach, filename: 'a\uD800.jpg' }])) as [Ticket];
    expect((await recordOf('ada', ticket.image_id))?.filename).toBe('a\uFFFD.jpg');
  });
});

describe('bytes the owner already has', () => {
  const seed = async (as: string, number: number, ingest: 'done' | 'pending') => {
    const record = imageRecord(as, number, { status: ingest === 'done' ? 'processing' : 'queued' });
    record.stages.ingest.state = ingest;
    const images = createImages(api.world.table, TABLE, () => new Date());
    await images.create(record);
    await createChecksums(api.world.table, TABLE).claim(as, sha256, record.image_id);
    return { key: { userId: as, imageId: record.image_id }, images };
  };

  test('are answered with their image and no form, in place', async () => {
    await seed('dora', 1, 'done');
    const items = await announce('dora', [beach, { ...beach, sha256 }, beach]);
    expect(items[1]).toEqual({ image_id: imageId(1), duplicate: true });
    expect(items.map((item) => 'upload' in item)).toEqual([true, false, true]);
  });

  test('but not somebody else’s, nor those of an image that was never accepted, is being erased or is gone', async () => {
    const hasForm = async (as: string) => 'upload' in ((await announce(as, [{ ...beach, sha256 }]))[0] ?? {});
    await seed('emil', 1, 'done');
    expect(await hasForm('fay')).toBe(true);
    await seed('gil', 1, 'pending');
    expect(await hasForm('gil')).toBe(true);
    const { images, key } = await seed('hal', 1, 'done');
    await images.markDeleted(key);
    expect(await hasForm('hal')).toBe(true);
    await images.erase(key);
    expect(await hasForm('hal')).toBe(true);
  });
});

describe('multipart', () => {
  test.each(['/images/upload', '/images/upload-multiple'])('%s takes `files` and `file`, in order', async (path) => {
    const { body, headers } = multipart([
      { name: 'files', filename: 'one.jpg', type: 'image/jpeg', content: 'one' },
      { name: 'files', filename: 'two.png', type: 'image/png', content: 'two' },
      { name: 'file', filename: 'three.webp', type: 'image/webp', content: 'three' },
    ]);
    const answer = await api.call('POST', path, { as: 'ivy', body, headers });
    expect(answer.status).toBe(202);
    const { items } = answer.json<{ items: ImageView[] }>();
    expect(items.map(({ filename }) => filename)).toEqual(['one.jpg', 'two.png', 'three.webp']);
    expect(items.map(({ status }) => status)).toEqual(['queued', 'queued', 'queued']);

    const key = incomingKey('ivy', items[1]?.image_id ?? '');
    const object = await api.world.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
    expect(await object.Body?.transformToString()).toBe('two');
  });

  test('bytes are taken as they are', async () => {
    const content = Buffer.from(Array.from({ length: 70_000 }, (_, index) => (index * 7) % 256));
    const { body, headers } = multipart([{ name: 'file', filename: 'x', type: 'image/png', content }]);
    const answer = await api.call('POST', '/images/upload', { as: 'ivy', body, headers });
    const [image] = answer.json<{ items: ImageView[] }>().items;
    const key = incomingKey('ivy', image?.image_id ?? '');
    const object = await api.world.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
    expect(Buffer.from((await object.Body?.transformToByteArray()) ?? [])).toEqual(content);
  });

  test('a boundary may hold what RFC 2046 lets it hold, quoted or not', async () => {
    for (const [boundary, header] of [
      ["dart-http-boundary-x+_'.y", "dart-http-boundary-x+_'.y"],
      ['a b:c', '"a b:c"'],
    ] as const) {
      const { body } = multipart([{ name: 'file', filename: 'x.jpg', content: 'x' }], boundary);
      const headers = { 'Content-Type': `multipart/form-data;boundary=${header}` };
      expect((await api.call('POST', '/images/upload', { as: 'ivy', body, headers })).status).toBe(202);
    }
  });

  test('above 4 MiB the presigned route is named', async () => {
    const content = Buffer.alloc(4 * 1024 * 1024);
    const { body, headers } = multipart([{ name: 'files', filename: 'big.jpg', content }]);
    const answer = await api.call('POST', '/images/upload', { as: 'ivy', body, headers });
    expect(answer.status).toBe(413);
    expect(answer.json<Problem>().detail).toContain('POST /images/uploads');
  });

  test('a body cut short is malformed', async () => {
    const { body, headers } = multipart([{ name: 'files', filename: 'a.jpg', content: 'x'.repeat(1000) }]);
    for (const length of [0, 20, 200, body.length - 20]) {
      const answer = await api.call('POST', '/images/upload', { as: 'ivy', body: body.subarray(0, length), headers });
      expect(answer.status, `${length} bytes`).toBe(400);
    }
  });

  test.each<[string, Parameters<typeof multipart>[0], string]>([
    ['no file', [], 'files'],
    ['an empty file field', [{ name: 'files', filename: '', content: '' }], 'files'],
    ['text where a file is due', [{ name: 'files', content: 'text' }], 'files[0]'],
    [
      'another field',
      [
        { name: 'files', filename: 'a', content: 'a' },
        { name: 'album', content: '1' },
      ],
      'album',
    ],
    ['a name too long', [{ name: 'file', filename: 'a'.repeat(256), content: 'a' }], 'file[0]'],
    ['101 files', Array(101).fill({ name: 'files', filename: 'a.jpg', content: 'a' }), 'files'],
  ])('%s is named', async (_, parts, path) => {
    const { body, headers } = multipart(parts);
    const answer = await api.call('POST', '/images/upload', { as: 'jon', body, headers });
    expect(answer.status).toBe(422);
    expect(answer.json<Problem>().errors).toMatchObject([{ path }]);
    expect((await api.call('GET', '/images', { as: 'jon' })).json()).toMatchObject({ items: [] });
  });
});
