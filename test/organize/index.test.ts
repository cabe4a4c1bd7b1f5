import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { OrganizeDeps } from '../../functions/organize/deps.ts';
import { createOrganize } from '../../functions/organize/organize.ts';
import { writeItems } from '../../shared/adapters/batch-write.ts';
import type { OrganizeEvent } from '../../shared/contract/messages.ts';
import { postingsOf } from '../../shared/domain/search/postings.ts';
import { statsView } from '../../shared/domain/summary.ts';
import { Killed, mortal } from '../support/mortal.ts';
import { AT, donePhoto, imageId } from '../support/records.ts';
import { startWorld, TABLE, type World } from '../support/world.ts';
import { createGallery, type Gallery, hashOf, organizeDeps, vectorOf } from './gallery.ts';

let world: World;
let deps: OrganizeDeps;
let life: ReturnType<typeof mortal>;
let user: string;
let users = 0;
let gallery: Gallery;
let organize: (...events: (OrganizeEvent | null)[]) => Promise<void>;

beforeAll(async () => {
  world = await startWorld();
  life = mortal([world.table, world.s3, world.sqs, world.vectors]);
  deps = organizeDeps(world, new Date(AT.getTime() + 5_000));
});
afterAll(() => world.stop());
const nextUser = () => {
  users += 1;
  user = `Ann${users}`;
  gallery = createGallery(world, deps, user);
};
beforeEach(() => {
  nextUser();
  organize = (...events) =>
    createOrganize(deps)(
      user,
      events.filter((event) => event !== null),
    );
});
afterEach(async () => {
  life.arm(null);
  await world.drain('jobs');
});

const stats = async () => statsView(await deps.index.summary(user));

describe('a photo that is done', () => {
  test('is in every list it belongs to, suggested and counted', async () => {
    await organize(
      await gallery.described(1, 0, { place: { city: 'Lisbon', country: 'Portugal' }, favorite: true, tags: ['dog'] }),
      await gallery.rejected(2),
    );
    expect(await gallery.deviations()).toEqual([]);
    expect(await gallery.below('TAG#dog#')).toEqual([imageId(1)]);
    expect(await gallery.below('PLACE#lisbon#')).toEqual([imageId(1)]);
    expect(await gallery.below('STATUS#')).toEqual([`done#${imageId(1)}`, `rejected#${imageId(2)}`]);
    expect(await gallery.below('SUGGEST#')).toEqual(expect.arrayContaining(['dog#tag', 'lisbon#place']));
    expect(await stats()).toMatchObject({
      images: 2,
      bytes: 1001,
      by_status: { done: 1, rejected: 1 },
      favorites: 1,
      tokens: 10,
      cost_microusd: 3,
      models: [{ model: 'gpt-4o', prompt_version: 'describe-1', images: 1 }],
      stages: { ingest: { count: 1, mean_ms: 40 }, describe: { count: 1, mean_ms: 901 } },
      total: { count: 1, mean_ms: 5_000 },
    });
  });

  test('says so only when it can be found', async () => {
    const event = await gallery.described(1, 0);
    // Killed before each request, until it survives: whenever the record says done, all lists are there.
    for (let request = 0; ; request += 1) {
      life.arm(request);
      const survived = await organize(event).then(
        () => true,
        () => false,
      );
      life.arm(null);
      const { status } = await gallery.existing(1);
      if (status === 'done') {
        expect(await gallery.below('TAG#theme0#')).toEqual([imageId(1)]);
        expect((await stats()).images).toBe(1);
      }
      if (survived) break;
    }
    expect(await gallery.existing(1)).toMatchObject({ status: 'done' });
    expect(await gallery.deviations()).toEqual([]);
  });

  test('that did not change is not written again', async () => {
    const event = await gallery.described(1, 0);
    await organize(event);
    const before = await world.itemsOf(user);
    await organize(event, { type: 'settled', event_id: 's', user_id: user, image_id: imageId(1) });
    expect(await world.itemsOf(user)).toEqual(before);
  });

  test('edited while it is finished is done with the edit, and found by it', async () => {
    const event = await gallery.described(1, 0);
    const finish = deps.images.finish;
    let edit: OrganizeEvent | null = null;
    const images: typeof deps.images = {
      ...deps.images,
      async finish(...args) {
        // Just before the first try.
        edit ??= await gallery.edited(1, { tags: ['mine'] });
        return finish(...args);
      },
    };
    await createOrganize({ ...deps, images })(user, [event]);
    expect(await gallery.existing(1)).toMatchObject({ status: 'done', tags: ['mine'] });
    expect(await gallery.below('TAG#')).toEqual([`mine#${imageId(1)}`]);
    await organize(edit);
    expect(await gallery.deviations()).toEqual([]);
  });

  test('deleted while it is finished leaves nothing behind', async () => {
    const event = await gallery.described(1, 0);
    const finish = deps.images.finish;
    let removal: OrganizeEvent | null = null;
    const images: typeof deps.images = {
      ...deps.images,
      async finish(...args) {
        removal ??= await gallery.removed(1);
        return finish(...args);
      },
    };
    await createOrganize({ ...deps, images })(user, [event]);
    await organize(removal);
    expect(await gallery.deviations()).toEqual([]);
    expect((await gallery.below('')).filter((sk) => !sk.startsWith('ACTIVITY#'))).toEqual(['CLUSTERING', 'SUMMARY']);
    expect(await stats()).toMatchObject({ images: 0, bytes: 0, by_status: {}, models: [], total: { count: 0 } });
  });
});

