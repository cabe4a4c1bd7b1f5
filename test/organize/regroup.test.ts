import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { OrganizeDeps } from '../../functions/organize/deps.ts';
import { createOrganize } from '../../functions/organize/organize.ts';
import type { Cluster } from '../../shared/adapters/clusters.ts';
import type { OrganizeEvent } from '../../shared/contract/messages.ts';
import { Killed, mortal } from '../support/mortal.ts';
import { AT, imageId } from '../support/records.ts';
import { startWorld, type World } from '../support/world.ts';
import { createGallery, type Gallery, organizeDeps, vectorOf } from './gallery.ts';
import { createPlanning, type Work } from './planned.ts';

let world: World;
let deps: OrganizeDeps;
let life: ReturnType<typeof mortal>;
let user: string;
let users = 0;
let gallery: Gallery;
let planning: ReturnType<typeof createPlanning>;

beforeAll(async () => {
  world = await startWorld();
  life = mortal([world.table, world.s3, world.sqs, world.vectors]);
  deps = organizeDeps(world, AT);
  planning = createPlanning(world, deps);
});
afterAll(() => world.stop());
const nextUser = () => {
  users += 1;
  user = `Ann${users}`;
  gallery = createGallery(world, deps, user);
};
beforeEach(nextUser);
afterEach(async () => {
  life.arm(null);
  await world.drain('jobs');
});

const organize = (...events: (OrganizeEvent | null)[]) =>
  createOrganize(deps)(
    user,
    events.filter((event) => event !== null),
  );

const planned = (work: Work) => planning(user, work);
async function run(work: Work) {
  const { job_id, events } = await planned(work);
  await organize(...events);
  const job = await deps.jobs.get(user, job_id);
  if (!job) throw new Error('Expected the job to be there');
  return job;
}
const merge = (into: string, ...from: string[]): Work => ({
  type: 'merge',
  request: { space: 'clusters', into, from },
});
const move = (numbers: number[], to: string | null | { name: string }): Work => ({
  type: 'move',
  request: { space: 'clusters', ids: numbers.map(imageId), to },
});
async function undo(): Promise<Work> {
  const point = await deps.undo.get(user, 'clusters');
  if (!point) throw new Error('Expected something to undo');
  return { type: 'undo', request: { space: 'clusters', job_id: point.job_id } };
}

/** Photos `4 × theme` and on of each theme, in a cluster each. */
async function themes(count: number): Promise<Cluster[]> {
  const events: OrganizeEvent[] = [];
  for (let number = 0; number < 4 * count; number += 1)
    events.push(await gallery.described(number, Math.floor(number / 4)));
  await organize(...events);
  await world.drain('jobs');
  const clusters = await deps.clusters.list(user);
  return Array.from({ length: count }, (_, theme) => {
    const cluster = clusters.find(({ newest }) => newest.includes(imageId(4 * theme)));
    if (!cluster) throw new Error(`Expected a cluster of theme ${theme}`);
    return cluster;
  });
}
const name = (cluster: Cluster, words: string) =>
  deps.clusters.edit(user, cluster.cluster_id, { words: { name: words, name_source: 'person' } }, AT.toISOString());
const cover = (cluster: Cluster, number: number) =>
  deps.clusters.edit(user, cluster.cluster_id, { cover: imageId(number) }, AT.toISOString());

/** All that a person sees of clusters, but for times. */
async function seen() {
  const clusters = await deps.clusters.list(user);
  const all = await Promise.all(
    clusters.map(async ({ cluster_id, name, name_source, cover_image_id, created_at, count }) => ({
      ...{ cluster_id, name, name_source, cover_image_id, created_at, count },
      members: await deps.clusters.allMembers(user, cluster_id),
    })),
  );
  return all.sort((a, b) => (a.cluster_id < b.cluster_id ? -1 : 1));
}
const placeOf = async (number: number) => (await gallery.existing(number)).cluster;

