import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createNameCluster } from '../../functions/jobs/name-cluster.ts';
import { type AzureEmulator, startAzure } from '../../local/emulators/azure/server.ts';
import { AzureUnavailable, createAzureOpenAI } from '../../shared/adapters/azure-openai.ts';
import { createClustering } from '../../shared/adapters/clustering.ts';
import { type Cluster, createClusters } from '../../shared/adapters/clusters.ts';
import { createEmbeddings } from '../../shared/adapters/embeddings.ts';
import { newUuid } from '../../shared/adapters/ids.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { createQueues } from '../../shared/adapters/queues.ts';
import { createSpendings } from '../../shared/adapters/spendings.ts';
import { statsOf } from '../../shared/domain/clustering/stats.ts';
import { normalise } from '../../shared/domain/clustering/vectors.ts';
import { AT, imageId, imageRecord } from '../support/records.ts';
import { startWorld, TABLE, type World } from '../support/world.ts';

const KEY = 'right';
let world: World;
let azure: AzureEmulator;
let deps: Parameters<typeof createNameCluster>[0];
let users = 0;
let user: string;
let clusterId: string;

beforeAll(async () => {
  world = await startWorld();
  azure = await startAzure({ apiKey: KEY, deployments: { chat: 'chat', embedding: 'words' } });
  deps = {
    clusters: createClusters(world.table, TABLE),
    clustering: createClustering(world.table, TABLE),
    embeddings: createEmbeddings(world.table, TABLE),
    images: createImages(world.table, TABLE, () => AT),
    queues: createQueues(world.sqs, world.urls),
    spendings: createSpendings(world.table, TABLE, () => AT),
    aiMicroUsd: 1_000,
    newId: newUuid,
    azure: createAzureOpenAI({
      endpoint: azure.endpoint,
      apiKey: async () => KEY,
      apiVersion: '2024-10-21',
      chatDeployment: 'chat',
      embeddingDeployment: 'words',
      timeoutMs: 20_000,
    }),
  };
});
afterAll(async () => {
  await azure.stop();
  await world.stop();
});
beforeEach(async () => {
  users += 1;
  user = `Ann${users}`;
  clusterId = imageId(500 + users);
  azure.setFaults({});
  await world.drain('organize');
});

/** A cluster of three described photos of dogs. */
async function cluster(changes: Partial<Cluster> = {}): Promise<void> {
  const vectors = [0, 1, 2].map((number) => {
    const values = new Float32Array(512).fill(0.01);
    values[number] = 1;
    return normalise(values);
  });
  for (const [number, vector] of vectors.entries()) {
    const description = `Dog. A brown dog lies on a red sofa number ${number}.`;
    await deps.images.create(imageRecord(user, number, { status: 'done', description }));
    await deps.embeddings.put(user, imageId(number), vector);
    await deps.clusters.addMember(user, clusterId, imageId(number));
  }
  await deps.clustering.putCentroid(user, { stats: statsOf(clusterId, vectors), applied: [], version: 0 });
  await deps.clusters.create(user, {
    cluster_id: clusterId,
    name: 'Sofa',
    name_source: 'tags',
    name_asked_at: 3,
    count: 3,
    newest: [],
    created_at: AT.toISOString(),
    updated_at: AT.toISOString(),
    ...changes,
  });
}
const ask = (revision = 3) => createNameCluster(deps)(user, clusterId, revision);

test('the model’s name, for what the photos have in common, goes to organize', async () => {
  await cluster();
  await ask();
  expect(await world.drain('organize')).toMatchObject([
    {
      type: 'named',
      event_id: `named:${clusterId}:3`,
      user_id: user,
      cluster_id: clusterId,
      name: expect.stringMatching(/dog/i),
    },
  ]);
});

test('is paid for from the budget of its owner; without one, nobody is asked', async () => {
  await cluster();
  await ask();
  const paid = await deps.spendings.thisMonth(user);
  expect(paid).toBeGreaterThan(0);
  await world.drain('organize');
  await deps.spendings.count(user, newUuid(), 1_000 - paid);
  await ask();
  expect(await world.drain('organize')).toEqual([]);
  expect(await deps.spendings.thisMonth(user)).toBe(1_000);
});

test.each<[string, Partial<Cluster>]>([
  ['a person has named', { name_source: 'person' }],
  ['was asked about again since', { name_asked_at: 6 }],
])('a cluster that %s is not asked about', async (_, changes) => {
  await cluster(changes);
  azure.setFaults({ throttle: 1 });
  await ask();
  expect(await world.drain('organize')).toEqual([]);
});

test('a cluster that is gone, or one without words, is left as it is', async () => {
  await ask();
  await cluster();
  for (const number of [0, 1, 2]) await deps.images.erase({ userId: user, imageId: imageId(number) });
  await ask();
  expect(await world.drain('organize')).toEqual([]);
});

test('while Azure is away the name is not given up', async () => {
  await cluster();
  azure.setFaults({ throttle: 1, retryAfter: 7 });
  await expect(ask()).rejects.toThrow(AzureUnavailable);
  await ask();
  expect(await world.drain('organize')).toHaveLength(1);
});
