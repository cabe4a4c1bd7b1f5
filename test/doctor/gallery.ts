import { DeleteObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import {
  CreateIndexCommand,
  DeleteVectorsCommand,
  ListVectorsCommand,
  PutVectorsCommand,
} from '@aws-sdk/client-s3vectors';
import { BatchWriteCommand } from '@aws-sdk/lib-dynamodb';
import { canonical, floats } from '../../bin/doctor/recount/finding.ts';
import type { LiveStack } from '../../bin/doctor/stack.ts';
import type { OrganizeDeps } from '../../functions/organize/deps.ts';
import { createOrganize } from '../../functions/organize/organize.ts';
import { createPeople } from '../../shared/adapters/people.ts';
import { vectorIndexName } from '../../shared/adapters/vectors.ts';
import { type OrganizeEvent, organizeEvent } from '../../shared/contract/messages.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';
import { createGallery, hashOf } from '../organize/gallery.ts';
import { facesOf } from '../support/faces.ts';
import type { Item } from '../support/items.ts';
import { AT, imageId } from '../support/records.ts';
import { BUCKET, TABLE, VECTOR_BUCKET, type World } from '../support/world.ts';

/** The world of a test as a stack somebody else has started. */
export function stackOf(world: World): LiveStack {
  const { table, s3, vectors, sqs, urls } = world;
  return {
    called: 'the world of a test',
    ...{ table, s3, vectors, sqs },
    tableName: TABLE,
    bucketName: BUCKET,
    vectorBucketName: VECTOR_BUCKET,
    queues: { organize: { work: urls.organize, dead: '' } },
    close() {},
  };
}

/** Does what organize does with all that has been sent to it. */
export function createWorker(world: World, deps: OrganizeDeps) {
  const organize = createOrganize(deps);
  return async (): Promise<OrganizeEvent[]> => {
    const events = (await world.drain('organize')).map((body) => organizeEvent.parse(body));
    for (const event of events) await organize(event.user_id, [event]);
    return events;
  };
}

/** Everything of one user, to be changed in memory and written back. */
export interface Stored {
  items: Map<string, Item>;
  vectors: Map<string, number[]>;
  objects: Map<string, string>;
}

export async function load(world: World, user: string): Promise<Stored> {
  const indexName = vectorIndexName(user);
  const listed = await world.vectors.send(
    new ListVectorsCommand({ vectorBucketName: VECTOR_BUCKET, indexName, returnData: true }),
  );
  const { Contents = [] } = await world.s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
  const items = (await world.itemsOf(user)) as Item[];
  return {
    items: new Map(items.map((item) => [item.sk, item])),
    vectors: new Map((listed.vectors ?? []).map(({ key = '', data }) => [key, data?.float32 ?? []])),
    objects: new Map(Contents.filter(({ Key }) => Key?.includes(`/${user}/`)).map(({ Key = '' }) => [Key, 'x'])),
  };
}

/** Writes what differs between two states. */
export async function store(world: World, user: string, before: Stored, after: Stored): Promise<void> {
  const indexName = vectorIndexName(user);
  const differs = (sk: string) => JSON.stringify(before.items.get(sk)) !== JSON.stringify(after.items.get(sk));
  const writes = [...new Set([...before.items.keys(), ...after.items.keys()])].filter(differs).map((sk) => {
    const Item = after.items.get(sk);
    return Item ? { PutRequest: { Item } } : { DeleteRequest: { Key: { user_id: user, sk } } };
  });
  for (let start = 0; start < writes.length; start += 25)
    await world.table.send(new BatchWriteCommand({ RequestItems: { [TABLE]: writes.slice(start, start + 25) } }));
  for (const Key of [...before.objects.keys()].filter((key) => !after.objects.has(key)))
    await world.s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key }));
  for (const Key of [...after.objects.keys()].filter((key) => !before.objects.has(key)))
    await world.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: 'x' }));
  const keys = [...before.vectors.keys()].filter((key) => !after.vectors.has(key));
  if (keys.length > 0)
    await world.vectors.send(new DeleteVectorsCommand({ vectorBucketName: VECTOR_BUCKET, indexName, keys }));
  const put = [...after.vectors].filter(([key, values]) => String(before.vectors.get(key)) !== String(values));
  if (put.length > 0)
    await world.vectors.send(
      new PutVectorsCommand({
        vectorBucketName: VECTOR_BUCKET,
        indexName,
        vectors: put.map(([key, float32]) => ({ key, data: { float32 } })),
      }),
    );
}

/**
 * What of a state must not differ after a repair, by key: all but times, versions, which events a centroid remembers, and what only time
 * teaches (how alike unrelated photos are, and which ones stand for them).
 */
