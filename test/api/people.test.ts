import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createEraseFaces } from '../../functions/jobs/erase-faces.ts';
import { createGroupPeople } from '../../functions/jobs/group-people.ts';
import { createPeopleGrouping } from '../../functions/jobs/people-grouping.ts';
import { createPlanByHand } from '../../functions/jobs/plan-by-hand.ts';
import { createRegroup } from '../../functions/jobs/regroup.ts';
import type { OrganizeDeps } from '../../functions/organize/deps.ts';
import { createOrganize } from '../../functions/organize/organize.ts';
import { createPostings } from '../../shared/adapters/postings.ts';
import type { JobMessage, OrganizeEvent } from '../../shared/contract/messages.ts';
import type { AlbumView, ImageView, JobView, PersonView, Problem } from '../../shared/contract/schemas.ts';
import { createGallery, type Gallery, organizeDeps } from '../organize/gallery.ts';
import { facesOf } from '../support/faces.ts';
import { Killed, mortal } from '../support/mortal.ts';
import { imageId } from '../support/records.ts';
import { TABLE } from '../support/world.ts';
import { type Api, startApi } from './api.ts';

let api: Api;
let deps: OrganizeDeps;
let life: ReturnType<typeof mortal>;
let users = 0;
let user: string;
let gallery: Gallery;
let ids: [string, string];

beforeAll(async () => {
  api = await startApi();
  // The API's own clock goes on: what was merged long ago cannot be undone.
  deps = organizeDeps(api.world, new Date());
  life = mortal([api.world.table, api.world.s3, api.world.sqs, api.world.vectors]);
});
afterAll(() => api.stop());
beforeEach(async () => {
  life.arm(null);
  users += 1;
  user = `Ann${users}`;
  gallery = createGallery(api.world, deps, user);
  await drained();
});

const call = (method: string, path: string, body?: object, query: Record<string, string> = {}) =>
  api.call(method, path, { as: user, query, ...(body && { body }) });
const organize = (events: readonly OrganizeEvent[]) => createOrganize(deps)(user, events);

/** A photo in which these people's faces were found. */
async function photo(number: number, ...people: number[]): Promise<OrganizeEvent> {
  const event = await gallery.described(number, number, { taken_at: `202${number % 3}-05-01T10:00:00` });
  await deps.faces.put(user, { image_id: imageId(number), generation: 0, faces: facesOf(number, ...people) });
  return event;
}

async function drained(): Promise<OrganizeEvent[]> {
  await api.world.drain('jobs');
  return (await api.world.drain('organize')) as OrganizeEvent[];
}

/** Runs the jobs that were asked for up to what they send to organize. */
async function planned(): Promise<OrganizeEvent[]> {
  const { objects, undo, jobs, queues } = deps;
  const grouping = createPeopleGrouping({ ...deps, postings: createPostings(api.world.table, TABLE) });
  const never = () => Promise.reject(new Error('Expected nothing of clusters to be planned'));
  const byHand = createPlanByHand({ objects, undo, groupings: { clusters: grouping, people: grouping } });
  const planners = { ...byHand, recluster: never, group_people: createGroupPeople(deps) };
  const regroup = createRegroup({ jobs, objects, queues, planners });
  for (const message of (await api.world.drain('jobs')) as JobMessage[]) {
    if (message.type === 'name_cluster') continue;
    if (message.type === 'erase_faces') await createEraseFaces(deps)(user, message.job_id);
    else await regroup(user, message.job_id);
  }
  return (await api.world.drain('organize')) as OrganizeEvent[];
}

/** Asks for a job and lets it run to its end. */
async function done(method: string, path: string, body?: object): Promise<JobView> {
  const answer = await call(method, path, body);
  expect(answer.status).toBe(202);
  await organize(await planned());
  return (await call('GET', `/jobs/${answer.json<JobView>().job_id}`)).json<JobView>();
}

const people = async (query = {}) =>
  (await call('GET', '/people', undefined, query)).json<{ items: PersonView[]; next_cursor: string | null }>();
const imagesOf = async (personId: string) =>
  (await call('GET', `/people/${personId}/images`)).json<{ items: ImageView[] }>().items.map((image) => image.image_id);
const whose = async (number: number) => ((await gallery.existing(number)).faces ?? []).map((face) => face.person_id);

/** Two people: one in photos 1 to 3, one in 2 to 5, and a stranger in 5. */
async function family(): Promise<[string, string]> {
  await organize([await photo(1, 5), await photo(2, 5, 6), await photo(3, 5, 6)]);
  await organize([await photo(4, 6), await photo(5, 6, 9)]);
  await drained();
  const [five] = await whose(1);
  const [six] = await whose(4);
  return [five ?? '', six ?? ''];
}

