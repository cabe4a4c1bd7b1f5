import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { OrganizeDeps } from '../../functions/organize/deps.ts';
import { createOrganize } from '../../functions/organize/organize.ts';
import { changeItem } from '../../shared/adapters/table.ts';
import type { OrganizeEvent } from '../../shared/contract/messages.ts';
import { storePlan } from '../../shared/domain/regroup-plan.ts';
import { mortal } from '../support/mortal.ts';
import { AT, imageId } from '../support/records.ts';
import { startWorld, TABLE, type World } from '../support/world.ts';
import { createGallery, type Gallery, hashOf, organizeDeps } from './gallery.ts';

let world: World;
let deps: OrganizeDeps;
let life: ReturnType<typeof mortal>;
let organize: ReturnType<typeof createOrganize>;
let user: string;
let gallery: Gallery;
let users = 0;

beforeAll(async () => {
  world = await startWorld();
  life = mortal([world.table, world.s3, world.sqs, world.vectors]);
  deps = organizeDeps(world, AT);
  organize = createOrganize(deps);
});
afterAll(() => world.stop());
const open = () => {
  users += 1;
  user = `Ann${users}`;
  gallery = createGallery(world, deps, user);
};
beforeEach(open);

const apply = (...events: (OrganizeEvent | null)[]) =>
  organize(
    user,
    events.filter((event) => event !== null),
  );
/** Three of a kind, two of which look the same, and one that waits. */
async function four(): Promise<string> {
  await apply(
    await gallery.described(1, 1, { phash: hashOf(1, 1), taken_at: '2025-05-01T10:00:00' }),
    await gallery.described(2, 1, { phash: hashOf(1, 2) }),
    await gallery.described(3, 1, { edits: { title: AT.toISOString() } }),
    await gallery.described(4, 2),
  );
  const cluster = (await gallery.existing(1)).cluster?.cluster_id;
  if (!cluster) throw new Error('expected the first three to found a cluster');
  return cluster;
}
const takenKey = (number: number) => `2025-05-01T10:00:00#${imageId(number)}`;
const count = async (cluster: string) => (await deps.clusters.get(user, cluster))?.count ?? 0;
const summary = async () => (await deps.index.summary(user)) ?? {};

