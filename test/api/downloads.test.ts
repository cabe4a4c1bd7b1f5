import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAlbums } from '../../shared/adapters/albums.ts';
import { createJobs } from '../../shared/adapters/jobs.ts';
import { createObjects } from '../../shared/adapters/objects.ts';
import { createProfiles } from '../../shared/adapters/profiles.ts';
import type { DownloadResult, JobView } from '../../shared/contract/schemas.ts';
import { downloadKey, jobKey } from '../../shared/domain/object-keys.ts';
import { imageId } from '../support/records.ts';
import { BUCKET, TABLE } from '../support/world.ts';
import { type Api, startApi } from './api.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const ask = (as: string, body: object, headers: Record<string, string> = {}) =>
  api.call('POST', '/downloads', { as, body, headers });
const jobs = (clock = () => new Date()) => createJobs(api.world.table, TABLE, clock);
const objects = () => createObjects(api.world.s3, BUCKET);
const seen = async (as: string, jobId: string) => (await api.call('GET', `/jobs/${jobId}`, { as })).json<JobView>();

describe('asking for a download', () => {
  test('of ids keeps their list in the bucket, each id once, in order', async () => {
    const ids = [3, 1, 3, 2].map(imageId);
    const answer = await ask('ada', { image_ids: ids });
    expect(answer.status).toBe(202);
    const { job_id, ...job } = answer.json<JobView>();
    expect(job).toMatchObject({ type: 'download', status: 'queued', result: null });
    expect(await api.world.drain('jobs')).toEqual([{ type: 'download', user_id: 'ada', job_id }]);
    const list = await objects().read(jobKey('ada', job_id));
    expect(JSON.parse(Buffer.from(list ?? []).toString())).toEqual([3, 1, 2].map(imageId));
    expect(await jobs().get('ada', job_id)).toMatchObject({ request: { of: 'ids' } });
  });

  test('of ten thousand ids is taken, of more refused', async () => {
    const ids = Array.from({ length: 10_000 }, (_, number) => imageId(number));
    expect((await ask('ada', { image_ids: ids })).status).toBe(202);
    expect((await ask('ada', { image_ids: [...ids, imageId(10_000)] })).status).toBe(422);
  });

  test.each([
    [{}],
    [{ all: false }],
    [{ all: true, image_ids: [imageId(1)] }],
    [{ image_ids: [] }],
    [{ image_ids: ['x'] }],
  ])('as %j is refused', async (body) => {
    expect((await ask('ada', body)).status).toBe(422);
  });
});

describe('downloads that have not ended', () => {
  const jobOf = async (as: string, body: object) => {
    const answer = await ask(as, body);
    expect(answer.status).toBe(202);
    return answer.json<JobView>().job_id;
  };
  const all = { all: true };

  test('are answered again to whoever asks for the same, also side by side; a new one begins when they have', async () => {
    await api.world.drain('jobs');
    const [first = '', ...others] = await Promise.all([1, 2, 3, 4].map(() => jobOf('kim', all)));
    expect(new Set(others)).toEqual(new Set([first]));
    expect(await jobOf('kim', all)).toBe(first);
    expect(await api.world.drain('jobs')).toHaveLength(1);
    await jobs().advance('kim', first, 0.5);
    expect(await jobOf('kim', all)).toBe(first);
    await jobs().finish('kim', first, { images: 0, left_out: 0, problems: 0, parts: [] });
    expect(await jobOf('kim', all)).not.toBe(first);
    const at = new Date().toISOString();
    const album = { name: 'Sea', sort: 'taken', kind: 'manual', created_at: at, updated_at: at } as const;
    for (const number of [1, 2])
      await createAlbums(api.world.table, TABLE).create('kim', { ...album, album_id: imageId(number) });
    const ofAlbum = await jobOf('kim', { album_id: imageId(1) });
    expect(await jobOf('kim', { album_id: imageId(1) })).toBe(ofAlbum);
    expect(await jobOf('kim', { album_id: imageId(2) })).not.toBe(ofAlbum);
  });

  test('are five at the most, also of those asked for side by side', async () => {
    const some = { image_ids: [imageId(1)] };
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask('lou', some)));
    const taken = answers.filter(({ status }) => status === 202).map((answer) => answer.json<JobView>().job_id);
    expect(new Set(taken).size).toBe(5);
    const [refused] = answers.filter(({ status }) => status !== 202);
    expect(refused?.status).toBe(429);
    expect(refused?.headers['Retry-After']).toBe('60');
    expect(refused?.json().detail).toContain('5 downloads of yours');
    expect(await api.world.keys('jobs/lou/')).toHaveLength(5);
    expect((await ask('max', some)).status).toBe(202);
    await jobs().fail('lou', taken[2] ?? '', { code: 'x', message: 'X.' });
    expect((await ask('lou', some)).status).toBe(202);
    expect((await ask('lou', all)).status).toBe(429);
  });

  test('and never began hold their place for a minute', async () => {
    const profiles = createProfiles(api.world.table, TABLE, () => new Date());
    const noted = (age: number) =>
      Array.from({ length: 5 }, (_, n) => ({
        job_id: imageId(n),
        extent: 'ids',
        at: new Date(Date.now() - age).toISOString(),
      }));
    await profiles.noteDownloads('ned', noted(30_000), undefined);
    expect((await ask('ned', all)).status).toBe(429);
    await profiles.noteDownloads('oda', noted(61_000), undefined);
    expect((await ask('oda', all)).status).toBe(202);
  });
});

