import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { OrganizeDeps } from '../../functions/organize/deps.ts';
import { createOrganize } from '../../functions/organize/organize.ts';
import { createProfiles } from '../../shared/adapters/profiles.ts';
import type { OrganizeEvent } from '../../shared/contract/messages.ts';
import { facesOf } from '../support/faces.ts';
import { Killed, mortal } from '../support/mortal.ts';
import { AT, imageId } from '../support/records.ts';
import { startWorld, TABLE, type World } from '../support/world.ts';
import { createGallery, type Gallery, organizeDeps } from './gallery.ts';

let world: World;
let deps: OrganizeDeps;
let life: ReturnType<typeof mortal>;
let user: string;
let users = 0;
let gallery: Gallery;

beforeAll(async () => {
  world = await startWorld();
  life = mortal([world.table, world.s3, world.sqs, world.vectors]);
  deps = organizeDeps(world, new Date(AT.getTime() + 5_000));
});
afterAll(() => world.stop());
beforeEach(() => nextUser());
afterEach(async () => {
  life.arm(null);
  await world.drain('jobs');
});

function nextUser() {
  users += 1;
  user = `Ann${users}`;
  gallery = createGallery(world, deps, user);
}

const organize = (...events: (OrganizeEvent | null)[]) =>
  createOrganize(deps)(
    user,
    events.filter((event) => event !== null),
  );

/** A photo in which these people's faces were found. */
async function photo(number: number, ...people: number[]): Promise<OrganizeEvent> {
  const event = await gallery.described(number, number);
  await deps.faces.put(user, { image_id: imageId(number), generation: 0, faces: facesOf(number, ...people) });
  return event;
}

/** Whose the faces of a photo are. */
const whose = async (number: number) =>
  ((await gallery.existing(number)).faces ?? []).map(({ person_id }) => person_id);
const members = async (personId: string | null | undefined) => gallery.below(`FACE#${personId ?? 'unassigned'}#`);

/** What sweep does with photos that have ended and are still on the list of what is under way. */
async function sweep(): Promise<void> {
  const stale = (await world.itemsOf(user)).filter(({ sk, shard }) => String(sk).startsWith('IMAGE#') && shard);
  await organize(
    ...stale.map(({ image_id }) => ({
      type: 'settled' as const,
      event_id: `swept:${image_id}`,
      user_id: user,
      image_id: String(image_id),
    })),
  );
}

describe('a face', () => {
  test('waits alone, and is a person with a second one like it', async () => {
    await organize(await photo(1, 5));
    expect(await whose(1)).toEqual([null]);
    expect(await members(null)).toEqual([imageId(1)]);
    await organize(await photo(2, 5, 6));
    const [person, other] = await whose(2);
    expect(person).toEqual(expect.any(String));
    expect(other).toBeNull();
    expect(await whose(1)).toEqual([person]);
    expect(await members(person)).toEqual([imageId(1), imageId(2)]);
    expect(await members(null)).toEqual([imageId(2)]);
    expect(await gallery.deviations()).toEqual([]);
  });

  test('is never the same person as another in its photo', async () => {
    await organize(await photo(1, 5, 5), await photo(2, 5, 5), await photo(3, 5));
    for (const number of [1, 2]) expect(new Set(await whose(number)).size).toBe(2);
    await organize(await photo(4, 6), await photo(5, 6), await photo(6, 6, 6));
    const [six] = await whose(4);
    expect((await whose(6)).toSorted()).toEqual([six, null].toSorted());
    expect(await gallery.deviations()).toEqual([]);
  });

  test('is placed once, however often the event comes', async () => {
    const events = [await photo(1, 5, 6), await photo(2, 6, 5)];
    await organize(...events);
    const before = await world.itemsOf(user);
    await organize(...events);
    expect(await world.itemsOf(user)).toEqual(before);
    expect(new Set([...(await whose(1)), ...(await whose(2))]).size).toBe(2);
  });

  test('that is not to be looked for is forgotten', async () => {
    await createProfiles(world.table, TABLE, () => AT).setFaceDetection(user, false);
    await organize(await photo(1, 5), await photo(2, 5));
    expect(await gallery.below('FACE')).toEqual([]);
    expect(await whose(1)).toEqual([]);
    expect(await gallery.deviations()).toEqual([]);
  });
});