describe('people', () => {
  test('are listed, those seen most first, with a face to show, and page by page', async () => {
    const [five, six] = await family();
    const { items } = await people();
    expect(items).toMatchObject([
      { person_id: six, count: 4, faces: 4, name: null, hidden: false, cover: { image_id: imageId(5), n: 0 } },
      { person_id: five, count: 3, faces: 3 },
    ]);
    expect(items[0]?.cover?.url).toContain('face-0.webp');
    const first = await people({ limit: '1' });
    expect(first.items.map(({ person_id }) => person_id)).toEqual([six]);
    const second = await people({ limit: '1', cursor: first.next_cursor ?? '' });
    expect(second.items.map(({ person_id }) => person_id)).toEqual([five]);
    expect(second.next_cursor).toBeNull();
    expect(await imagesOf(five)).toEqual([3, 2, 1].map(imageId));
    expect((await call('GET', '/albums/persons')).json()).toMatchObject({ items: [{ person_id: six }, {}] });
    const found = await call('GET', '/search/images', undefined, { person: five, tag: 'theme2' });
    expect(found.json<{ items: ImageView[] }>().items.map(({ image_id }) => image_id)).toEqual([imageId(2)]);
    const album = await call('POST', '/albums', { kind: 'smart', name: 'Of one', query: { person: five } });
    const shown = await call('GET', `/albums/${album.json<AlbumView>().album_id}/images`);
    expect(shown.json<{ items: ImageView[] }>().items.map(({ image_id }) => image_id)).toEqual([3, 2, 1].map(imageId));
    expect((await call('GET', '/dashboard/person-analysis')).json()).toMatchObject({
      photos: 5,
      faces: 8,
      unassigned: 1,
      people: 2,
      by_year: [
        { year: '2022', faces: 4 },
        { year: '2021', faces: 2 },
        { year: '2020', faces: 2 },
      ],
      top: [{ person_id: six }, { person_id: five }],
    });
  });

  test('have names, covers, and can be hidden; of another’s there is nothing', async () => {
    const [five, six] = await family();
    const patch = { name: ' Ada\u200b ', cover: { image_id: imageId(2) }, hidden: true };
    expect((await call('PATCH', `/people/${five}`, patch)).json()).toMatchObject({
      name: 'Ada',
      hidden: true,
      cover: { image_id: imageId(2), n: 0 },
    });
    expect((await people()).items.map(({ person_id }) => person_id)).toEqual([six]);
    expect((await people({ hidden: 'true' })).items).toHaveLength(2);
    const image = (await call('GET', `/images/${imageId(2)}`)).json<ImageView>();
    expect(image.people).toEqual([
      { person_id: five, name: 'Ada' },
      { person_id: six, name: null },
    ]);
    expect(image.faces).toMatchObject([{ n: 0, name: 'Ada', by_person: false }, { n: 1 }]);
    expect((await call('PATCH', `/people/${five}`, { cover: { image_id: imageId(4) } })).status).toBe(422);
    expect((await call('PATCH', `/people/${five}`, { name: '\u200b' })).status).toBe(422);
    const nothing = await call('PATCH', `/people/${five}`, { name: null, cover: null, hidden: false });
    expect(nothing.json()).toMatchObject({ name: null, hidden: false, cover: { image_id: imageId(3) } });
    expect(await gallery.deviations()).toEqual([]);
    for (const path of [`/people/${five}`, `/people/${five}/images`])
      expect((await api.call('GET', path, { as: 'Bob' })).status).toBe(404);
    expect((await api.call('PATCH', `/people/${five}`, { as: 'Bob', body: { name: 'Mine' } })).status).toBe(404);
    const body = { into: five, from: [six] };
    expect((await api.call('POST', '/people/merge', { as: 'Bob', body })).status).toBe(404);
  });

  test('who are one are merged, and are two again when that is undone, names and all', async () => {
    const [five, six] = await family();
    await call('PATCH', `/people/${six}`, { name: 'Ben' });
    const merge = await done('POST', '/people/merge', { into: five, from: [six] });
    expect(merge).toMatchObject({ status: 'done', result: { moved: 4 } });
    expect((await people()).items).toMatchObject([{ person_id: five, name: 'Ben', count: 5, faces: 7 }]);
    expect((await call('GET', `/people/${six}`)).status).toBe(404);
    expect(await gallery.deviations()).toEqual([]);
    // Whoever comes meanwhile stays where it is.
    await organize([await photo(6, 6)]);
    await done('POST', '/people/undo');
    const after = (await people()).items.map(({ person_id, name, count }) => ({ person_id, name, count }));
    expect(after).toHaveLength(2);
    expect(after).toContainEqual({ person_id: six, name: 'Ben', count: 4 });
    expect(after).toContainEqual({ person_id: five, name: null, count: 4 });
    expect(await whose(2)).toEqual([five, six]);
    expect((await gallery.existing(2)).faces?.some((face) => face.by_person)).toBe(false);
    const again = await call('POST', '/people/undo');
    expect([again.status, again.json<Problem>().detail]).toEqual([
      409,
      expect.stringMatching(/^There is no merge or split/),
    ]);
    expect(await gallery.deviations()).toEqual([]);
  });

  test('are split: some faces are somebody else’s, or nobody’s', async () => {
    const [five] = await family();
    await done('POST', `/people/${five}/split`, { image_ids: [imageId(1)], to: { name: 'Cleo' } });
    const [cleo] = await whose(1);
    expect((await call('GET', `/people/${cleo}`)).json()).toMatchObject({ name: 'Cleo', count: 1 });
    await done('POST', `/people/${five}/split`, { image_ids: [imageId(2), imageId(4)], to: 'nobody' });
    expect((await whose(2))[0]).toBeNull();
    expect(await imagesOf(five)).toEqual([imageId(3)]);
    expect((await call('POST', `/people/${five}/split`, { image_ids: [imageId(4)] })).status).toBe(422);
    await done('POST', '/people/group');
    expect(await whose(1)).toEqual([cleo]);
    expect((await whose(2))[0]).toBeNull();
    expect(await gallery.deviations()).toEqual([]);
  });

  test('are assigned by hand: a name founds a person at once, and grouping anew keeps it', async () => {
    const [five] = await family();
    const named = await call('PATCH', `/images/${imageId(5)}/faces/1`, { name: 'Dora' });
    expect(named.json<ImageView>().faces[1]).toMatchObject({ name: 'Dora', by_person: true });
    await call('PATCH', `/images/${imageId(4)}/faces/0`, { person_id: five });
    await organize(await planned());
    expect((await people()).items.map(({ count, name }) => [count, name])).toEqual([
      [4, null],
      [3, null],
      [1, 'Dora'],
    ]);
    expect(await done('POST', '/people/group')).toMatchObject({ status: 'done', result: { faces: 8, people: 3 } });
    expect(await whose(4)).toEqual([five]);
    expect((await people()).items.map(({ name }) => name)).toContain('Dora');
    expect((await call('PATCH', `/images/${imageId(5)}/faces/7`, { person_id: null })).status).toBe(404);
    expect(await gallery.deviations()).toEqual([]);
  });
});

