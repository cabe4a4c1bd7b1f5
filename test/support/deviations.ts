import { checkAlbums } from './album-deviations.ts';
import { checkIndex } from './index-deviations.ts';
import type { Item } from './items.ts';
import { linkDeviations } from './link-deviations.ts';
import { checkPeople } from './people-deviations.ts';

/** A vector of the vector index, and the name of the index it is in. */
export interface IndexedVector {
  index: string;
  key: string;
  values: number[];
}

export interface ImageItem extends Item {
  image_id: string;
  status: string;
  sha256?: string;
  bytes?: number;
  stages: Record<string, { state: string }>;
  cluster?: { cluster_id: string | null; reason?: string; leaving?: string };
  thumbnails?: Record<string, { key: string }>;
  raw_metadata?: { key: string };
}

const TERMINAL = ['done', 'failed', 'rejected', 'duplicate', 'expired'];
const ENDED = ['done', 'skipped', 'refused', 'waiting', 'failed'];
/** What nobody derives from one photo, and so is not counted here. */
const OWN_RIGHT = ['PROFILE', 'JOB', 'AZURE', 'ALBUM_SETTINGS', 'UNDO', 'LINK', 'UPLOADS', 'SPENDING', 'WAITING'];
const ALBUMS = ['ALBUM', 'EVENT', 'IN_ALBUM', 'PLACED', 'TAKEN'];
const PHOTOS_AND_CLUSTERS = ['IMAGE', 'VECTOR', 'FACES', 'CHECKSUM', 'CENTROID', 'CLUSTER', 'IN', 'CLUSTERING'];
const PEOPLE = ['PERSON', 'PERSON_CENTROID'];
const INDEX = [
  'DOC',
  'TERM',
  'TAG',
  'COLOR',
  'PHASH',
  'PLACE',
  'CAMERA',
  'STATUS',
  'TRASH',
  'FLAG',
  'MODEL',
  'SIZE',
  'SPARE',
  'ACTIVITY',
  'FACE',
  'SUGGEST',
  'SUMMARY',
  'TALLY',
  'NEAR',
];

/** The words before the first `#` of every sort key there is. */
export const KINDS: readonly string[] = [...PHOTOS_AND_CLUSTERS, ...PEOPLE, ...INDEX, ...OWN_RIGHT, ...ALBUMS];

/** A photo, as its owner's id and its own: ids are compared as pairs, so that nothing can hide in another user's partition. */
const at = (userId: string, id: string) => `${userId}/${id}`;

/** The image records among items, by owner and id. */
export function recordsIn(items: readonly Item[]): Map<string, ImageItem> {
  const images = items.filter(({ sk }) => sk.startsWith('IMAGE#')) as ImageItem[];
  return new Map(images.map((item) => [at(item.user_id, item.sk.slice('IMAGE#'.length)), item]));
}

/**
 * Counts everything in a table, and the vectors beside it, against its image records, once all has come to rest; answers every
 * deviation from what must always be true.
 */
export function deviations(items: readonly Item[], vectors: readonly IndexedVector[]): string[] {
  const kinds = Map.groupBy(items, ({ sk }) => sk.split('#')[0] ?? '');
  const records = recordsIn(items);
  return [
    ...unknownItems(kinds),
    ...[...records].flatMap(([id, record]) => checkRecord(id, record)),
    ...checkEmbeddings(vectors, kinds.get('VECTOR') ?? [], records),
    ...checkFaces(kinds.get('FACES') ?? [], records),
    ...checkChecksums(kinds.get('CHECKSUM') ?? [], records),
    ...checkClusters(kinds, records),
    ...checkCentroids(kinds),
    ...checkUndo(kinds),
    ...checkMemory(kinds.get('CLUSTERING') ?? [], records),
    ...linkDeviations(items),
    ...[...Map.groupBy(items, ({ user_id }) => user_id)].flatMap(([user, own]) =>
      [...checkIndex(own), ...checkAlbums(own), ...checkPeople(own)].map((words) => `${user}: ${words}`),
    ),
  ];
}

type Kinds = ReadonlyMap<string, Item[]>;
type Records = ReadonlyMap<string, ImageItem>;

function unknownItems(kinds: Kinds): string[] {
  return [...kinds.keys()].filter((kind) => !KINDS.includes(kind)).map((kind) => `an item nobody knows: ${kind}`);
}

function checkRecord(id: string, record: ImageItem): string[] {
  const says: string[] = [];
  const { status, stages } = record;
  if (record.deleted_at) says.push('is deleted, but not erased');
  if (!TERMINAL.includes(status)) says.push(`has not ended: ${status}`);
  if (record.trashed_at) says.push(...checkTrashed(record));
  else if (record.shard || record.since) says.push(`is ${status}, but still on the list of what is under way`);
  else if (record.purge_at) says.push('is to be purged, but not in the trash');
  if (
    record.taken_key !== (record.trashed_at || !record.taken_at ? undefined : `${record.taken_at}#${record.image_id}`)
  )
    says.push(`has the key ${record.taken_key} on the timeline`);
  for (const [name, { state }] of Object.entries(stages)) {
    if (status === 'done' && !ENDED.includes(state)) says.push(`is done, but its stage ${name} is ${state}`);
  }
  const reason = record.error as { code?: string; message?: string } | undefined;
  const needsReason = ['failed', 'rejected', 'duplicate', 'expired'].includes(status);
  if (needsReason && !(reason?.code && reason.message)) says.push(`is ${status} without a reason`);
  if (status === 'done' && reason) says.push(`is done, but says ${reason.message}`);
  if (status === 'duplicate' && !record.duplicate_of) says.push('is a duplicate of nothing');
  return says.map((words) => `image ${id} ${words}`);
}

