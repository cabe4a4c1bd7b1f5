import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRecluster } from '../../functions/jobs/recluster.ts';
import { createRegroup, type RegroupDeps } from '../../functions/jobs/regroup.ts';
import { createClusters } from '../../shared/adapters/clusters.ts';
import { createEmbeddings } from '../../shared/adapters/embeddings.ts';
import { createJobs } from '../../shared/adapters/jobs.ts';
import { createObjects } from '../../shared/adapters/objects.ts';
import { createQueues } from '../../shared/adapters/queues.ts';
import type { OrganizeEvent } from '../../shared/contract/messages.ts';
import { normalise } from '../../shared/domain/clustering/vectors.ts';
import { parsePlan } from '../../shared/domain/regroup-plan.ts';
import { AT, imageId } from '../support/records.ts';
import { BUCKET, startWorld, TABLE, type World } from '../support/world.ts';

const USER = 'Ann';
let world: World;
let deps: Parameters<typeof createRecluster>[0] & Omit<RegroupDeps, 'planners'>;

beforeAll(async () => {
  world = await startWorld();
  deps = {
    jobs: createJobs(world.table, TABLE, () => AT),
    embeddings: createEmbeddings(world.table, TABLE),
    clusters: createClusters(world.table, TABLE),
    objects: createObjects(world.s3, BUCKET),
    queues: createQueues(world.sqs, world.urls),
    background: { mean: 0.15, deviation: 0.08 },
  };
});
afterAll(() => world.stop());

test('plans once, keeps the cluster that persists, and sends the same parts however often it is asked', async () => {
  for (let number = 0; number < 240; number += 1) {
    const values = new Float32Array(512);
    values[number % 4] = 1;
    values[100 + (number % 400)] = 0.4;
    await deps.embeddings.put(USER, imageId(number), normalise(values));
  }
  // One cluster is there already and right; the other 180 images have none.
  const kept = imageId(9000);
  const members = Array.from({ length: 60 }, (_, index) => imageId(index * 4));
  for (const member of members) await deps.clusters.addMember(USER, kept, member);
  await deps.clusters.create(USER, {
    cluster_id: kept,
    name: 'Mine',
    name_source: 'person',
    name_asked_at: 0,
    count: 60,
    newest: [],
    created_at: AT.toISOString(),
    updated_at: AT.toISOString(),
  });

  const job = await deps.jobs.create(USER, { type: 'recluster', request: { k: 'auto', names: true } }, () =>
    imageId(9001),
  );
  const never = () => Promise.reject(new Error('Expected nothing else to be planned'));
  const planners = { recluster: createRecluster(deps), merge: never, move: never, undo: never, group_people: never };
  const run = createRegroup({ ...deps, planners });
  await run(USER, job.job_id);
  const events = (await world.drain('organize')) as Extract<OrganizeEvent, { type: 'regrouped' }>[];
  expect(events).toHaveLength(2);
  const plan = parsePlan((await deps.objects.read(events[0]?.plan_key ?? '')) ?? new Uint8Array());
  expect(plan.result).toEqual({ images: 240, clusters: 4, unassigned: 0, moved: 180 });
  expect(plan.parts.map((part) => part.length)).toEqual([100, 80]);
  const moved = plan.parts.flat();
  expect(moved.filter(({ id }) => members.includes(id))).toEqual([]);
  expect(plan.exact[kept]?.count).toBe(60);

  // More photos have come; the message comes again.
  await deps.embeddings.put(USER, imageId(5000), normalise(new Float32Array(512).fill(1)));
  await run(USER, job.job_id);
  expect(parsePlan((await deps.objects.read(events[0]?.plan_key ?? '')) ?? new Uint8Array())).toEqual(plan);
  await deps.jobs.finish(USER, job.job_id, {});
  await world.drain('organize');
  await run(USER, job.job_id);
  expect(await world.drain('organize')).toEqual([]);
});
