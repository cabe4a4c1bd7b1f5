import { DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createDoctor, type Opinion } from '../../bin/doctor/doctor.ts';
import { createRecount } from '../../bin/doctor/recount/recount.ts';
import { asText } from '../../bin/doctor/report.ts';
import type { OrganizeDeps } from '../../functions/organize/deps.ts';
import { createOrganize } from '../../functions/organize/organize.ts';
import { type OrganizeEvent, organizeEvent } from '../../shared/contract/messages.ts';
import { organizeDeps } from '../organize/gallery.ts';
import type { Item } from '../support/items.ts';
import { AT, imageId } from '../support/records.ts';
import { startWorld, TABLE, type World } from '../support/world.ts';
import { DAMAGES } from './damages.ts';
import {
  createWorker,
  essence,
  fullGallery,
  load,
  PHOTOS,
  type Stored,
  stackOf,
  store,
  strangeIndex,
  TRASHED,
} from './gallery.ts';

const USER = 'Dora';
/** What was written a moment ago is old by then. */
const later = () => new Date(Date.now() + hoursAhead * 3_600_000);
let hoursAhead = 2;

let world: World;
let deps: OrganizeDeps;
let whole: Stored;
let work: () => Promise<OrganizeEvent[]>;

beforeAll(async () => {
  world = await startWorld();
  deps = organizeDeps(world, AT);
  await fullGallery(world, deps, USER);
  whole = await load(world, USER);
  work = createWorker(world, deps);
});
afterAll(() => world.stop());

/** `pause`: what happens between two looks. */
const doctor = (
  repair: boolean,
  pause: () => Promise<void> = async () => {},
  breath: () => Promise<void> = async () => void (await work()),
) =>
  createDoctor({
    stack: stackOf(world),
    clock: later,
    newId: () => crypto.randomUUID(),
    pause,
    breath,
  })({ repair });

/** What a look at a state in memory finds, whose objects were written then. */
function look({ items, vectors, objects }: Stored, modified = AT): string[] {
  const recount = createRecount(USER, { live: true, now: later() });
  for (const [sk, item] of items) if (sk.startsWith('IMAGE#')) recount.record(item);
  const rest = [...items].filter(([sk]) => !sk.startsWith('IMAGE#')).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [, item] of rest) recount.item(item);
  for (const [key, values] of vectors) recount.vector(key, values);
  for (const key of objects.keys()) recount.object({ key, bytes: 1, modified });
  return recount.findings().findings.map(({ says }) => says);
}

const copyOf = ({ items, vectors, objects }: Stored): Stored => ({
  items: new Map(items),
  vectors: new Map(vectors),
  objects: new Map(objects),
});

test('a gallery that is as its records say is found so, and read whole', async () => {
  const opinion = await doctor(false);
  expect(opinion).toMatchObject({ differences: 0, mended: 0, users: [] });
  const { items, vectors, objects } = whole;
  expect(opinion.read).toMatchObject({ users: 1, vectors: vectors.size, objects: objects.size });
  expect(opinion.read.items).toBeGreaterThanOrEqual(items.size);
  expect(look(whole)).toEqual([]);
});

describe('is found', () => {
  test.each(DAMAGES)('$name', ({ plant, says }) => {
    const damaged = copyOf(whole);
    plant(damaged);
    expect(look(damaged)).toContainEqual(expect.stringMatching(says));
  });
});

/** Plants damage in the gallery as it was made; answers how it is then. */
async function plant(damages: readonly (typeof DAMAGES)[number][]): Promise<Stored> {
  const damaged = copyOf(whole);
  for (const damage of damages) damage.plant(damaged);
  await store(world, USER, await load(world, USER), damaged);
  return damaged;
}

const MENDABLE = DAMAGES.filter(({ byHand }) => !byHand);