/** It waits for the day it is to be purged, and is in no cluster. */
function checkTrashed({ status, original, trashed_at, purge_at, shard, since, cluster }: ImageItem): string[] {
  const kept = status === 'done' || (status === 'failed' && original);
  const due = kept ? purge_at : trashed_at;
  return [
    ...(shard && since === due ? [] : [`is in the trash, and due ${since}, expected ${due}`]),
    ...(cluster && (cluster.cluster_id || cluster.reason !== 'trashed' || cluster.leaving)
      ? [`is in the trash, but its cluster is ${JSON.stringify(cluster)}`]
      : []),
  ];
}

function checkEmbeddings(vectors: readonly IndexedVector[], items: readonly Item[], records: Records): string[] {
  const says: string[] = [];
  const owners = new Map([...records].map(([id, { user_id, image_id }]) => [image_id, { id, user_id }]));
  const indexed = Map.groupBy(vectors, ({ key }) => key);
  for (const [index, entries] of Map.groupBy(vectors, (vector) => vector.index)) {
    const users = new Set(entries.map(({ key }) => owners.get(key)?.user_id ?? 'nobody'));
    if (users.size > 1) says.push(`vector index ${index} holds vectors of ${[...users].join(', ')}`);
  }
  const stored = new Map(items.map((item) => [at(item.user_id, item.sk.slice('VECTOR#'.length)), item]));
  for (const id of stored.keys()) if (!records.has(id)) says.push(`item VECTOR ${id} belongs to nothing`);
  for (const key of indexed.keys()) if (!owners.has(key)) says.push(`vector ${key} belongs to nothing`);
  for (const [id, record] of records) {
    const described = record.status === 'done' && ['done', 'skipped'].includes(record.stages.describe?.state ?? '');
    const item = stored.get(id);
    const entries = indexed.get(record.image_id) ?? [];
    if (described && !item) says.push(`image ${id} is described without an item VECTOR`);
    // One that was run again may fail; it keeps what it had.
    if (record.status !== 'done' && item && !record.cluster)
      says.push(`image ${id} is ${record.status} with an item VECTOR`);
    if (item?.next) says.push(`image ${id} has a new embedding that was not placed`);
    if (item && Boolean(item.aside) !== Boolean(record.trashed_at))
      says.push(`image ${id} is set aside: ${item.aside}`);
    if (entries.length !== (item && !record.trashed_at ? 1 : 0))
      says.push(`image ${id} has ${entries.length} vectors in the index`);
    const [entry] = entries;
    if (item && entry && !same(item.vector as Uint8Array, entry.values)) {
      says.push(`image ${id}: its vector in the index is not the one in the table`);
    }
  }
  return says;
}

/** The faces found in a photo belong to it, lie in it, are numbered from 0, and their descriptors have unit length. */
function checkFaces(items: readonly Item[], records: Records): string[] {
  return items.flatMap(({ user_id, sk, faces }) => {
    const id = at(user_id, sk.slice('FACES#'.length));
    if (!records.has(id)) return [`faces of ${id} belong to nothing`];
    return (faces as { n: number; box: Record<string, number>; descriptor: Uint8Array }[]).flatMap((face, n) => {
      const { x = -1, y = -1, width = 9, height = 9 } = face.box;
      const inside = Math.min(x, y) >= 0 && Math.max(x + width, y + height) <= 1 + 1e-6;
      const numbers = floats(face.descriptor);
      const unit = numbers.length === 128 && Math.abs(Math.hypot(...numbers) - 1) < 1e-4;
      return face.n === n && inside && unit ? [] : [`face ${n} of ${id} is not as it should be`];
    });
  });
}

/** Little-endian 32-bit floats as numbers. */
function floats(stored: Uint8Array): number[] {
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  return Array.from({ length: stored.byteLength / 4 }, (_, index) => view.getFloat32(index * 4, true));
}

function same(stored: Uint8Array, values: readonly number[]): boolean {
  const numbers = floats(stored);
  return numbers.length === values.length && values.every((value, i) => Math.abs((numbers[i] ?? 9) - value) < 1e-6);
}

