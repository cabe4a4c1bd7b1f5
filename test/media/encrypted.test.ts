import { createHash, randomBytes } from 'node:crypto';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createProxyDownloadUrls } from '../../shared/adapters/download-urls.ts';
import { systemClock } from '../../shared/adapters/ids.ts';
import { createProxyUrls } from '../../shared/adapters/image-urls.ts';
import { createJobs } from '../../shared/adapters/jobs.ts';
import { createLinkSignatures } from '../../shared/adapters/link-signatures.ts';
import { downloadKey } from '../../shared/domain/object-keys.ts';
import { hashUserId } from '../../shared/lambda/logger.ts';
import { imageId } from '../support/records.ts';
import { BUCKET, TABLE } from '../support/world.ts';
import { type Media, SIGNING_KEY, startMedia } from './media.ts';

let media: Media;
beforeAll(async () => {
  media = await startMedia('proxy', { encrypted: true });
});
afterAll(() => media.stop());

const signatures = createLinkSignatures({
  secrets: { get: async () => ({ url_signing_key: SIGNING_KEY, azure_openai_api_key: '' }) },
  clock: systemClock,
});
/** The path and query of a URL that begins where the API does. */
function opened(url: string, headers: Record<string, string> = {}) {
  const { pathname, searchParams } = new URL(url);
  return media.call(pathname.replace('/api/v1', ''), { query: Object.fromEntries(searchParams), headers });
}
const API = 'https://abc.execute-api.example/api/v1';
const VIEWER = { apiUrl: API, user: { auth_time: 1_700_000_000 } };

describe('an encrypted photo', () => {
  const original = randomBytes(200_000);

  test('is served whole and in part, with its own length, tag, type and name', async () => {
    const record = await media.photo('ada', { original }, { display_name: 'sea.jpg' });
    const path = `/images/${record.image_id}/original`;
    const whole = await media.call(path, { headers: media.as('ada') });
    expect(whole).toMatchObject({ status: 200 });
    expect(whole.body.equals(original)).toBe(true);
    expect(whole.headers).toMatchObject({
      'content-length': '200000',
      'content-type': 'image/jpeg',
      'accept-ranges': 'bytes',
      'content-disposition': expect.stringContaining('sea.jpg'),
      'cache-control': 'private, no-cache',
      'x-content-type-options': 'nosniff',
    });
    const etag = whole.headers.etag ?? '';
    const part = await media.call(path, { headers: { ...media.as('ada'), Range: 'bytes=100000-', 'If-Range': etag } });
    expect(part).toMatchObject({ status: 206 });
    expect(part.headers).toMatchObject({
      'content-range': 'bytes 100000-199999/200000',
      'content-length': '100000',
      etag,
    });
    expect(part.body.equals(original.subarray(100_000))).toBe(true);
    const same = await media.call(path, { headers: { ...media.as('ada'), 'If-None-Match': etag } });
    expect([same.status, same.body.length]).toEqual([304, 0]);
    const head = await media.call(path, { headers: media.as('ada'), method: 'HEAD' });
    expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, '200000', 0]);
    const beyond = await media.call(path, { headers: { ...media.as('ada'), Range: 'bytes=200000-' } });
    expect([beyond.status, beyond.headers['content-range']]).toEqual([416, 'bytes */200000']);
  });

  test('is shown by links as in an <img>, its thumbnail and its faces too', async () => {
    const record = await media.photo('ada', { original });
    const { url } = await createProxyUrls({ signatures })(VIEWER);
    for (const [name, content] of [
      ['original', original],
      ['small', Buffer.from(`small of ${record.image_id}`)],
      ['face-1', Buffer.from(`face of ${record.image_id}`)],
    ] as const) {
      const answer = await opened(url(record, name));
      expect([answer.status, answer.body.equals(content)]).toEqual([200, true]);
    }
  });

  test('is cut off where it was tampered with: nothing from there on is sent, and it does not end well', async () => {
    const { original: stored, image_id } = await media.photo('ada', { original });
    const at = { Bucket: BUCKET, Key: stored?.key };
    const object = await media.world.s3.send(new GetObjectCommand(at));
    const bytes = Buffer.from((await object.Body?.transformToByteArray()) ?? []);
    bytes[bytes.length - 1_000] = (bytes[bytes.length - 1_000] ?? 0) ^ 1;
    await media.world.s3.send(new PutObjectCommand({ ...at, Body: bytes, Metadata: object.Metadata }));
    const got: Buffer[] = [];
    const call = media.call(`/images/${image_id}/original`, {
      headers: media.as('ada'),
      onBytes: (part) => got.push(part),
    });
    const lines: Record<string, unknown>[] = [];
    const listening = vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
      lines.push(JSON.parse(String(chunk)));
      return true;
    });
    await expect(call).rejects.toThrow();
    listening.mockRestore();
    // It was answered with 200 before anybody could know.
    expect(lines.filter(({ level }) => level === 'ERROR')).toMatchObject([
      {
        message: 'An answer broke off while its bytes were sent.',
        image_id,
        user: hashUserId('ada'),
        api_request_id: 'request-1',
        error: { name: 'DamagedObject' },
      },
    ]);
    const sent = Buffer.concat(got);
    expect(sent.length).toBeLessThan(original.length);
    expect(sent.equals(original.subarray(0, sent.length))).toBe(true);
    // Where it is seen at once, the answer says so.
    const end = await media.call(`/images/${image_id}/original`, {
      headers: { ...media.as('ada'), Range: 'bytes=-10' },
    });
    expect(end).toMatchObject({ status: 500 });
    expect(end.headers['content-type']).toBe('application/problem+json');
    expect(end.body.toString()).not.toContain('segment');
  });
});