describe('a merge', () => {
  test('keeps the id of one cluster and the name a person gave to another, and is undone exactly', async () => {
    const [dogs, cats, birds] = (await themes(3)) as [Cluster, Cluster, Cluster];
    await name(cats, 'My cats');
    await cover(cats, 5);
    const before = await seen();
    const job = await run(merge(dogs.cluster_id, cats.cluster_id, birds.cluster_id));
    expect(job).toMatchObject({ status: 'done', result: { merged: 2, moved: 8 } });
    expect(await seen()).toMatchObject([
      { cluster_id: dogs.cluster_id, name: 'My cats', name_source: 'person', count: 12 },
    ]);
    expect(await placeOf(5)).toMatchObject({ reason: 'merged', similarity: expect.any(Number) });
    expect(await gallery.deviations()).toEqual([]);

    expect(await run(await undo())).toMatchObject({ status: 'done', result: { undone: 'merge', moved: 8 } });
    expect(await seen()).toEqual(before);
    expect(await gallery.deviations()).toEqual([]);
    expect(await deps.undo.get(user, 'clusters')).toBeNull();
  });

  test('of two clusters a person named keeps the name of the one that stays, and undoing keeps later names', async () => {
    const [dogs, cats] = (await themes(2)) as [Cluster, Cluster];
    await name(dogs, 'My dogs');
    await name(cats, 'My cats');
    await run(merge(dogs.cluster_id, cats.cluster_id));
    expect((await seen()).map((cluster) => cluster.name)).toEqual(['My dogs']);
    await name(dogs, 'My animals');
    await run(await undo());
    expect((await seen()).map((cluster) => cluster.name).sort()).toEqual(['My animals', 'My cats']);
  });

  test('takes along what joined meanwhile; undone, the erased stay away and the new stay where they are', async () => {
    const [dogs, cats] = (await themes(2)) as [Cluster, Cluster];
    const merging = await planned(merge(dogs.cluster_id, cats.cluster_id));
    await organize(await gallery.described(20, 1));
    expect((await placeOf(20))?.cluster_id).toBe(cats.cluster_id);
    await organize(...merging.events);
    expect(await seen()).toMatchObject([{ cluster_id: dogs.cluster_id, count: 9 }]);
    await organize(await gallery.described(21, 1), await gallery.removed(6));
    const joined = (await placeOf(21))?.cluster_id ?? null;
    await run(await undo());
    const back = (await seen()).find(({ cluster_id }) => cluster_id === cats.cluster_id);
    expect(back?.members).toEqual([20, 7, 5, 4].map(imageId));
    expect((await placeOf(21))?.cluster_id ?? null).toBe(joined);
    expect(await gallery.deviations()).toEqual([]);
  });

  test('is undone once, and not when something else has been moved since', async () => {
    const [dogs, cats] = (await themes(2)) as [Cluster, Cluster];
    await run(merge(dogs.cluster_id, cats.cluster_id));
    const [first, second] = [await planned(await undo()), await planned(await undo())];
    await organize(...first.events, ...second.events);
    expect(await deps.jobs.get(user, first.job_id)).toMatchObject({ status: 'done' });
    expect(await deps.jobs.get(user, second.job_id)).toMatchObject({ error: { code: 'nothing_to_undo' } });
    await run(merge(dogs.cluster_id, cats.cluster_id));
    const late = await undo();
    await run(move([0], null));
    expect(await run(late)).toMatchObject({ status: 'failed', error: { code: 'nothing_to_undo' } });
    expect((await seen()).map(({ count }) => count)).toEqual([7]);
  });
});

describe('a photo moved by hand', () => {
  test('says why it is where it is, and stays there whatever comes', async () => {
    const [dogs, cats] = (await themes(2)) as [Cluster, Cluster];
    await cover(dogs, 0);
    const before = await seen();
    await run(move([0], cats.cluster_id));
    const place = { cluster_id: cats.cluster_id, reason: 'moved_by_hand' };
    const figures = { similarity: expect.any(Number), threshold: expect.any(Number), margin: expect.any(Number) };
    expect(await placeOf(0)).toMatchObject({ ...place, ...figures, runner_up: { cluster_id: dogs.cluster_id } });
    // The cover has left with it.
    expect((await deps.clusters.get(user, dogs.cluster_id))?.cover_image_id).toBeUndefined();
    await run({ type: 'recluster', request: { k: 'auto', names: false } });
    expect(await placeOf(0)).toMatchObject(place);
    await organize(await gallery.describedAgain(0, {}, vectorOf(0, 70)));
    expect(await placeOf(0)).toMatchObject(place);
    await run(merge(dogs.cluster_id, cats.cluster_id));
    expect(await placeOf(0)).toMatchObject({ cluster_id: dogs.cluster_id, reason: 'moved_by_hand' });
    await run(await undo());
    expect(await placeOf(0)).toMatchObject(place);
    await run(move([0], dogs.cluster_id));
    expect(await gallery.deviations()).toEqual([]);
    expect(await seen()).toEqual(before.map((cluster) => ({ ...cluster, cover_image_id: undefined })));
  });

  test('stays out of every cluster, or in a new one of its own, until that is undone', async () => {
    const [dogs] = (await themes(1)) as [Cluster];
    await cover(dogs, 1);
    const before = await seen();
    await run(move([0, 1], null));
    await organize(await gallery.described(20, 0), await gallery.describedAgain(0, {}, vectorOf(0, 70)));
    for (const number of [0, 1])
      expect(await placeOf(number)).toMatchObject({ cluster_id: null, reason: 'moved_by_hand' });
    await organize(await gallery.removed(20));
    await run(await undo());
    expect(await seen()).toEqual(before);

    const { result } = await run(move([3, 4711], { name: 'My best' }));
    expect(result).toMatchObject({ moved: 1 });
    expect(await placeOf(3)).toMatchObject({ cluster_id: result?.to, reason: 'moved_by_hand' });
    expect((await seen()).find(({ cluster_id }) => cluster_id === result?.to)?.name).toBe('My best');
    await run({ type: 'recluster', request: { k: 1, names: false } });
    expect((await seen()).find(({ cluster_id }) => cluster_id === result?.to)?.members).toEqual([imageId(3)]);
    await run(await undo());
    expect(await seen()).toEqual(before);
    expect(await gallery.deviations()).toEqual([]);
  });
});