function checkChecksums(items: readonly Item[], records: Records): string[] {
  const says: string[] = [];
  const owners = new Map(items.map((item) => [at(item.user_id, item.sk.slice('CHECKSUM#'.length)), item]));
  for (const [id, { user_id, image_id }] of owners) {
    if (!records.has(at(user_id, String(image_id)))) says.push(`checksum ${id} belongs to ${image_id}, which is gone`);
  }
  for (const [id, { user_id, image_id, sha256, status }] of records) {
    const owner = owners.get(at(user_id, sha256 ?? ''))?.image_id;
    if (status === 'done' && owner !== image_id) says.push(`image ${id} is done, but its bytes are ${owner}'s`);
  }
  return says;
}

function checkClusters(kinds: Kinds, records: Records): string[] {
  const says: string[] = [];
  const byId = (kind: string) =>
    new Map((kinds.get(kind) ?? []).map((item) => [at(item.user_id, item.sk.slice(kind.length + 1)), item]));
  const centroids = byId('CENTROID');
  const clusters = byId('CLUSTER');
  const members = Map.groupBy(kinds.get('IN') ?? [], ({ user_id, sk }) => at(user_id, sk.split('#')[1] ?? ''));
  for (const cluster of new Set([...centroids.keys(), ...clusters.keys(), ...members.keys()])) {
    const counts = {
      centroid: centroids.get(cluster)?.count ?? 0,
      cluster: clusters.get(cluster)?.count ?? 0,
      members: members.get(cluster)?.length ?? 0,
    };
    if (new Set(Object.values(counts)).size > 1) says.push(`cluster ${cluster} counts ${JSON.stringify(counts)}`);
    if (counts.members === 0) says.push(`cluster ${cluster} is empty`);
    const ids = new Set((members.get(cluster) ?? []).map(({ image_id }) => image_id));
    const strangers = ((clusters.get(cluster)?.newest ?? []) as string[]).filter((id) => !ids.has(id));
    const cover = clusters.get(cluster)?.cover_image_id;
    if (cover !== undefined && !ids.has(cover as string)) says.push(`cluster ${cluster} has a cover that is no member`);
    if (strangers.length > 0) says.push(`cluster ${cluster} shows ${strangers.join(', ')}, not its members`);
  }
  const memberships = Map.groupBy(kinds.get('IN') ?? [], ({ user_id, sk }) => at(user_id, sk.split('#')[2] ?? ''));
  for (const id of memberships.keys()) if (!records.has(id)) says.push(`membership of ${id} belongs to nothing`);
  for (const [id, { cluster }] of records) {
    const named = cluster?.cluster_id ? [cluster.cluster_id] : [];
    const actual = (memberships.get(id) ?? []).map(({ sk }) => sk.split('#')[1]);
    if (String(named) !== String(actual)) says.push(`image ${id} names cluster "${named}", but is in "${actual}"`);
  }
  return says;
}

/** A centroid is the sum of its members' embeddings. */
function checkCentroids(kinds: Kinds): string[] {
  const vectors = new Map((kinds.get('VECTOR') ?? []).map((item) => [at(item.user_id, String(item.image_id)), item]));
  const members = Map.groupBy(kinds.get('IN') ?? [], ({ user_id, sk }) => at(user_id, sk.split('#')[1] ?? ''));
  return (kinds.get('CENTROID') ?? []).flatMap(({ user_id, cluster_id, sum }) => {
    const id = at(user_id, String(cluster_id));
    const left = floats(sum as Uint8Array);
    for (const { image_id } of members.get(id) ?? []) {
      const vector = vectors.get(at(user_id, String(image_id)))?.vector as Uint8Array | undefined;
      if (vector) for (const [index, value] of floats(vector).entries()) left[index] = (left[index] ?? 0) - value;
    }
    const off = Math.max(...left.map(Math.abs));
    return off < 1e-3 ? [] : [`the centroid of cluster ${id} is off by ${off}`];
  });
}

/** What can be undone was done by a job that has ended; what is being undone is forgotten by then. */
function checkUndo(kinds: Kinds): string[] {
  const jobs = new Map((kinds.get('JOB') ?? []).map((item) => [at(item.user_id, item.sk.slice('JOB#'.length)), item]));
  return (kinds.get('UNDO') ?? []).flatMap(({ user_id, sk, job_id, undone_by }) => {
    const status = jobs.get(at(user_id, String(job_id)))?.status;
    const says = status === 'done' || status === 'failed' ? [] : [`${sk} names a job that is ${status}`];
    return undone_by === undefined ? says : [...says, `${sk} is undone, but still there`];
  });
}

/** Photos that wait for a cluster, or stand for those that do not agree, must still be there. */
function checkMemory(items: readonly Item[], records: Records): string[] {
  const byHand = items.flatMap(({ user_id, waiting }) =>
    (waiting as string[])
      .filter((id) => records.get(at(user_id, id))?.cluster?.reason === 'moved_by_hand')
      .map((id) => `${id} waits for a cluster, though a person has moved it`),
  );
  const gone = items.flatMap(({ user_id, waiting, witnesses }) =>
    [...(waiting as string[]), ...(witnesses as string[])]
      .filter((id) => records.get(at(user_id, id))?.trashed_at !== undefined || !records.has(at(user_id, id)))
      .map((id) => `clustering remembers ${id}, which is gone`),
  );
  return [...byHand, ...gone];
}