describe('an edit', () => {
  test('changes the lists it concerns, and settles the photo', async () => {
    await organize(await gallery.described(1, 0, { tags: ['dog', 'beach'] }));
    await organize(await gallery.edited(1, { tags: ['cat', 'beach'], archived: true }));
    expect(await gallery.below('TAG#')).toEqual([`beach#${imageId(1)}`, `cat#${imageId(1)}`]);
    expect(await stats()).toMatchObject({ images: 1, archived: 1 });
    expect(await gallery.deviations()).toEqual([]);
  });

  test('of a photo that is being run again is left to the event that ends the run', async () => {
    await organize(await gallery.described(1, 0, { tags: ['dog'] }));
    const again = await gallery.describedAgain(1, {}, null);
    const edit = await gallery.edited(1, { tags: ['cat'] });
    await organize(edit);
    expect(await gallery.below('TAG#')).toEqual([`dog#${imageId(1)}`]);
    await organize(again);
    expect(await gallery.below('TAG#')).toEqual([`cat#${imageId(1)}`]);
    expect(await gallery.deviations()).toEqual([]);
  });

  test('made between reading a photo and settling it keeps it on the list of what is under way', async () => {
    await organize(await gallery.described(1, 0));
    const first = await gallery.edited(1, { tags: ['one'] });
    const settle = deps.images.settle;
    let second: OrganizeEvent | null = null;
    const images: typeof deps.images = {
      ...deps.images,
      async settle(...args) {
        second ??= await gallery.edited(1, { tags: ['two'] });
        return settle(...args);
      },
    };
    await createOrganize({ ...deps, images })(
      user,
      [first].filter((event) => event !== null),
    );
    expect(await gallery.existing(1)).toHaveProperty('shard');
    await organize(second);
    expect(await gallery.existing(1)).not.toHaveProperty('shard');
    expect(await gallery.deviations()).toEqual([]);
  });
});