describe('is mended, and nothing else is changed', () => {
  // Every third, so that what is planted together is of different kinds.
  test.each([0, 1, 2])('damage of every kind, part %i', async (part) => {
    const damaged = await plant(MENDABLE.filter((_, number) => number % 3 === part));
    const found = await doctor(false);
    expect(found.differences).toBeGreaterThanOrEqual(Math.floor(MENDABLE.length / 3));
    expect(essence(await load(world, USER))).toEqual(essence(damaged));
    const [{ differences } = { differences: [] }] = found.users;
    expect(differences.filter((each) => !each.can_be_mended)).toEqual([]);
    // What people see of their photos is not for whoever reads the report.
    expect(JSON.stringify(found)).not.toMatch(/dog|Lisbon|theme|2024-05/);

    const mended = await doctor(true);
    expect(mended.users.flatMap((user) => user.differences)).toEqual([]);
    expect(mended.mended).toBeGreaterThanOrEqual(Math.floor(MENDABLE.length / 3));
    // Each is named on a line of its own, those with words of photos by their kind only.
    const [{ mended_differences: ones, mended: count } = { mended_differences: [], mended: 0 }] = mended.users;
    expect(ones).toHaveLength(count);
    const lines = asText(mended).split('\n');
    for (const { about, says } of ones) {
      const line = says === undefined ? / more, which name words of photos$/ : `    ${about}: ${says}`;
      expect(lines).toContainEqual(says === undefined ? expect.stringMatching(line) : line);
    }
    expect(JSON.stringify(mended)).not.toMatch(/dog|Lisbon|theme|2024-05/);
    expect(essence(await load(world, USER))).toEqual(essence(whole));
  });
});

