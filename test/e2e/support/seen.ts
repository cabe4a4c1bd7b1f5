import { expect } from 'vitest';
import type { z } from 'zod';
import type * as schemas from '../../../shared/contract/schemas.ts';
import { idsOf } from './owner.ts';
import type { Image, Person } from './person.ts';

type Cluster = z.infer<typeof schemas.clusterSummary>;

/** Of each photo, by id, the lists that show it. */
export type Seen = Map<string, string[]>;

const counted = (values: readonly string[]) =>
  Object.fromEntries([...Map.groupBy(values, (value) => value)].map(([value, { length }]) => [value, length]));

/**
 * Looks at a gallery from everywhere: the list, search, albums, people, clusters. Expects each list to have as many as it says, what a
 * photo says of itself to be what the lists say of it, and timeline and dashboards to count no more and no less.
 */
export async function seen(person: Person): Promise<Seen> {
  const images = (await person.images()).filter(({ status }) => status === 'done');
  const lists = new Map<string, string[]>([['list', idsOf(images)]]);
  lists.set('search', idsOf(await person.all<Image>('/search/images', 'limit=100&status=done')));
  for (const { album_id, kind, rule, count } of await person.all<schemas.AlbumView>('/albums')) {
    const members = idsOf(await person.all<Image>(`/albums/${album_id}/images`));
    expect(members, kind).toHaveLength(count ?? members.length);
    // An event is one only while enough photos are left of it, and may be another when they are back.
    if (rule?.by !== 'event') lists.set(`album ${album_id}`, members);
  }
  const people = await person.all<schemas.PersonView>('/people');
  for (const { person_id, count } of people) {
    lists.set(`person ${person_id}`, idsOf(await person.all<Image>(`/people/${person_id}/images`)));
    expect(lists.get(`person ${person_id}`)).toHaveLength(count);
  }
  for (const { cluster_id, count } of (await person.get<{ items: Cluster[] }>('/images/clusters')).items) {
    const members = await person.all<Image>(`/images/clusters/${cluster_id}`, 'limit=100', 'images');
    lists.set(`cluster ${cluster_id}`, idsOf(members));
    expect(members).toHaveLength(count);
  }
  const found: Seen = new Map();
  for (const [list, members] of lists) {
    expect(new Set(members).size, list).toBe(members.length);
    for (const id of members) found.set(id, [...(found.get(id) ?? []), list].sort());
  }
  expect([...found.keys()].sort()).toEqual(idsOf(images).sort());
  for (const image of images) {
    const said = [
      ...(image.cluster?.cluster_id ? [`cluster ${image.cluster.cluster_id}`] : []),
      ...image.people.map(({ person_id }) => `person ${person_id}`),
      ...image.albums.map((album_id) => `album ${album_id}`),
      ...['list', 'search'],
    ];
    // By rule or by search a photo is in albums that it does not name.
    expect(found.get(image.image_id)).toEqual(expect.arrayContaining(said));
    const others = found.get(image.image_id)?.filter((list) => !list.startsWith('album'));
    expect(others).toEqual(said.filter((list) => !list.startsWith('album')).sort());
  }
  // Who was named stays known when their last photo goes.
  await expectCounted(person, images, people.filter(({ count }) => count > 0).length);
  return found;
}

async function expectCounted(person: Person, images: readonly Image[], people: number): Promise<void> {
  const bytes = images.reduce((sum, image) => sum + image.bytes, 0);
  const months = await person.all<schemas.Timeline['items'][number]>('/timeline', 'limit=50');
  expect(Object.fromEntries(months.map(({ date, count }) => [date, count]))).toEqual(
    counted(images.flatMap(({ taken_at }) => taken_at?.slice(0, 7) ?? [])),
  );
  const stats = await person.get<schemas.DashboardStats>('/dashboard/stats');
  expect(stats.by_status.done).toBe(images.length);
  expect(Object.fromEntries(stats.by_type.map((type) => [type.type, type.images]))).toEqual(
    counted(images.flatMap(({ format }) => format ?? [])),
  );
  expect(await person.get<schemas.StorageAnalysis>('/dashboard/storage-analysis')).toMatchObject({
    images: images.length,
    bytes,
  });
  expect((await person.get<schemas.LocationAnalysis>('/dashboard/location-analysis')).images).toBe(
    images.filter(({ place, metadata }) => place || metadata?.gps).length,
  );
  const faces = images.map((image) => image.faces.length).filter((count) => count > 0);
  expect(await person.get('/dashboard/person-analysis')).toMatchObject({
    photos: faces.length,
    faces: faces.reduce((sum, count) => sum + count, 0),
    people,
  });
}

/** What is seen without these photos. */
export const without = (before: Seen, ids: readonly string[]): Seen =>
  new Map([...before].filter(([id]) => !ids.includes(id)));

/** Those of these photos that can go, one after the other, without leaving a cluster empty: that would be gone for good. */
export function sparing(before: Seen, ids: readonly string[]): string[] {
  const clusterOf = (id: string) => before.get(id)?.find((list) => list.startsWith('cluster')) ?? id;
  const left = new Map([...Map.groupBy(before.keys(), clusterOf)].map(([cluster, { length }]) => [cluster, length]));
  return ids.filter((id) => {
    const others = (left.get(clusterOf(id)) ?? 0) - 1;
    if (others < 1 && clusterOf(id) !== id) return false;
    left.set(clusterOf(id), others);
    return true;
  });
}