describe('near-duplicates', () => {
  const pairs = () => gallery.below('NEAR#');

  test('of one batch and of different ones find each other, and let go when their looks change or they are removed', async () => {
    await organize(
      await gallery.described(1, 0, { phash: hashOf(7, 1) }),
      await gallery.described(2, 0, { phash: hashOf(7, 2) }),
      await gallery.described(3, 0, { phash: hashOf(8, 0) }),
    );
    await organize(await gallery.described(4, 0, { phash: hashOf(7, 4) }));
    const ids = [1, 2, 4].map(imageId);
    expect(await pairs()).toEqual(
      ids.flatMap((one) => ids.filter((other) => other !== one).map((other) => `${one}#${other}`)),
    );
    await organize(await gallery.removed(2));
    expect(await pairs()).toEqual([`${imageId(1)}#${imageId(4)}`, `${imageId(4)}#${imageId(1)}`]);
    await organize(await gallery.describedAgain(4, { phash: hashOf(8, 3) }, null));
    expect(await pairs()).toEqual([`${imageId(3)}#${imageId(4)}`, `${imageId(4)}#${imageId(3)}`]);
    expect(await gallery.deviations()).toEqual([]);
  });

  test('stay pairs in both directions wherever the writing of them was broken off', async () => {
    await organize(await gallery.described(1, 0, { phash: hashOf(7, 1) }));
    const event = await gallery.described(2, 0, { phash: hashOf(7, 2) });
    const broken: typeof deps.near = {
      ...deps.near,
      async change(userId, id, { added }) {
        // Dies behind the first direction.
        const puts = [...added].map(([other, known]) => ({ user_id: userId, sk: `NEAR#${id}#${other}`, ...known }));
        await writeItems(world.table, TABLE, { puts });
        throw new Killed();
      },
    };
    await expect(createOrganize({ ...deps, near: broken })(user, [event])).rejects.toThrow(Killed);
    expect(await pairs()).toHaveLength(1);
    await organize(event);
    expect(await pairs()).toHaveLength(2);
    expect(await gallery.deviations()).toEqual([]);
  });

  test('a photo has fifty at the most, on either side', async () => {
    const same = (number: number) => donePhoto(user, number, { phash: hashOf(7, 1) });
    const others = Array.from({ length: 60 }, (_, index) => same(100 + index));
    await Promise.all(others.map((record) => deps.images.create(record)));
    const listed = others.flatMap((record) =>
      postingsOf(record).map((posting) => ({ ...posting, image_id: record.image_id })),
    );
    await deps.index.writePostings(user, listed, []);
    // The newest of them has as many as there may be.
    const full = new Map(
      Array.from({ length: 50 }, (_, index) => [imageId(1000 + index), { distance: 0, better: false }]),
    );
    await deps.near.change(user, imageId(159), { added: full, removed: [] });
    await organize(await gallery.described(1, 0, { phash: hashOf(7, 1) }));
    const neighbours = await deps.near.neighbours(user, imageId(1));
    expect([...neighbours.keys()]).toEqual(Array.from({ length: 50 }, (_, index) => imageId(109 + index)));
    expect((await deps.near.neighbours(user, imageId(159))).size).toBe(50);
    expect((await deps.near.neighbours(user, imageId(158))).get(imageId(1))).toBe(0);
  });
});

describe('spare photos', () => {
  const spare = async () => {
    const items = await world.itemsOf(user);
    const tally = items.find(({ sk }) => sk === 'TALLY#SPARE')?.sums;
    return [await gallery.below('SPARE#'), tally];
  };
  /** A copy of one picture: more pixels are better. */
  const copy = (number: number, width: number) =>
    gallery.described(number, 0, { phash: hashOf(7, number), width, height: (width * 3) / 4, bytes: 1000 + number });

  test('are all but the best, whichever that is by now', async () => {
    await organize(await copy(1, 400), await copy(2, 800));
    expect(await spare()).toEqual([[imageId(1)], { count: 1, bytes: 1001 }]);
    await organize(await copy(3, 1200));
    expect(await spare()).toEqual([[1, 2].map(imageId), { count: 2, bytes: 2003 }]);
    await organize(await gallery.trashed(3));
    expect(await spare()).toEqual([[imageId(1)], { count: 1, bytes: 1001 }]);
    await organize(await gallery.removed(2));
    expect(await spare()).toEqual([[], undefined]);
    await organize(await gallery.restored(3));
    expect(await spare()).toEqual([[imageId(1)], { count: 1, bytes: 1001 }]);
    await organize(await gallery.describedAgain(1, { width: 2000, height: 1500 }, null));
    expect(await spare()).toEqual([[imageId(3)], { count: 1, bytes: 1003 }]);
    expect(await gallery.deviations()).toEqual([]);
  });
});