describe('a zip of a download', () => {
  const zip = randomBytes(150_000);
  const JOB = imageId(7_000);
  const jobs = () => createJobs(media.world.table, TABLE, systemClock);
  /** The job has ended with two zips. */
  async function done(): Promise<void> {
    if (await jobs().get('zoe', JOB)) return;
    await jobs().create('zoe', { type: 'download', request: { of: 'all' } }, () => JOB);
    const parts = [1, 2].map(() => ({ bytes: zip.length, images: 1 }));
    await jobs().finish('zoe', JOB, { images: 2, left_out: 0, problems: 0, parts });
  }

  test('is served by its link, whole and from where a download broke off', async () => {
    await media.objects.write(downloadKey('zoe', JOB, 2), zip, 'application/zip');
    await done();
    const { url, expiry } = await createProxyDownloadUrls({ signatures })(VIEWER);
    expect(expiry.getTime() - Date.now()).toBeGreaterThan(3_500_000);
    const link = url({ user_id: 'zoe', job_id: JOB, part: 2 }, '2026-02-03');
    const whole = await opened(link);
    expect(whole).toMatchObject({ status: 200 });
    expect(createHash('sha256').update(whole.body).digest()).toEqual(createHash('sha256').update(zip).digest());
    expect(whole.headers).toMatchObject({
      'content-type': 'application/zip',
      'content-length': '150000',
      'cache-control': 'private, no-store',
    });
    expect(whole.headers['content-disposition']).toMatch(/^attachment; filename="shoebox-[\d-]{10}-2\.zip"/);
    const beyond = await opened(link, { Range: 'bytes=150000-' });
    expect([beyond.status, beyond.headers['content-range']]).toEqual([416, 'bytes */150000']);
    const rest = await opened(link, { Range: 'bytes=90000-', 'If-Range': whole.headers.etag ?? '' });
    expect([rest.status, rest.headers['content-range']]).toEqual([206, 'bytes 90000-149999/150000']);
    expect(rest.body.equals(zip.subarray(90_000))).toBe(true);
  });

  test('opens with nothing but its own link, or its owner’s session', async () => {
    await media.objects.write(downloadKey('zoe', JOB, 1), zip, 'application/zip');
    await done();
    const { url } = await createProxyDownloadUrls({ signatures })(VIEWER);
    const link = url({ user_id: 'zoe', job_id: JOB, part: 2 }, '2026-02-03');
    const path = `/downloads/${JOB}/parts/1`;
    for (const changed of [
      link.replace('/parts/2', '/parts/1'),
      link.replace('u=zoe', 'u=ada'),
      link.replace(/exp=\d/, 'exp=9'),
      `${API}${path}`,
    ]) {
      expect((await opened(changed)).status).toBe(401);
    }
    expect((await media.call(path, { headers: media.as('zoe') })).status).toBe(200);
    expect((await media.call(path, { headers: media.as('ada') })).status).toBe(404);
    expect((await media.call(`/downloads/${JOB}/parts/9`, { headers: media.as('zoe') })).status).toBe(404);
    expect((await media.call(`/downloads/${JOB}/parts/0`, { headers: media.as('zoe') })).status).toBe(422);
  });
});