describe('clustering anew', () => {
  test('never loses the name of a person, though all photos become one cluster', async () => {
    const all = await themes(3);
    // Of equals the one with the lowest id goes on; the last is emptied by the plan.
    const [cats, birds, dogs] = all.sort((a, b) => (a.cluster_id < b.cluster_id ? -1 : 1)) as [
      Cluster,
      Cluster,
      Cluster,
    ];
    await name(cats, 'My cats');
    await name(birds, 'My birds');
    const { events } = await planned({ type: 'recluster', request: { k: 1, names: false } });
    // Named when the plan had been made.
    await name(dogs, 'My dogs');
    await organize(...events);
    const after = await seen();
    expect(after.map((cluster) => cluster.name).sort()).toEqual(['My birds', 'My cats', 'My dogs']);
    expect(after.map(({ count }) => count)).toEqual([4, 4, 4]);
    expect(await gallery.deviations()).toEqual([]);
  });
});

describe('killed before any request and delivered again', () => {
  test.each<[string, () => Promise<Work>, number]>([
    ['a merge', mergeOfNamed, 9],
    ['a move to a new cluster', moveOfCover, 8],
    ['a move out of any', moveOut, 6],
    ['undoing a merge', () => undoing(mergeOfNamed), 11],
    ['undoing a move', () => undoing(moveOfCover), 10],
  ])('%s', async (_, prepare, stride) => {
    let kills = 0;
    await run(await prepare());
    const expected = await seenByNumber();
    for (let request = 0; ; request += stride) {
      nextUser();
      const { events } = await planned(await prepare());
      life.arm(request);
      const outcome = await organize(...events).catch((error: unknown) => error);
      life.arm(null);
      if (outcome !== undefined) {
        expect(outcome).toBeInstanceOf(Killed);
        kills += 1;
        const removed = kills % 3 === 0 ? await gallery.removed(0) : null;
        await organize(...events, removed);
        await organize(...events);
      }
      expect(await gallery.deviations(), `killed before request ${request}`).toEqual([]);
      if (outcome === undefined || kills % 3 !== 0) expect(await seenByNumber()).toEqual(expected);
      if (outcome === undefined) break;
    }
    expect(kills).toBeGreaterThan(3);
  });

  test.each([
    ['to a new cluster', [0], { name: 'Mine' }],
    ['of a whole cluster out of it', [0, 1, 2, 3], null],
  ])('a move %s, a photo of which is sent to be read again before it comes back', async (_, photos, to) => {
    for (let request = 7, killed = true; killed; request += 3) {
      nextUser();
      await themes(1);
      const { events } = await planned(move(photos, to));
      life.arm(request);
      killed = (await organize(...events).catch((error: unknown) => error)) instanceof Killed;
      life.arm(null);
      const again = await gallery.describedAgain(0, {}, null);
      await organize(...events, again);
      expect(await gallery.deviations(), `killed before request ${request}`).toEqual([]);
    }
  });

  test('a move of a photo that had no cluster, and is placed again before it comes back', async () => {
    for (let request = 7, killed = true; killed; request += 3) {
      nextUser();
      await organize(await gallery.described(8, 2));
      const { events } = await planned(move([8], { name: 'Mine' }));
      life.arm(request);
      killed = (await organize(...events).catch((error: unknown) => error)) instanceof Killed;
      life.arm(null);
      await organize(await gallery.describedAgain(8, {}, null));
      await organize(...events);
      expect(await gallery.deviations(), `killed before request ${request}`).toEqual([]);
    }
  });

  async function mergeOfNamed(): Promise<Work> {
    const [dogs, cats] = (await themes(2)) as [Cluster, Cluster];
    await name(cats, 'My cats');
    await cover(cats, 5);
    return merge(dogs.cluster_id, cats.cluster_id);
  }
  async function moveOfCover(): Promise<Work> {
    const [dogs] = (await themes(2)) as [Cluster];
    await cover(dogs, 0);
    return move([0, 1, 5], { name: 'Mine' });
  }
  async function moveOut(): Promise<Work> {
    await themes(1);
    return move([0, 1, 2, 3], null);
  }
  async function undoing(prepare: () => Promise<Work>): Promise<Work> {
    await run(await prepare());
    return undo();
  }
  /** What is seen, without ids that differ from gallery to gallery. */
  async function seenByNumber() {
    const all = await seen();
    return all.map(({ cluster_id, ...rest }) => rest).sort((a, b) => (`${a.members}` < `${b.members}` ? -1 : 1));
  }
});

test('a plan whose job has been given up moves nothing any more', async () => {
  const [dogs, cats] = await themes(2);
  if (!dogs || !cats) throw new Error('Expected two clusters');
  const { job_id, events } = await planned(merge(dogs.cluster_id, cats.cluster_id));
  await deps.jobs.fail(user, job_id, { code: 'timed_out', message: 'It took too long.' });
  await organize(...events);
  expect(await deps.clusters.list(user)).toHaveLength(2);
  expect(await gallery.deviations()).toEqual([]);
});