test('spare photos are counted once, though the last write was broken off', async () => {
  await organize(await gallery.described(1, 0, { phash: hashOf(7, 1) }));
  const event = await gallery.described(2, 0, { phash: hashOf(7, 2), bytes: 5 });
  const broken: typeof deps.index = {
    ...deps.index,
    async commit(userId, { tallies }) {
      // Dies behind the tallies.
      const puts = tallies.map(({ key, sums }) => ({ user_id: userId, sk: `TALLY#${key}`, sums }));
      await writeItems(world.table, TABLE, { puts });
      throw new Killed();
    },
  };
  await expect(createOrganize({ ...deps, index: broken })(user, [event])).rejects.toThrow(Killed);
  await organize(event);
  expect(await gallery.below('SPARE#')).toEqual([imageId(1)]);
  expect(await gallery.deviations()).toEqual([]);
});

describe('the feed', () => {
  const told = async () => {
    const items = (await world.itemsOf(user)).filter(({ sk }) => String(sk).startsWith('ACTIVITY#'));
    return items.map(({ type, image_id }) => `${type} ${image_id}`).sort();
  };

  test('tells once of what became of a photo, however often it is delivered', async () => {
    const events = [await gallery.described(1, 0), await gallery.rejected(2)];
    await organize(...events);
    await organize(...events);
    for (const _ of [1, 2]) {
      await organize(await gallery.trashed(1));
      await organize(await gallery.restored(1));
    }
    const removal = await gallery.removed(1);
    await organize(removal);
    await organize(removal);
    expect(await told()).toEqual([
      ...['added', 'erased'].map((type) => `${type} ${imageId(1)}`),
      `rejected ${imageId(2)}`,
      ...['restored', 'restored', 'trashed', 'trashed'].map((type) => `${type} ${imageId(1)}`),
    ]);
  });

  test('tells once, wherever the batch was killed', async () => {
    for (let request = 20; ; request += 6) {
      nextUser();
      const event = await gallery.described(1, 0);
      life.arm(request);
      const survived = await organize(event).then(
        () => true,
        () => false,
      );
      life.arm(null);
      await organize(event);
      expect(await told(), `killed before request ${request}`).toEqual([`added ${imageId(1)}`]);
      if (survived) break;
    }
  });
});

describe('killed before any request and delivered again', () => {
  /** Lets a batch die before one request after another, `stride` apart, each time in a new gallery, and delivers it again. */
  async function killEverywhere(
    prepare: () => Promise<(OrganizeEvent | null)[]>,
    stride: number,
    meanwhile?: () => Promise<OrganizeEvent | null>,
  ): Promise<void> {
    let kills = 0;
    for (let request = 0; ; request += stride) {
      nextUser();
      const events = await prepare();
      life.arm(request);
      const outcome = await organize(...events).catch((error: unknown) => error);
      life.arm(null);
      const later = meanwhile ? await meanwhile() : null;
      if (outcome !== undefined) {
        expect(outcome).toBeInstanceOf(Killed);
        kills += 1;
        if (kills % 2) await organize(...events);
        else for (const event of events) await organize(event);
      }
      await organize(later);
      expect(await gallery.deviations(), `killed before request ${request}`).toEqual([]);
      if (outcome === undefined) break;
    }
    expect(kills).toBeGreaterThan(3);
  }

  const copies = async () => {
    await organize(await gallery.described(1, 0, { phash: hashOf(7, 1), tags: ['dog'] }), await gallery.rejected(3));
    const edit = await gallery.edited(1, { favorite: true, tags: ['dog', 'cat'] });
    return [await gallery.described(2, 0, { phash: hashOf(7, 2), tags: ['cat'] }), edit, await gallery.removed(3)];
  };

  test('photos are finished, edited and removed in one batch', () => killEverywhere(copies, 5));

  test('the best of some copies is trashed, another looks otherwise', () =>
    killEverywhere(async () => {
      const looks = (number: number) => ({ phash: hashOf(7, number), bytes: 1000 * number });
      await organize(...(await Promise.all([1, 2, 3].map((number) => gallery.described(number, 0, looks(number))))));
      const trashed = await gallery.trashed(3);
      return [trashed, await gallery.describedAgain(2, { phash: hashOf(8, 2) }, null)];
    }, 9));

  test('and one of them is deleted before the batch comes back', () =>
    killEverywhere(copies, 9, () => gallery.removed(2)));

  test('and one of them is edited before the batch comes back', () =>
    killEverywhere(copies, 9, () => gallery.edited(2, { title: 'Mine', tags: ['mine'] })));

  /** Three photos of one theme and three of another; one of the first was described anew and now shows the second. */
  const reembedded = (vector: Float32Array) => async () => {
    const events: OrganizeEvent[] = [];
    for (const number of [0, 1, 2, 3, 4, 5]) events.push(await gallery.described(number, number < 3 ? 0 : 1));
    await organize(...events);
    expect((await deps.clusters.list(user)).map(({ count }) => count)).toEqual([3, 3]);
    return [await gallery.describedAgain(0, { tags: ['theme1'] }, vector)];
  };

  test('a photo moves to another cluster with its new embedding', async () => {
    await killEverywhere(reembedded(vectorOf(1, 0)), 5);
    expect((await deps.clusters.list(user)).map(({ count }) => count).sort()).toEqual([2, 4]);
  });

  test('a photo stays in its cluster with a slightly different embedding', async () => {
    await killEverywhere(reembedded(vectorOf(0, 50)), 7);
    expect((await deps.clusters.list(user)).map(({ count }) => count)).toEqual([3, 3]);
  });

  test('a photo founds a cluster with others by its new embedding, and the others come back first', async () => {
    await killEverywhere(async () => {
      const events: OrganizeEvent[] = [];
      for (const number of [0, 1, 2, 3]) events.push(await gallery.described(number, number === 0 ? 0 : 1));
      await organize(...events);
      return [await gallery.described(4, 0), await gallery.describedAgain(1, {}, vectorOf(0, 51))];
    }, 5);
    expect((await deps.clusters.list(user)).map(({ count }) => count).sort()).toEqual([2, 3]);
  });

  test('a photo leaves its cluster for none, and is deleted meanwhile', () =>
    killEverywhere(reembedded(vectorOf(9, 0)), 6, () => gallery.removed(0)));
});