describe('face data', () => {
  test('is erased, all of it, and no more is taken', async () => {
    const [five] = await family();
    await call('PATCH', `/people/${five}`, { name: 'Ada' });
    await deps.objects.write(`thumbnails/${user}/${imageId(1)}/face-0.webp`, new Uint8Array([1]), 'image/webp');
    expect(await done('DELETE', '/people/data')).toMatchObject({ status: 'done' });
    expect((await people()).items).toEqual([]);
    const items = (await api.world.itemsOf(user)).map(({ sk }) => String(sk));
    expect(items.filter((sk) => /FACE|PERSON|PEOPLE|UNDO/.test(sk))).toEqual([]);
    expect(await api.world.keys(`thumbnails/${user}/`)).toEqual([]);
    expect((await gallery.existing(1)).faces).toBeUndefined();
    await organize([await photo(7, 5), await photo(8, 5)]);
    expect((await people()).items).toEqual([]);
    expect((await call('POST', '/people/data')).json()).toEqual({ face_detection: true });
    await organize([await photo(10, 5), await photo(11, 5)]);
    expect((await people()).items).toMatchObject([{ count: 2 }]);
    expect(await gallery.deviations()).toEqual([]);
  });
});

describe('killed before any request and delivered again', () => {
  test.each<[string, string, () => object | undefined]>([
    ['a merge', '/people/merge', () => ({ into: ids[0], from: [ids[1]] })],
    ['an erasure', '/people/data', () => undefined],
  ])('%s is exact', async (what, path, body) => {
    let kills = 0;
    for (let request = 0; ; request += 14) {
      users += 1;
      user = `Ann${users}`;
      gallery = createGallery(api.world, deps, user);
      ids = await family();
      await call('PATCH', `/people/${ids[1]}`, { name: 'Ben' });
      await call(what === 'a merge' ? 'POST' : 'DELETE', path, body());
      const events = await planned();
      life.arm(request);
      const outcome = await organize(events).catch((error: unknown) => error);
      life.arm(null);
      if (outcome !== undefined) {
        expect(outcome).toBeInstanceOf(Killed);
        kills += 1;
        await organize(events);
      }
      expect(await gallery.deviations(), `killed before request ${request}`).toEqual([]);
      const left = (await people()).items.map(({ name, count }) => [name, count]);
      expect(left).toEqual(what === 'a merge' ? [['Ben', 5]] : []);
      if (outcome === undefined) break;
    }
    expect(kills).toBeGreaterThan(0);
  });
});
