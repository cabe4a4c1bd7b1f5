import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClusters } from '../../shared/adapters/clusters.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { createJobs } from '../../shared/adapters/jobs.ts';
import type { ImageView, JobView } from '../../shared/contract/schemas.ts';
import { AT, imageId, imageRecord } from '../support/records.ts';
import { TABLE } from '../support/world.ts';
import { type Api, startApi } from './api.ts';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.stop());

const clusterId = (number: number) => `018e0000-0000-7000-8000-${String(number).padStart(12, '0')}`;

/** A cluster of these images, newest last. */
async function seed(as: string, number: number, members: number[]): Promise<void> {
  const clusters = createClusters(api.world.table, TABLE);
  const images = createImages(api.world.table, TABLE, () => AT);
  const cluster_id = clusterId(number);
  const newest = members.toReversed().slice(0, 12).map(imageId);
  const at = AT.toISOString();
  const item = { cluster_id, name: `Cluster ${number}`, name_source: 'tags' as const, name_asked_at: 0, newest };
  await clusters.create(as, { ...item, count: members.length, created_at: at, updated_at: at });
  for (const member of members) {
    await clusters.addMember(as, cluster_id, imageId(member));
    const place = { similarity: 0.9, threshold: 0.5, runner_up: null, margin: null, reason: 'Alone.' };
    await images.create(imageRecord(as, member, { cluster: { cluster_id, ...place } }));
  }
}

interface Cluster {
  cluster_id: string;
  name: string;
  count: number;
  images: ImageView[];
  next_cursor?: string | null;
}
const ids = ({ images }: Cluster) => images.map((image) => image.image_id);

describe('clusters', () => {
  test('are listed largest first, with their newest images and names', async () => {
    await seed('ada', 1, [1, 2]);
    await seed('ada', 2, [11, 12, 13]);
    const { items } = (await api.call('GET', '/images/clusters', { as: 'ada' })).json<{ items: Cluster[] }>();
    expect(items.map(({ name, count }) => [name, count])).toEqual([
      ['Cluster 2', 3],
      ['Cluster 1', 2],
    ]);
    expect(items.map(ids)).toEqual([[13, 12, 11].map(imageId), [2, 1].map(imageId)]);
    expect(items[0]?.images[0]?.cluster?.name).toBe('Cluster 2');
  });

  test('show all their images page by page, newest first, without deleted ones', async () => {
    await seed('bob', 3, [1, 2, 3, 4, 5]);
    await createImages(api.world.table, TABLE, () => AT).markDeleted({ userId: 'bob', imageId: imageId(4) });
    const path = `/images/clusters/${clusterId(3)}`;
    const first = (await api.call('GET', path, { as: 'bob', query: { limit: '3' } })).json<Cluster>();
    expect(first).toMatchObject({ name: 'Cluster 3', count: 5 });
    expect(ids(first)).toEqual([5, 3].map(imageId));
    const query = { limit: '3', cursor: first.next_cursor ?? '' };
    const second = (await api.call('GET', path, { as: 'bob', query })).json<Cluster>();
    expect(ids(second)).toEqual([2, 1].map(imageId));
    expect(second.next_cursor).toBeNull();
  });

  test('of somebody else are answered exactly like ones that never existed', async () => {
    await seed('cleo', 4, [1]);
    const theirs = await api.call('GET', `/images/clusters/${clusterId(4)}`, { as: 'eve' });
    const nobodys = await api.call('GET', `/images/clusters/${clusterId(99)}`, { as: 'eve' });
    expect(theirs.status).toBe(404);
    expect(theirs).toEqual({ ...nobodys, json: expect.anything() });
  });
});

describe('clustering anew', () => {
  test('is a job: noted, sent on, and found under Location', async () => {
    await api.world.drain('jobs');
    const answer = await api.call('POST', '/images/cluster', { as: 'dee', body: { k: 5 } });
    expect(answer.status).toBe(202);
    const job = answer.json<JobView>();
    expect(job).toMatchObject({ type: 'recluster', status: 'queued', progress: 0, result: null });
    expect(await api.world.drain('jobs')).toEqual([{ type: 'recluster', user_id: 'dee', job_id: job.job_id }]);
    const stored = await createJobs(api.world.table, TABLE, () => AT).get('dee', job.job_id);
    expect(stored?.request).toEqual({ k: 5, names: true });

    expect(answer.headers.Location).toBe(`/api/v1/jobs/${job.job_id}`);
    const seen = await api.call('GET', `/jobs/${job.job_id}`, { as: 'dee' });
    expect(seen.json()).toEqual(job);
    expect((await api.call('GET', `/jobs/${job.job_id}`, { as: 'eve' })).status).toBe(404);
  });

  test('needs no body', async () => {
    expect((await api.call('POST', '/images/cluster', { as: 'dee' })).status).toBe(202);
  });

  test.each(['done', 'failed'] as const)('can be waited for until it is %s', async (end) => {
    const as = `waits-${end}`;
    await api.world.drain('jobs');
    const headers = { Prefer: 'respond-async, wait=60' };
    const answered = api.call('POST', '/images/cluster', { as, headers, body: {} });
    let job: { job_id: string } | undefined;
    while (!job) [job] = (await api.world.drain('jobs')) as { job_id: string }[];
    const jobs = createJobs(api.world.table, TABLE, () => new Date());
    if (end === 'done') await jobs.finish(as, job.job_id, { clusters: 4 });
    else await jobs.fail(as, job.job_id, { code: 'too_few', message: 'There are no images.' });

    const answer = await answered;
    expect(answer.status).toBe(200);
    expect(answer.headers['Preference-Applied']).toBe('wait=25');
    expect(answer.json()).toMatchObject({ job_id: job.job_id, status: end });
  });

  test('that takes longer than asked to wait is answered as under way', async () => {
    const answer = await api.call('POST', '/images/cluster', { as: 'fay', headers: { prefer: 'wait=1' }, body: {} });
    expect(answer.status).toBe(202);
    expect(answer.headers['Preference-Applied']).toBeUndefined();
  });
});