describe('the job of a download', () => {
  let made = 5_000;
  /** One that is done, with one zip in the bucket. */
  async function done(as: string, at: Date): Promise<string> {
    const clock = () => at;
    made += 1;
    const { job_id } = await jobs(clock).create(as, { type: 'download', request: { of: 'all' } }, () => imageId(made));
    await objects().write(downloadKey(as, job_id, 1), Buffer.from('a zip'), 'application/zip');
    const parts = [{ bytes: 5, images: 2 }];
    await jobs(clock).finish(as, job_id, { images: 2, left_out: 1, problems: 0, parts });
    return job_id;
  }

  test('has URLs that are made when it is read and save the zips; nothing of them is stored', async () => {
    const jobId = await done('bea', new Date());
    const { result } = await seen('bea', jobId);
    const { parts, ...rest } = result as DownloadResult;
    expect(rest).toMatchObject({ images: 2, left_out: 1, problems: 0 });
    const [part] = parts;
    expect(part).toMatchObject({ bytes: 5, images: 2 });
    const left = Date.parse(part?.expires_at ?? '') - Date.now();
    expect(left).toBeGreaterThan(29 * 60_000);
    expect(left).toBeLessThanOrEqual(60 * 60_000);
    const fetched = await fetch(part?.url ?? '');
    expect(fetched.status).toBe(200);
    expect(await fetched.text()).toBe('a zip');
    expect(fetched.headers.get('content-disposition')).toMatch(/^attachment; filename="shoebox-[\d-]{10}-1\.zip"/);
    expect(JSON.stringify(await api.world.itemsOf('bea'))).not.toContain('X-Amz');
  });

  test('says that the zips are gone when the bucket has let go of them', async () => {
    const jobId = await done('cid', new Date(Date.now() - 7 * 24 * 3600 * 1000 - 1));
    const { result } = await seen('cid', jobId);
    expect((result as DownloadResult).parts).toEqual([{ url: null, bytes: 5, images: 2, expires_at: null }]);
  });

  test('is nobody else’s', async () => {
    const jobId = await done('dan', new Date());
    expect((await api.call('GET', `/jobs/${jobId}`, { as: 'eve' })).status).toBe(404);
  });
});

test('of an album notes which; a smart one, and one that is not there, are refused', async () => {
  const at = new Date().toISOString();
  const albums = createAlbums(api.world.table, TABLE);
  const album = { name: 'Summer', sort: 'taken', created_at: at, updated_at: at } as const;
  await albums.create('fay', { ...album, album_id: imageId(1), kind: 'manual' });
  await albums.create('fay', { ...album, album_id: imageId(2), kind: 'smart', query: { q: 'sea' } });
  const answer = await ask('fay', { album_id: imageId(1) });
  expect(answer.status).toBe(202);
  const job = await jobs().get('fay', answer.json<JobView>().job_id);
  expect(job).toMatchObject({ request: { of: 'album', album_id: imageId(1) } });
  expect((await ask('fay', { album_id: imageId(2) })).status).toBe(409);
  expect((await ask('fay', { album_id: imageId(3) })).status).toBe(404);
  expect((await ask('gil', { album_id: imageId(1) })).status).toBe(404);
});
