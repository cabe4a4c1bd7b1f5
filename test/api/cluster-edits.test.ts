import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createClusters } from '../../shared/adapters/clusters.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { createJobs } from '../../shared/adapters/jobs.ts';
import { createUndo } from '../../shared/adapters/undo.ts';
import type { ImageView, JobView } from '../../shared/contract/schemas.ts';
import { donePhoto, imageId } from '../support/records.ts';
import { TABLE } from '../support/world.ts';
import { type Api, startApi } from './api.ts';

let api: Api;
let as: string;
let users = 0;
const clock = () => new Date();
const clusters = () => createClusters(api.world.table, TABLE);
const clusterId = (number: number) => `018e0000-0000-7000-8000-${String(number).padStart(12, '0')}`;
const path = (number: number) => `/images/clusters/${clusterId(number)}`;

beforeAll(async () => {
  api = await startApi({ AZURE_OPENAI_ENDPOINT: 'http://127.0.0.1:9' });
});
afterAll(() => api.stop());
beforeEach(async () => {
  users += 1;
  as = `ada${users}`;
  await api.world.drain('jobs');
});

/** A cluster of these photos, newest last, as organize leaves it. */
async function seed(number: number, members: number[]): Promise<void> {
  const cluster_id = clusterId(number);
  const at = clock().toISOString();
  const newest = members.toReversed().map(imageId);
  const words = { name: `Cluster ${number}`, name_source: 'model' as const, name_asked_at: 3 };
  const named_by = { model: 'gpt', prompt_version: '1', at };
  const counted = { count: members.length, newest, created_at: at, updated_at: at };
  await clusters().create(as, { cluster_id, ...words, named_by, ...counted });
  for (const member of members) {
    await clusters().addMember(as, cluster_id, imageId(member));
    const place = { similarity: 0.9, threshold: 0.5, runner_up: null, margin: null, reason: 'assigned' };
    const photo = donePhoto(as, member, { tags: ['beach'], cluster: { cluster_id, ...place } });
    await createImages(api.world.table, TABLE, clock).create(photo);
  }
}

interface ClusterView {
  name: string;
  name_source: string;
  cover_image_id: string | null;
  images: ImageView[];
}
const patch = (number: number, body: object) => api.call('PATCH', path(number), { as, body });

describe('PATCH /images/clusters/{cluster_id}', () => {
  test('names a cluster, as plain text, and gives it back to the model', async () => {
    await seed(1, [1, 2, 3]);
    const named = (await patch(1, { name: '  Summer\u202E in\nLisbon ' })).json<ClusterView>();
    expect(named).toMatchObject({ name: 'Summer in Lisbon', name_source: 'person' });
    expect(await clusters().get(as, clusterId(1))).not.toHaveProperty('named_by');
    expect(await api.world.drain('jobs')).toEqual([]);

    const given = (await patch(1, { name: null })).json<ClusterView>();
    expect(given).toMatchObject({ name: 'Beach', name_source: 'tags' });
    const cluster_id = clusterId(1);
    expect(await api.world.drain('jobs')).toEqual([
      { type: 'name_cluster', user_id: as, cluster_id, revision: 3, asked: expect.any(String) },
    ]);
    // What no person has named is the model's already.
    await patch(1, { name: null });
    expect(await api.world.drain('jobs')).toEqual([]);
  });

  test('chooses a cover among its images, which is shown first', async () => {
    await seed(1, [1, 2, 3]);
    await seed(2, [4]);
    const cover_image_id = imageId(1);
    const chosen = (await patch(1, { cover_image_id })).json<ClusterView>();
    expect(chosen).toMatchObject({ name: 'Cluster 1', cover_image_id });
    expect(chosen.images.map(({ image_id }) => image_id)).toEqual([1, 3, 2].map(imageId));
    const list = (await api.call('GET', '/images/clusters', { as })).json<{ items: ClusterView[] }>();
    expect(list.items[0]?.images[0]?.image_id).toBe(imageId(1));
    expect((await api.call('GET', path(1), { as })).json()).toMatchObject({ cover_image_id });

    expect((await patch(1, { cover_image_id: imageId(4) })).status).toBe(422);
    expect((await patch(1, { cover_image_id: null })).json()).toMatchObject({ cover_image_id: null });
  });

  test.each([{}, { name: '' }, { name: '\u200B' }, { name: 'x'.repeat(101) }, { cover_image_id: 'x' }, { count: 3 }])(
    'refuses %j',
    async (body) => {
      await seed(1, [1]);
      expect((await patch(1, body)).status).toBe(422);
      expect(await clusters().get(as, clusterId(1))).toMatchObject({ name: 'Cluster 1' });
    },
  );
});