/** All that is derived from records and objects, and that nobody has said anything in. */
const DERIVED =
  /^(DOC|TERM|TAG|COLOR|PHASH|PLACE|CAMERA|STATUS|FLAG|MODEL|TRASH|IN_ALBUM|PLACED|TAKEN|SIZE|FACE|NEAR|SPARE|SUGGEST|SUMMARY|TALLY|EVENT|PERSON_CENTROID|CENTROID|IN|CLUSTERING|CHECKSUM)(#|$)/;

function withoutDerived({ items, objects }: Stored): Stored {
  const left = [...items].filter(
    ([sk, { kind, rule }]) => !DERIVED.test(sk) && !(kind === 'auto' && Object(rule).by !== 'event'),
  );
  const emptied = left.map(
    ([sk, item]) => [sk, sk.startsWith('CLUSTER#') ? { ...item, count: 0, newest: [] } : item] as const,
  );
  return { items: new Map(emptied), vectors: new Map(), objects: new Map(objects) };
}

test('what may be the only copy of a photo is never removed', async () => {
  const bytes = DAMAGES.filter(({ byHand }) => byHand);
  // As after a table was restored from before the photo came.
  const lost = copyOf(whole);
  for (const damage of bytes) damage.plant(lost);
  lost.items.delete(`IMAGE#${imageId(10)}`);
  for (const n of [778, 779]) lost.objects.set(`originals/${USER}/${imageId(n)}`, 'x');
  const originals = () => [...lost.objects.keys()].filter((key) => /^(originals|incoming)/.test(key)).sort();
  expect(originals().length).toBeGreaterThan(PHOTOS);
  await store(world, USER, await load(world, USER), lost);
  // They are named before all that can be made again, and none is left out.
  const looked = await doctor(false);
  const kinds = [...new Set(looked.users[0]?.differences.map(({ about }) => about))];
  expect(kinds.length).toBeGreaterThan(3);
  expect(kinds[0]).toBe('originals');
  const [, heading, ...lines] = asText(looked).split('\n');
  expect(heading).toBe('  originals: 5 differences, 5 of them for a person to look at');
  expect(lines.findIndex((line) => !/^ {4}object (originals|incoming)/.test(line))).toBe(5);
  const { users } = await doctor(true);
  const left = users.flatMap(({ differences }) => differences);
  expect(left.map(({ about, can_be_mended }) => [about, can_be_mended])).toEqual(
    Array.from({ length: originals().length - PHOTOS + 1 }, () => ['originals', false]),
  );
  const { objects } = await load(world, USER);
  expect([...objects.keys()].filter((key) => /^(originals|incoming)/.test(key)).sort()).toEqual(originals());
  await store(world, USER, await load(world, USER), whole);
});

test('all that is derived is rebuilt from records and objects; ids and the names people gave stay', async () => {
  await store(world, USER, await load(world, USER), withoutDerived(whole));
  const batches: OrganizeEvent[][] = [];
  // All of it takes longer than anything may.
  const opinion = await doctor(true, undefined, async () => {
    batches.push(await work());
    hoursAhead += 1 / 4;
  });
  expect(opinion.users.flatMap(({ differences }) => differences)).toEqual([]);
  // What comes together has one minute together.
  expect(batches.length).toBeGreaterThan(3);
  expect(batches.filter(({ length }) => length !== 1)).toEqual([]);
  expect(essence(await load(world, USER))).toEqual(essence(whole));
  expect(JSON.stringify([...whole.items.values()])).toMatch(/Our dog.*Ann/);
});

test('a repair that dies half-way is run again', async () => {
  await store(world, USER, await load(world, USER), withoutDerived(whole));
  const events = async () => (await world.drain('organize')).map((body) => organizeEvent.parse(body));
  // The first half is done; then whoever has asked, and who was asked, are gone.
  let sent = 0;
  const half = async () => {
    for (const event of await events()) {
      sent += 1;
      if (sent > 2) throw new Error('gone');
      await createOrganize(deps)(USER, [event]);
    }
  };
  await expect(doctor(true, undefined, half)).rejects.toThrow('gone');
  expect((await doctor(true)).differences).toBe(0);
  expect(essence(await load(world, USER))).toEqual(essence(whole));
});

test('what goes by itself is no difference, and what is under way is not compared', async () => {
  const [damage] = DAMAGES;
  if (damage) await plant([damage]);
  const back = async () => store(world, USER, await load(world, USER), copyOf(whole));
  expect(await doctor(false, back)).toMatchObject({ differences: 0, mended: 0 });

  // A photo that is run again: its record is ahead of all that is derived from it.
  const running = copyOf(whole);
  const sk = [...running.items.keys()].find((key) => key.startsWith('IMAGE#')) ?? '';
  running.items.set(sk, { ...running.items.get(sk), status: 'processing', tags: ['new'], cluster: undefined } as Item);
  await store(world, USER, whole, running);
  const opinion = await doctor(false);
  expect(opinion).toMatchObject({ differences: 0, users: [{ under_way: 1, counters_skipped: true }] });
  await store(world, USER, running, whole);
});

test('of a photo in the trash neither the name of its cluster is told nor when it was taken', async () => {
  const trashed = copyOf(whole);
  const sk = `IMAGE#${imageId(TRASHED)}`;
  const { cluster, taken_at, ...record } = trashed.items.get(sk) as Item & { cluster: object };
  expect(JSON.stringify(cluster)).toContain('cluster_id');
  const left = { cluster_id: 'x', name: 'Our dog' };
  const changes = { taken_at, taken_key: taken_at, cluster: { ...cluster, reason: 'assigned', left } };
  trashed.items.set(sk, { ...record, ...changes });
  await store(world, USER, await load(world, USER), trashed);
  const found = await doctor(false);
  expect(JSON.stringify(found)).toMatch(
    /is in the trash, but in cluster .* \(assigned\).*has another key|has another key.*in cluster/,
  );
  expect(JSON.stringify(found)).not.toMatch(/dog|2024-05/);
  await store(world, USER, trashed, whole);
});

test('a photo that is on its way into the trash is not compared', async () => {
  const trashed = copyOf(whole);
  const sk = `IMAGE#${imageId(TRASHED)}`;
  const record = trashed.items.get(sk) as Item & { cluster: object };
  // It has been put there, and organize has not come to it: its vector is still in the index.
  trashed.items.set(sk, { ...record, since: AT.toISOString(), cluster: { ...record.cluster, reason: 'assigned' } });
  trashed.vectors.set(imageId(TRASHED), whole.vectors.get(imageId(6)) ?? []);
  await store(world, USER, await load(world, USER), trashed);
  expect(await doctor(false)).toMatchObject({ differences: 0, users: [{ under_way: 1 }] });
  await store(world, USER, trashed, whole);
});

describe('a photo that was given up by organize', () => {
  const sk = `IMAGE#${imageId(10)}`;
  const givenUp = async (listed: Record<string, string>) => {
    const gallery = copyOf(whole);
    const record = gallery.items.get(sk) as Item & { stages: Record<string, object> };
    const stages = { ...record.stages, organize: { ...record.stages.organize, state: 'failed' } };
    gallery.items.set(sk, { ...record, stages, ...listed });
    await store(world, USER, await load(world, USER), gallery);
  };
  const now = async () => (await load(world, USER)).items.get(sk);
  afterEach(async () => store(world, USER, await load(world, USER), whole));

  test('stays on the list of what is under way when it is rebuilt', async () => {
    await givenUp({ shard: 'SOME', since: AT.toISOString() });
    await createOrganize(deps)(USER, [{ type: 'rebuild', event_id: 'r', user_id: USER, image_ids: [imageId(10)] }]);
    expect(await now()).toMatchObject({ shard: 'SOME' });
  });

  test('is found where it is on no list, and placed', async () => {
    await givenUp({});
    const says = `image ${USER}/${imageId(10)} has been given up before it had its place`;
    const [{ differences } = { differences: [] }] = (await doctor(false)).users;
    expect(differences).toContainEqual({ about: 'records', says, can_be_mended: true });
    expect(await doctor(true)).toMatchObject({ differences: 0, mended: differences.length });
    expect(await now()).toMatchObject({ stages: { organize: { state: 'done' } } });
  });
});

test('what was written a moment ago is there: crops of faces, too', () => {
  expect([...whole.objects.keys()].some((key) => key.includes('/face-'))).toBe(true);
  expect(look(whole, later())).toEqual([]);
});

test('an index of nobody is removed', async () => {
  await strangeIndex(world);
  expect(await doctor(false)).toMatchObject({ differences: 1, users: [{ user_id: null }] });
  expect(await doctor(true)).toMatchObject({ differences: 0, mended: 1 });
  expect(await world.vectorIndexes()).not.toContain('u-of-nobody');
});

test('two that mend at once do not keep each other waiting', async () => {
  await plant(MENDABLE.slice(0, 3));
  let other: Promise<Opinion> | undefined;
  const first = await doctor(true, undefined, async () => {
    other ??= doctor(true);
    await other;
    await work();
    hoursAhead += 1 / 12;
  });
  const second = await other;
  expect([first.differences, second?.differences]).toEqual([0, 0]);
  expect([first, second].flatMap((each) => each?.users.map(({ gave_up }) => gave_up))).toEqual([undefined, undefined]);
  expect(essence(await load(world, USER))).toEqual(essence(whole));
});

describe('one user whose work organize does not come to', () => {
  const OTHER = 'Carl';
  const profile = { user_id: OTHER, sk: 'PROFILE' };
  const put = (Item: Record<string, unknown>) => world.table.send(new PutCommand({ TableName: TABLE, Item }));
  const jammed = async () => {
    const events = (await world.drain('organize')).map((body) => organizeEvent.parse(body));
    for (const event of events) if (event.user_id === USER) await createOrganize(deps)(USER, [event]);
    return events.some(({ user_id }) => user_id === OTHER);
  };
  beforeEach(async () => {
    await plant(MENDABLE.slice(0, 1));
    await put({ user_id: OTHER, sk: 'SUMMARY', images: 5 });
  });
  afterEach(async () => {
    for (const sk of ['SUMMARY', 'PROFILE'])
      await world.table.send(new DeleteCommand({ TableName: TABLE, Key: { user_id: OTHER, sk } }));
  });

  test('is told of in words, and all others are mended', async () => {
    await put(profile);
    const opinion = await doctor(true, undefined, async () => {
      await jammed();
      hoursAhead += 1 / 12;
    });
    expect(opinion.users.map(({ user_id, mended, gave_up }) => [user_id, mended, gave_up])).toEqual([
      [OTHER, 0, expect.stringContaining('Organize has not come to')],
      [USER, 1, undefined],
    ]);
    expect(opinion.differences).toBeGreaterThan(0);
    expect(asText(opinion)).toMatch(/user Carl: 0 photos\n {2}not mended to the end: Organize has not come/);
  });

  test('as their account is being erased, is not waited for, and is no difference', async () => {
    const opinion = await doctor(true, undefined, async () => {
      if (await jammed()) await put({ ...profile, deleted_at: AT.toISOString() });
    });
    expect(opinion).toMatchObject({ differences: 0, mended: 1, users: [{ user_id: USER }] });
  });
});
