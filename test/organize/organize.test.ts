import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { OrganizeDeps } from '../../functions/organize/deps.ts';
import { createOrganize } from '../../functions/organize/organize.ts';
import { changeItem } from '../../shared/adapters/table.ts';
import type { OrganizeEvent } from '../../shared/contract/messages.ts';
import { statsOf } from '../../shared/domain/clustering/stats.ts';
import { encodeVector, normalise } from '../../shared/domain/clustering/vectors.ts';
import { freshStages, type ImageRecord } from '../../shared/domain/image.ts';
import { storePlan } from '../../shared/domain/regroup-plan.ts';
import { Killed, mortal } from '../support/mortal.ts';
import { startWorld, TABLE, type World } from '../support/world.ts';
import { organizeDeps, vectorOf } from './gallery.ts';

const USER = 'Ann';
const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));

/** An id as the API gives it: sorts by number. */
const id = (number: number) => `018d0000-0000-7000-8000-${String(number).padStart(12, '0')}`;

type Organize = ReturnType<typeof createOrganize>;

describe('organize', () => {
  let world: World;
  let user: string;
  let users = 0;
  let deps: OrganizeDeps;
  let life: ReturnType<typeof mortal>;

  beforeAll(async () => {
    world = await startWorld();
    life = mortal([world.table, world.s3, world.sqs, world.vectors]);
    deps = organizeDeps(world, at(30));
  });
  afterAll(() => world.stop());
  beforeEach(() => {
    users += 1;
    user = `${USER}${users}`;
  });
  afterEach(async () => {
    life.arm(null);
    await world.drain('jobs');
  });

  /** A photo as `describe` leaves it. */
  async function described(number: number, theme: number): Promise<OrganizeEvent> {
    const image_id = id(number);
    const ended = { state: 'done', attempts: 1 } as const;
    const record: ImageRecord = {
      user_id: user,
      image_id,
      status: 'processing',
      generation: 0,
      stages: { ...freshStages(), ingest: ended, describe: ended, faces: ended },
      filename: 'a.jpg',
      display_name: 'a.jpg',
      description: `A picture of theme ${theme}.`,
      tags: [`theme${theme}`],
      expected: { content_type: 'image/jpeg', bytes: 1 },
      upload_expires_at: at(60).toISOString(),
      sha256: String(number).padStart(64, '0'),
      created_at: at(0).toISOString(),
      updated_at: at(0).toISOString(),
    };
    await deps.images.create(record);
    await deps.embeddings.put(user, image_id, vectorOf(theme, number));
    await deps.checksums.claim(user, record.sha256 as string, image_id);
    await deps.objects.write(`originals/${user}/${image_id}`, new Uint8Array([1]), 'image/jpeg');
    return { type: 'described', event_id: `described:${image_id}:0`, user_id: user, image_id };
  }

  const removed = (number: number): OrganizeEvent => ({
    type: 'removed',
    event_id: `removed:${id(number)}`,
    user_id: user,
    image_id: id(number),
  });

  /** Counts everything anew, from nothing but records and embeddings, and compares it with what organize derived. */
  async function expectConsistent(): Promise<{ clusters: Map<string, string[]>; unassigned: string[] }> {
    const items = await world.itemsOf(user);
    const of = (prefix: string) => items.filter(({ sk }) => String(sk).startsWith(prefix));
    const records = of('IMAGE#') as unknown as ImageRecord[];
    const clusters = new Map<string, string[]>();
    const unassigned: string[] = [];
    for (const { image_id, cluster, status, stages } of records) {
      expect(status).toBe('done');
      expect(stages.organize.state).toBe('done');
      if (cluster?.cluster_id)
        clusters.set(cluster.cluster_id, [...(clusters.get(cluster.cluster_id) ?? []), image_id]);
      else unassigned.push(image_id);
    }
    const ids = records.map(({ image_id }) => image_id).sort();
    expect(await world.vectorIds(user)).toEqual(ids);
    expect(of('VECTOR#').map(({ image_id }) => image_id)).toEqual(ids);
    expect(of('CHECKSUM#')).toHaveLength(ids.length);
    expect(await world.keys(`originals/${user}/`)).toEqual(ids.map((i) => `originals/${user}/${i}`));
    expect(
      of('IN#')
        .map(({ sk }) => sk)
        .sort(),
    ).toEqual([...clusters].flatMap(([cluster, members]) => members.map((member) => `IN#${cluster}#${member}`)).sort());
    expect(
      of('CLUSTER#')
        .map(({ cluster_id }) => cluster_id)
        .sort(),
    ).toEqual([...clusters.keys()].sort());
    expect(
      of('CENTROID#')
        .map(({ cluster_id }) => cluster_id)
        .sort(),
    ).toEqual([...clusters.keys()].sort());
    const centroids = await deps.clustering.centroids(user);
    for (const cluster of await deps.clusters.list(user)) {
      const members = clusters.get(cluster.cluster_id) ?? [];
      expect(cluster.count).toBe(members.length);
      expect(cluster.newest).toEqual(members.toSorted().reverse().slice(0, 12));
      const centroid = centroids.get(cluster.cluster_id);
      expect(centroid?.stats.count).toBe(members.length);
      const vectors = await deps.embeddings.getMany(user, members);
      const sum = new Float32Array(512);
      for (const vector of vectors.values()) for (const [i, value] of vector.entries()) sum[i] = (sum[i] ?? 0) + value;
      expect(Math.max(...sum.map((value, i) => Math.abs(value - (centroid?.stats.sum[i] ?? Number.NaN))))).toBeLessThan(
        1e-4,
      );
    }
    const waiting = (await deps.clustering.memory(user))?.waiting ?? [];
    expect(waiting.filter((imageId) => ids.includes(imageId)).sort()).toEqual(unassigned.sort());
    return { clusters, unassigned };
  }

  /** Two themes, interleaved: enough of each to found a cluster and to join one. */
  const gallery = async () => {
    const events: OrganizeEvent[] = [];
    for (let number = 0; number < 12; number += 1) events.push(await described(number, number % 2));
    return events;
  };

  test('photos of a kind come together, and each is done', async () => {
    await createOrganize(deps)(user, await gallery());
    const { clusters } = await expectConsistent();
    expect([...clusters.values()].map((members) => members.map((i) => Number(i.slice(-12)) % 2))).toEqual([
      [0, 0, 0, 0, 0, 0],
      [1, 1, 1, 1, 1, 1],
    ]);
  });

  test('a cluster is first named after what its photos show, and the model is asked once it is large enough', async () => {
    await createOrganize(deps)(user, await gallery());
    const clusters = await deps.clusters.list(user);
    expect(clusters.map(({ name, name_source }) => ({ name, name_source }))).toEqual(
      expect.arrayContaining([
        { name: 'Theme0', name_source: 'tags' },
        { name: 'Theme1', name_source: 'tags' },
      ]),
    );
    const asked = await world.drain('jobs');
    expect(asked).toHaveLength(2);
    const cluster_id = clusters[0]?.cluster_id ?? '';
    const named = { user_id: user, cluster_id, model: 'm', prompt_version: 'p' };
    await createOrganize(deps)(user, [{ type: 'named', event_id: 'n1', name: 'Beach days', ...named }]);
    expect(await deps.clusters.get(user, cluster_id)).toMatchObject({ name: 'Beach days', name_source: 'model' });
    const words = { name: 'Mine', name_source: 'person' } as const;
    const before = { name: 'Beach days', name_source: 'model' } as const;
    await deps.clusters.rename(user, cluster_id, before, words, at(31).toISOString());
    await createOrganize(deps)(user, [{ type: 'named', event_id: 'n2', name: 'Other', ...named }]);
    expect(await deps.clusters.get(user, cluster_id)).toMatchObject({ name: 'Mine', name_source: 'person' });
  });

  test('a batch delivered again, whole or event by event, changes nothing', async () => {
    const events = await gallery();
    const organize = createOrganize(deps);
    await organize(user, events);
    const first = await expectConsistent();
    await organize(user, events);
    for (const event of events.toReversed()) await organize(user, [event]);
    expect(await expectConsistent()).toEqual(first);
  });

  test('a photo without an embedding is done, unassigned', async () => {
    const event = await described(0, 0);
    await deps.embeddings.remove(user, id(0));
    await createOrganize(deps)(user, [event]);
    const record = await deps.images.get({ userId: user, imageId: id(0) });
    expect(record).toMatchObject({ status: 'done', cluster: { cluster_id: null, reason: 'no_embedding' } });
  });

  test('erasing leaves nothing of a photo, and empty clusters disappear', async () => {
    const organize = createOrganize(deps);
    await organize(user, await gallery());
    await deps.images.markDeleted({ userId: user, imageId: id(0) });
    await organize(user, [removed(0), removed(0)]);
    const { clusters } = await expectConsistent();
    expect([...clusters.values()].flat()).toHaveLength(11);
    for (let number = 1; number < 12; number += 1) await organize(user, [removed(number)]);
    const left = (await world.itemsOf(user)).map(({ sk }) => sk);
    expect(left).toEqual(['CLUSTERING', 'SUMMARY']);
    expect(await world.vectorIds(user)).toEqual([]);
  });

  test('a photo deleted before it was placed is never placed', async () => {
    const events = [await described(0, 0)];
    await deps.images.markDeleted({ userId: user, imageId: id(0) });
    await createOrganize(deps)(user, [...events, removed(0)]);
    expect((await world.itemsOf(user)).filter(({ sk }) => sk !== 'CLUSTERING' && sk !== 'SUMMARY')).toEqual([]);
  });

  test('a plan moves photos between clusters, part by part, and ends its job', async () => {
    const organize = createOrganize(deps);
    await organize(user, await gallery());
    const job = await deps.jobs.create(user, { type: 'recluster', request: { k: 2, names: false } }, () => id(900));
    const target = id(500);
    const before = await expectConsistent();
    const clusterOf = (number: number) =>
      [...before.clusters].find(([, members]) => members.includes(id(number)))?.[0] ?? null;
    const parts = [
      [0, 1, 2].map((number) => ({ id: id(number), from: clusterOf(number), to: target })),
      [
        { id: id(3), from: clusterOf(3), to: null },
        { id: id(777), from: null, to: target },
      ],
    ];
    const result = { images: 12, clusters: 3, unassigned: 1, moved: 5 };
    const plan_key = `jobs/${user}/plan.json`;
    await deps.objects.write(
      plan_key,
      storePlan({ kind: 'recluster', space: 'clusters', names: false, parts, groups: {}, exact: {}, result }),
      'application/json',
    );
    const part = (number: number): OrganizeEvent => ({
      type: 'regrouped',
      event_id: `r${number}`,
      user_id: user,
      job_id: job.job_id,
      plan_key,
      part: number,
      parts: 2,
    });
    await organize(user, [part(0), part(0), part(1)]);
    await organize(user, [part(1)]);
    await deps.objects.remove([plan_key]);
    const { clusters, unassigned } = await expectConsistent();
    expect(clusters.get(target)).toEqual([id(0), id(1), id(2)]);
    expect(unassigned).toEqual([id(3)]);
    expect(await deps.jobs.get(user, job.job_id)).toMatchObject({ status: 'done', progress: 1, result });
  });

  test('a cluster that turns out to hold two kinds is divided, once, however often it is asked', async () => {
    const organize = createOrganize(deps);
    // Two themes that share half of what they show; at first too few to tell them apart.
    const events: OrganizeEvent[] = [];
    for (let number = 0; number < 12; number += 1) events.push(await described(number, 2));
    await organize(user, events);
    const [cluster] = await deps.clusters.list(user);
    for (let number = 0; number < 12; number += 2) {
      const values = vectorOf(3, number);
      const mixed = normalise(vectorOf(2, number).map((value, i) => 0.6 * value + (values[i] ?? 0)));
      const key = { user_id: user, sk: `VECTOR#${id(number)}` };
      // Not as describe puts them: a new embedding of a photo that has a place is placed again.
      await changeItem(world.table, TABLE, key, { set: { vector: encodeVector(mixed) } });
    }
    // The centroid is recounted from the embeddings as they are now, as doctor would.
    const centroid = (await deps.clustering.centroids(user)).get(cluster?.cluster_id ?? '');
    const members = await deps.embeddings.getMany(
      user,
      events.map((_, number) => id(number)),
    );
    if (!cluster || !centroid) throw new Error('Expected one cluster');
    await deps.clustering.putCentroid(user, { ...centroid, stats: statsOf(cluster.cluster_id, [...members.values()]) });

    const review = { type: 'review', user_id: user, cluster_id: cluster.cluster_id } as const;
    for (const event_id of ['review:1', 'review:1', 'review:2']) await organize(user, [{ ...review, event_id }]);
    await deps.objects.remove(await world.keys(`jobs/${user}/`));
    const { clusters } = await expectConsistent();
    expect([...clusters.values()].map((ids) => ids.length)).toEqual([6, 6]);
  });

  test('killed before any request and delivered again, whole or in pieces: everything is there exactly once', async () => {
    const organize = createOrganize(deps);
    let kills = 0;
    // Each round is a gallery of its own, killed one request later than the one before, until one survives.
    for (let request = 0; ; request += 23) {
      users += 1;
      user = `${USER}${users}`;
      const events = await gallery();
      await deps.images.markDeleted({ userId: user, imageId: id(4) });
      const batch = [...events.slice(0, 9), removed(4), ...events.slice(9)];
      life.arm(request);
      const outcome = await organize(user, batch).then(
        () => 'survived',
        (error: unknown) => error,
      );
      life.arm(null);
      if (outcome !== 'survived') {
        expect(outcome).toBeInstanceOf(Killed);
        kills += 1;
        const size = 1 + (request % batch.length);
        for (let start = 0; start < batch.length; start += size) await organize(user, batch.slice(start, start + size));
      }
      const { clusters } = await expectConsistent();
      expect([...clusters.values()].flat().length).toBeGreaterThanOrEqual(8);
      if (outcome === 'survived') break;
    }
    expect(kills).toBeGreaterThan(4);
  }, 120_000);

  /** What may happen between a run's death and the end. */
  const AFTERWARDS: Record<string, (organize: Organize, events: OrganizeEvent[]) => Promise<void>> = {
    'delivered again': (organize, events) => organize(user, events),
    'delivered again one by one': async (organize, events) => {
      for (const event of events) await organize(user, [event]);
    },
    'sent again under other ids': async (organize, events) => {
      await organize(
        user,
        events.map((event) => ({ ...event, event_id: `${event.event_id}:again` })),
      );
    },
    'a photo deleted, then delivered again': async (organize, events) => {
      await deps.images.markDeleted({ userId: user, imageId: id(2) });
      await organize(user, events);
      await organize(user, [removed(2)]);
    },
    'the first deleted, then delivered again one by one': async (organize, events) => {
      await deps.images.markDeleted({ userId: user, imageId: id(0) });
      for (const event of events) await organize(user, [event]);
      await organize(user, [removed(0)]);
    },
  };

  test.each(Object.entries(AFTERWARDS).map(([what, afterwards], index) => [what, afterwards, index] as const))(
    'killed while founding a cluster; %s',
    { timeout: 120_000 },
    async (_, afterwards, index) => {
      const organize = createOrganize(deps);
      // Every fifth request: the five of them meet every one.
      for (let request = index; ; request += 5) {
        users += 1;
        user = `${USER}${users}`;
        const events = [await described(0, 0), await described(1, 0), await described(2, 0)];
        life.arm(request);
        const survived = await organize(user, events).then(
          () => true,
          () => false,
        );
        life.arm(null);
        await afterwards(organize, events);
        await expectConsistent();
        if (survived) break;
      }
    },
  );

  test('killed at every other request while erasing, and the removal sent again under another id', async () => {
    const organize = createOrganize(deps);
    for (let request = 0; ; request += 2) {
      users += 1;
      user = `${USER}${users}`;
      await organize(user, [
        await described(0, 0),
        await described(1, 0),
        await described(2, 0),
        await described(3, 0),
      ]);
      await deps.images.markDeleted({ userId: user, imageId: id(1) });
      life.arm(request);
      const survived = await organize(user, [removed(1)]).then(
        () => true,
        () => false,
      );
      life.arm(null);
      await organize(user, [{ ...removed(1), event_id: 'removed:later' }]);
      const { clusters } = await expectConsistent();
      expect([...clusters.values()].map((ids) => ids.length)).toEqual([3]);
      if (survived) break;
    }
  });
});