export function essence({ items, vectors, objects }: Stored): Record<string, string> {
  const plain = [...items.values()]
    .filter(({ sk }) => !sk.startsWith('REBUILT'))
    .map(({ version, applied, updated_at, mean, m2, background, witnesses, ...item }): [string, string] => {
      // Told again it is another entry; an event without an album is nobody's to find again.
      const [kind] = item.sk.split('#');
      if (kind === 'ACTIVITY') return [`ACTIVITY ${item.type} ${item.image_id}`, 'told'];
      if (kind === 'EVENT') return [item.sk, `${item.end} ${item.count}`];
      return [item.sk, canonical(readable(item))];
    });
  const rest = [...vectors.keys(), ...objects.keys()].map((key): [string, string] => [key, 'there']);
  return Object.fromEntries([...plain, ...rest].sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** Bytes are floats. Sums of them depend on their order in the last digits. */
function readable(item: object): object {
  const entries = Object.entries(item).map(([name, value]) => {
    if (!(value instanceof Uint8Array)) return [name, value];
    return [name, floats(value).flatMap((float, at) => (float === 0 ? [] : [`${at}: ${float.toFixed(3)}`]))];
  });
  return Object.fromEntries(entries);
}

/** A vector index of nobody. */
export async function strangeIndex(world: World): Promise<void> {
  await world.vectors.send(
    new CreateIndexCommand({
      vectorBucketName: VECTOR_BUCKET,
      indexName: 'u-of-nobody',
      dataType: 'float32',
      dimension: 512,
      distanceMetric: 'cosine',
    }),
  );
}

export const ALBUM = imageId(900);
/** Numbers of photos: two clusters of five, one that waits, one in the trash, one that is no picture. */
export const PHOTOS = 11;
export const TRASHED = 5;

/** A gallery of some of everything: clusters one of which a person named, people, albums by hand and by rule, copies, trash. */
export async function fullGallery(world: World, deps: OrganizeDeps, user: string): Promise<void> {
  const gallery = createGallery(world, deps, user);
  const work = createWorker(world, deps);
  const organize = createOrganize(deps);
  const at = AT.toISOString();
  await deps.albums.setSettings(user, { by: ['country', 'city', 'month', 'event'], min_images: 2 });
  await deps.albums.create(user, {
    ...{ album_id: ALBUM, kind: 'manual', name: 'Mine', sort: 'manual' },
    ...{ created_at: at, updated_at: at },
  });
  const LISBON = { place: { city: 'Lisbon', country: 'Portugal' }, metadata: { gps: { lat: 38.7, lon: -9.1 } } };
  const events: OrganizeEvent[] = [];
  for (let number = 0; number < PHOTOS; number += 1) {
    const theme = number < 5 ? 1 : number < 10 ? 2 : 7;
    const taken_at = `2024-05-1${number % 3}T1${number % 10}:00:00`;
    const changes: Partial<ImageRecord> = {
      ...{ taken_at, taken_at_source: 'camera', taken_key: `${taken_at}#${imageId(number)}` },
      // One that came a moment ago, for the feed.
      created_at: number === 3 ? new Date().toISOString() : at,
      tags: [`theme${theme}`, 'dog'],
      favorite: number % 4 === 0,
      // Two copies of one picture.
      phash: hashOf(number < 2 ? 3000 : 1000 + number, number),
      ...(number % 2 === 0 && LISBON),
      ...(number % 3 === 0 && { albums: { [ALBUM]: `k${number}` } }),
      ...{ raw_metadata: undefined },
    };
    const event = await gallery.described(number, theme, changes);
    if (number < 6)
      await deps.faces.put(user, { image_id: imageId(number), generation: 0, faces: facesOf(number, number % 2) });
    const keys = [`originals/${user}/${imageId(number)}`];
    for (const name of ['small', 'medium', ...(number < 6 ? ['face-0'] : [])])
      keys.push(`thumbnails/${user}/${imageId(number)}/${name}.webp`);
    for (const Key of keys) await world.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: 'x' }));
    events.push(event);
  }
  await organize(user, events);
  await organize(user, [await gallery.rejected(PHOTOS)]);
  const trashed = await gallery.trashed(TRASHED);
  if (trashed) await organize(user, [trashed]);
  const [cluster] = await deps.clusters.list(user);
  if (!cluster) throw new Error('Expected a cluster');
  const words = { name: 'Our dog', name_source: 'person' as const };
  await deps.clusters.edit(user, cluster.cluster_id, { words, cover: cluster.newest[1] ?? null }, at);
  const [person] = [...(await deps.people.centroids(user)).keys()];
  if (person) await createPeople(world.table, TABLE).say(user, person, { name: 'Ann', updated_at: at });
  await work();
  await world.drain('jobs');
}