describe('a photo that was run again', () => {
  test('keeps its cluster and the name a person gave, with the same embedding', async () => {
    const events: OrganizeEvent[] = [];
    for (const number of [0, 1, 2, 3]) events.push(await gallery.described(number, 0));
    await organize(...events);
    const [cluster] = await deps.clusters.list(user);
    if (!cluster) throw new Error('Expected a cluster');
    await deps.clusters.rename(
      user,
      cluster.cluster_id,
      cluster,
      { name: 'Mine', name_source: 'person' },
      AT.toISOString(),
    );
    await organize(await gallery.describedAgain(2, { title: 'Anew' }, vectorOf(0, 2)));
    const record = await gallery.existing(2);
    expect(record).toMatchObject({ status: 'done', generation: 1, cluster: { cluster_id: cluster?.cluster_id } });
    expect(await deps.clusters.list(user)).toMatchObject([{ name: 'Mine', count: 4 }]);
    expect(await gallery.below('TERM#anew#')).toEqual([imageId(2)]);
    expect(await gallery.deviations()).toEqual([]);
  });

  test.each(['describe', 'faces'] as const)('an event of before does not end a run under way in %s', async (name) => {
    const first = await gallery.described(1, 0);
    await organize(first);
    await gallery.describedAgain(1, {}, null);
    const { stages } = await gallery.existing(1);
    const underWay = { ...stages, [name]: { state: 'pending', attempts: 0 } } as const;
    await gallery.edited(1, { stages: underWay });
    await organize(first);
    expect(await gallery.existing(1)).toMatchObject({
      status: 'processing',
      stages: { organize: { state: 'pending', attempts: 0 } },
    });
  });

  test('whose embedding is put by a run that was late is erased whole', async () => {
    await organize(await gallery.described(1, 0));
    const removal = await gallery.removed(1);
    // What describe does on a photo that is gone: not with one that a centroid contains.
    await deps.embeddings.remove(user, imageId(1));
    expect((await deps.embeddings.getMany(user, [imageId(1)])).size).toBe(1);
    await deps.embeddings.put(user, imageId(1), vectorOf(3, 3));
    await organize(removal);
    expect(await gallery.deviations()).toEqual([]);
    expect(await gallery.below('VECTOR#')).toEqual([]);
  });
});