describe('people', () => {
  test('lose the faces of an erased photo, and go with the last', async () => {
    await organize(await photo(1, 5), await photo(2, 5), await photo(3, 5));
    const [person] = await whose(1);
    await organize(await gallery.removed(1));
    expect(await members(person)).toEqual([imageId(2), imageId(3)]);
    await organize(await gallery.removed(2), await gallery.removed(3));
    expect(await gallery.below('PERSON')).toEqual([]);
  });

  test('lose the faces of a photo in the trash, and get them back', async () => {
    await organize(await photo(1, 5), await photo(2, 5));
    const [person] = await whose(1);
    await organize(await gallery.trashed(2));
    expect(await gallery.deviations()).toEqual([]);
    expect((await deps.people.centroids(user)).get(person ?? '')?.count).toBe(1);
    await organize(await gallery.restored(2));
    expect((await deps.people.centroids(user)).get(person ?? '')?.count).toBe(2);
    expect(await members(person)).toEqual([1, 2].map(imageId));
    expect(await gallery.deviations()).toEqual([]);
  });

  test('of whom all photos lay in the trash are who they were if anything is said of them, else found anew', async () => {
    await organize(await photo(1, 5, 6), await photo(2, 5, 6), await photo(3, 5));
    const [five = null, six = null] = await whose(1);
    await deps.people.say(user, five ?? '', { name: 'Grace', updated_at: AT.toISOString() });
    for (const number of [1, 2, 3]) await organize(await gallery.trashed(number));
    expect(await deps.people.centroids(user)).toEqual(new Map());
    for (const number of [1, 2, 3]) await organize(await gallery.restored(number));
    expect(await members(five)).toEqual([1, 2, 3].map(imageId));
    const [grace, stranger] = await whose(2);
    expect([grace, (await whose(1))[1]]).toEqual([five, stranger]);
    expect([null, six]).not.toContain(stranger);
    expect((await deps.people.centroids(user)).get(five ?? '')?.count).toBe(3);
    expect(await gallery.deviations()).toEqual([]);
  });

  test('keep a face by hand where a photo is looked at again, and its other faces are found anew', async () => {
    await organize(await photo(1, 5, 6), await photo(2, 5), await photo(3, 6), await photo(4, 7));
    const [five, six] = await whose(1);
    await deps.faceAssignments.change(gallery.key(4), ({ faces = [] }) =>
      faces.map((face) => ({ ...face, person_id: five ?? null, by_person: true as const })),
    );
    await organize(await gallery.edited(4, {}));
    expect(await members(five)).toEqual([1, 2, 4].map(imageId));
    const again = await gallery.describedAgain(4, {}, null);
    await deps.faces.put(user, { image_id: imageId(4), generation: 1, faces: facesOf(44, 8, 6) });
    await organize(again);
    expect(await whose(4)).toEqual([five, six]);
    expect(await gallery.deviations()).toEqual([]);
  });
});

describe('killed before any request and delivered again', () => {
  async function killEverywhere(
    prepare: () => Promise<(OrganizeEvent | null)[]>,
    stride: number,
    meanwhile: () => Promise<OrganizeEvent | null> = async () => null,
  ): Promise<void> {
    let kills = 0;
    for (let request = 0; ; request += stride) {
      nextUser();
      const events = await prepare();
      life.arm(request);
      const outcome = await organize(...events).catch((error: unknown) => error);
      life.arm(null);
      const later = await meanwhile();
      if (outcome !== undefined) {
        expect(outcome).toBeInstanceOf(Killed);
        kills += 1;
        if (kills % 2) await organize(...events);
        else for (const event of events) await organize(event);
      }
      await organize(later);
      await sweep();
      expect(await gallery.deviations(), `killed before request ${request}`).toEqual([]);
      if (outcome === undefined) break;
    }
    expect(kills).toBeGreaterThan(3);
  }

  const family = async () => {
    await organize(await photo(1, 5, 6), await photo(2, 7));
    return [await photo(3, 6, 5), await photo(4, 7), await gallery.removed(2)];
  };

  test('faces found people with those that waited', async () => {
    await killEverywhere(family, 8);
    expect(await whose(3)).toEqual((await whose(1)).toReversed());
  });

  test('and one of them is deleted before the batch comes back', () =>
    killEverywhere(family, 15, () => gallery.removed(1)));
});

test('face data is erased when none is left, not when the last part was told of', async () => {
  await organize(await photo(1, 5), await photo(2, 5));
  const { job_id } = await deps.jobs.create(user, { type: 'erase_faces', request: {} }, () => `job-of-${user}`);
  const erase = (part: number, last: boolean): OrganizeEvent => ({
    type: 'faces_erased',
    event_id: `faces_erased:${job_id}:${part}`,
    user_id: user,
    job_id,
    image_ids: [imageId(part)],
    last,
  });
  // The first part has died ten times.
  await organize(erase(2, true));
  expect(await deps.jobs.get(user, job_id)).toMatchObject({ status: 'queued' });
  await organize(erase(1, true));
  expect(await deps.jobs.get(user, job_id)).toMatchObject({ status: 'done' });
  expect(await gallery.below('FACES#')).toEqual([]);
  expect(await gallery.deviations()).toEqual([]);
});