describe('a photo in the trash', () => {
  test('is out of its cluster, of what looks the same, of searching and of counters; restored, it is back in all', async () => {
    const cluster = await four();
    const before = await world.itemsOf(user);
    await apply(await gallery.trashed(1));
    expect(await gallery.deviations()).toEqual([]);
    expect(await gallery.existing(1)).toMatchObject({
      cluster: { cluster_id: null, reason: 'trashed', left: { cluster_id: cluster } },
      since: '2026-01-31T12:00:00.000Z',
    });
    expect(await count(cluster)).toBe(2);
    expect(await gallery.below('NEAR#')).toEqual([]);
    expect(await gallery.below('TRASH#')).toEqual([`${AT.toISOString()}#${imageId(1)}`]);
    expect(await summary()).toMatchObject({ images: 3, trash: { images: 1, bytes: 1001 } });
    // Re-clustering and its vectors know nothing of it.
    expect((await Array.fromAsync(deps.embeddings.all(user))).map(({ image_id }) => image_id)).not.toContain(
      imageId(1),
    );

    await apply(await gallery.restored(1));
    expect(await gallery.deviations()).toEqual([]);
    const { cluster: again, taken_key } = await gallery.existing(1);
    expect(taken_key).toBe(takenKey(1));
    expect(again).toEqual(before.find(({ sk }) => sk === `IMAGE#${imageId(1)}`)?.cluster);
    expect(await summary()).toMatchObject({ images: 4, trash: { images: 0, bytes: 0 } });
    // All but the feed, which tells of both.
    const keys = (items: { sk?: unknown }[]) =>
      items
        .map(({ sk }) => String(sk))
        .filter((sk) => !sk.startsWith('ACTIVITY#'))
        .sort();
    expect(keys(await world.itemsOf(user))).toEqual(keys(before));
  });

  test('finds another place where its cluster is gone meanwhile', async () => {
    const cluster = await four();
    await apply(await gallery.trashed(1), await gallery.trashed(2), await gallery.trashed(3));
    expect(await gallery.below('CLUSTER#')).toEqual([]);
    expect(await gallery.deviations()).toEqual([]);
    await apply(await gallery.restored(3), await gallery.restored(2), await gallery.restored(1));
    expect(await gallery.deviations()).toEqual([]);
    const [founded, ...others] = await gallery.below('CLUSTER#');
    expect(founded).not.toBe(cluster);
    expect(others).toEqual([]);
    expect(await count(founded ?? '')).toBe(3);
    expect((await gallery.existing(3)).edits).toEqual({ title: AT.toISOString() });
  });

  test('brings back what a person called its cluster, where all of that had gone into the trash', async () => {
    const cluster = await four();
    const name = 'Summer at the lake';
    await deps.clusters.edit(user, cluster, { words: { name, name_source: 'person' } }, AT.toISOString());
    await apply(await gallery.trashed(1), await gallery.trashed(2), await gallery.trashed(3));
    expect(await gallery.below('CLUSTER#')).toEqual([]);
    await apply(await gallery.restored(2));
    await apply(await gallery.restored(3), await gallery.restored(1));
    expect(await gallery.deviations()).toEqual([]);
    expect(await deps.clusters.list(user)).toMatchObject([{ name, name_source: 'person', count: 3 }]);

    // And once more: it is as any other.
    await apply(await gallery.trashed(1), await gallery.trashed(2), await gallery.trashed(3));
    await apply(await gallery.restored(1));
    expect(await deps.clusters.list(user)).toMatchObject([{ name, name_source: 'person', count: 1 }]);
    expect(await gallery.deviations()).toEqual([]);
  });

  test('no longer waits for a cluster, and waits again when it is back', async () => {
    await four();
    const waiting = async () => (await deps.clustering.memory(user))?.waiting;
    expect(await waiting()).toEqual([imageId(4)]);
    await apply(await gallery.trashed(4));
    expect(await waiting()).toEqual([]);
    await apply(await gallery.restored(4));
    expect(await waiting()).toEqual([imageId(4)]);
    expect(await gallery.deviations()).toEqual([]);
  });

  test('does not move when a re-clustering planned before means it', async () => {
    const cluster = await four();
    await apply(await gallery.trashed(1));
    const plan_key = `jobs/${user}/plan`;
    const plan = { kind: 'recluster', space: 'clusters', names: false, groups: {}, exact: {}, result: {} } as const;
    const parts = [[{ id: imageId(1), from: null, to: cluster }]];
    await deps.objects.write(plan_key, storePlan({ ...plan, parts }), 'application/json');
    await apply({ type: 'regrouped', event_id: 'r', user_id: user, job_id: 'j', plan_key, part: 0, parts: 1 });
    expect(await count(cluster)).toBe(2);
    expect(await gallery.deviations()).toEqual([]);
  });

  test('may have got there while it was described: it is done, and not shown', async () => {
    const event = await gallery.described(1, 1);
    expect(await gallery.trashed(1)).toBeNull();
    await apply(event);
    expect(await gallery.existing(1)).toMatchObject({ status: 'done', cluster: { reason: 'trashed' } });
    expect(await gallery.deviations()).toEqual([]);
    await apply(await gallery.restored(1), event);
    expect(await gallery.deviations()).toEqual([]);
  });

  test('trashed, restored and trashed: the last counts, whenever the events come, and however often', async () => {
    const cluster = await four();
    const events = [await gallery.trashed(1), await gallery.restored(1), await gallery.trashed(1)];
    await apply(events[0] ?? null);
    await apply(...events);
    await apply(events[1] ?? null, events[0] ?? null);
    expect(await gallery.deviations()).toEqual([]);
    expect(await count(cluster)).toBe(2);
    expect(await summary()).toMatchObject({ images: 3, trash: { images: 1 } });
  });
});

/** Lets centroids remember nothing of how they came about, as after a longer life. */
async function forgetThePast(): Promise<void> {
  for (const { user_id, sk } of await world.itemsOf(user)) {
    const key = { user_id: String(user_id), sk: String(sk) };
    if (key.sk.startsWith('CENTROID#')) await changeItem(world.table, TABLE, key, { set: { applied: [] } });
  }
}

/** What its owner may do before the batch that died comes back: one after the other as the requests it died before. */
const MEANWHILE: (() => Promise<OrganizeEvent | null>)[] = [
  async () => null,
  () => gallery.removed(1),
  async () => (await gallery.trashed(1)) ?? gallery.restored(1),
];

describe('killed before any request and delivered again, nothing, an erasure or a change of mind between', () => {
  test.each([
    ['a photo is trashed', 2, () => gallery.trashed(1)],
    [
      'a photo is restored',
      3,
      async () => {
        await apply(await gallery.trashed(1));
        return gallery.restored(1);
      },
    ],
  ] as [string, number, () => Promise<OrganizeEvent | null>][])(
    '%s',
    { timeout: 60_000 },
    async (_, every, happens) => {
      let died = true;
      for (let death = 0; died; death += 1) {
        open();
        await four();
        await forgetThePast();
        const event = await happens();
        life.arm(death * every);
        died = await apply(event).then(
          () => false,
          () => true,
        );
        life.arm(null);
        const later = await MEANWHILE[death % MEANWHILE.length]?.();
        await apply(event);
        await apply(later ?? null);
        expect(await gallery.deviations(), `killed before request ${death * every}`).toEqual([]);
      }
    },
  );
});
