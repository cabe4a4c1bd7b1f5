import { deadLetters, quiet } from './stack.ts';
import { type Item, type Reachable, readStored, type Stored } from './stored.ts';

interface ImageItem extends Item {
  image_id: string;
  status: string;
  sha256?: string;
  bytes?: number;
  stages: Record<string, { state: string }>;
  cluster?: { cluster_id: string | null };
}

const TERMINAL = ['done', 'failed', 'rejected', 'duplicate', 'expired'];
const ENDED = ['done', 'skipped', 'refused', 'waiting', 'failed'];
/** What nobody derives from one photo, and so is not counted here. */
const OWN_RIGHT = ['PROFILE', 'JOB', 'AZURE'];

/** A photo, as its owner's id and its own: ids are compared as pairs, so that nothing can hide in another user's partition. */
const at = (userId: string, id: string) => `${userId}/${id}`;

/**
 * Counts everything a stack has stored against the records in its table, once it has come to rest, and answers every deviation
 * from what must always be true. Knows where things lie from the design alone and shares no code with the product.
 */
export async function recount(stack: Reachable): Promise<string[]> {
  await quiet(stack);
  const stored = await readStored(stack);
  const kinds = Map.groupBy(stored.items, ({ sk }) => sk.split('#')[0] ?? '');
  const records = new Map(
    (kinds.get('IMAGE') ?? []).map((item) => [at(item.user_id, item.sk.slice('IMAGE#'.length)), item as ImageItem]),
  );
  return [
    ...(await deadLetters(stack)).map((letters) => `dead letters: ${letters}`),
    ...unknownItems(kinds),
    ...[...records].flatMap(([id, record]) => checkRecord(id, record)),
    ...checkObjects(stored, records),
    ...checkEmbeddings(stored, kinds.get('VECTOR') ?? [], records),
    ...checkChecksums(kinds.get('CHECKSUM') ?? [], records),
    ...checkClusters(kinds, records),
    ...checkMemory(kinds.get('CLUSTERING') ?? [], records),
  ];
}

type Kinds = ReadonlyMap<string, Item[]>;
type Records = ReadonlyMap<string, ImageItem>;

function unknownItems(kinds: Kinds): string[] {
  const known = ['IMAGE', 'VECTOR', 'CHECKSUM', 'CENTROID', 'CLUSTER', 'IN', 'CLUSTERING', ...OWN_RIGHT];
  return [...kinds.keys()].filter((kind) => !known.includes(kind)).map((kind) => `an item nobody knows: ${kind}`);
}

function checkRecord(id: string, record: ImageItem): string[] {
  const says: string[] = [];
  const { status, stages } = record;
  if (record.deleted_at) says.push('is deleted, but not erased');
  if (!TERMINAL.includes(status)) says.push(`has not ended: ${status}`);
  if (record.shard || record.since) says.push(`is ${status}, but still on the list of what is under way`);
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

/** Which objects there must be: for a photo that is done its original and two thumbnails; of others at most kept bytes. */
function checkObjects({ objects }: Stored, records: Records): string[] {
  const says: string[] = [];
  const expected = new Map<string, { id: string; record: ImageItem }>();
  for (const [id, record] of records) {
    if (record.status === 'failed') expected.set(`originals/${id}`, { id, record });
    if (record.status !== 'done') continue;
    for (const key of [`originals/${id}`, `thumbnails/${id}/small.webp`, `thumbnails/${id}/medium.webp`]) {
      expected.set(key, { id, record });
    }
  }
  const there = new Map(objects.map((object) => [object.key, object]));
  for (const [key, { bytes }] of there) {
    if (key.startsWith('jobs/')) continue;
    if (!expected.has(key)) says.push(`object ${key} belongs to nothing`);
    if (bytes === 0) says.push(`object ${key} is empty`);
  }
  for (const [key, { id, record }] of expected) {
    if (record.status !== 'done') continue;
    const object = there.get(key);
    if (!object) says.push(`image ${id} is done without ${key}`);
    else if (key.startsWith('originals/') && (object.sha256 !== record.sha256 || object.bytes !== record.bytes)) {
      says.push(`image ${id}: its original is not what its record says`);
    }
  }
  return says;
}

function checkEmbeddings({ vectors }: Stored, items: readonly Item[], records: Records): string[] {
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
    if (record.status !== 'done' && item) says.push(`image ${id} is ${record.status} with an item VECTOR`);
    if (entries.length !== (item ? 1 : 0)) says.push(`image ${id} has ${entries.length} vectors in the index`);
    const [entry] = entries;
    if (item && entry && !same(item.vector as Uint8Array, entry.values)) {
      says.push(`image ${id}: its vector in the index is not the one in the table`);
    }
  }
  return says;
}

/** Whether little-endian 32-bit floats are these numbers. */
function same(stored: Uint8Array, values: readonly number[]): boolean {
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  return (
    values.length * 4 === stored.byteLength &&
    values.every((value, index) => Math.abs(view.getFloat32(index * 4, true) - value) < 1e-6)
  );
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

/** Photos that wait for a cluster, or stand for those that do not agree, must still be there. */
function checkMemory(items: readonly Item[], records: Records): string[] {
  return items.flatMap(({ user_id, waiting, witnesses }) =>
    [...(waiting as string[]), ...(witnesses as string[])]
      .filter((id) => !records.has(at(user_id, id)))
      .map((id) => `clustering remembers ${id}, which is gone`),
  );
}