describe('merging and moving', () => {
  const post = (what: string, body?: object) => api.call('POST', `/images/clusters/${what}`, { as, body });
  const job = async ({ job_id }: JobView) => createJobs(api.world.table, TABLE, clock).get(as, job_id);

  test('are jobs of what was asked for', async () => {
    await seed(1, [1]);
    await seed(2, [2]);
    const merged = await post('merge', { into: clusterId(1), from: [clusterId(2), clusterId(2)] });
    expect(merged.status).toBe(202);
    expect(await job(merged.json())).toMatchObject({
      type: 'merge',
      request: { space: 'clusters', into: clusterId(1), from: [clusterId(2)] },
    });
    const image_ids = [1, 1, 2].map(imageId);
    const ids = [1, 2].map(imageId);
    for (const [to, stored] of [
      [null, null],
      [clusterId(2), clusterId(2)],
      [{ name: ' My  best ' }, { name: 'My best' }],
    ]) {
      const moved = await post('move', { image_ids, to });
      expect(await job(moved.json())).toMatchObject({ type: 'move', request: { space: 'clusters', ids, to: stored } });
    }
    const sent = (await api.world.drain('jobs')) as { type: string }[];
    expect(sent.map(({ type }) => type)).toEqual(['merge', 'move', 'move', 'move']);
  });

  test('of clusters that are not there, or another’s, is refused', async () => {
    await seed(1, [1]);
    const missing = { into: clusterId(1), from: [clusterId(9)] };
    expect((await post('merge', missing)).status).toBe(404);
    expect((await post('move', { image_ids: [imageId(1)], to: clusterId(9) })).status).toBe(404);
    expect((await post('merge', { into: clusterId(1), from: [clusterId(1)] })).status).toBe(422);
    expect((await post('move', { image_ids: [imageId(1)], to: { name: '\u200B' } })).status).toBe(422);
    as = 'eve';
    expect((await post('merge', missing)).status).toBe(404);
    expect((await post('move', { image_ids: [imageId(1)], to: clusterId(1) })).status).toBe(404);
    expect(await api.world.drain('jobs')).toEqual([]);
  });

  test('can be undone: the last, once, when it has ended, for seven days', async () => {
    const undo = createUndo(api.world.table, TABLE);
    const jobs = createJobs(api.world.table, TABLE, clock);
    expect((await post('undo')).status).toBe(409);
    const request = { space: 'clusters' as const, into: clusterId(1), from: [clusterId(2)] };
    const { job_id } = await jobs.create(as, { type: 'merge', request }, () => imageId(900));
    const point = { kind: 'merge' as const, job_id, plan_key: 'plan', at: clock().toISOString() };
    await undo.put(as, 'clusters', point);
    expect((await post('undo')).json()).toMatchObject({ status: 409, detail: expect.stringContaining('under way') });
    await jobs.finish(as, job_id, {});
    const answer = await post('undo');
    expect(answer.status).toBe(202);
    expect(await job(answer.json())).toMatchObject({ type: 'undo', request: { space: 'clusters', job_id } });
    await undo.put(as, 'clusters', { ...point, at: new Date(Date.now() - 8 * 86_400_000).toISOString() });
    expect((await post('undo')).status).toBe(409);
    await undo.put(as, 'clusters', point);
    await undo.take(as, 'clusters', job_id, 'another');
    expect((await post('undo')).status).toBe(409);
  });
});
