import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { ListVectorsCommand } from '@aws-sdk/client-s3vectors';
import { createPictures } from '../../shared/adapters/pictures.ts';
import { incomingKey, originalKey } from '../../shared/domain/object-keys.ts';
import { leftOf } from '../support/departed.ts';
import { type IndexedVector, recountAll, type StoredObject } from '../support/deviations.ts';
import type { Item } from '../support/items.ts';
import { BUCKET, VECTOR_BUCKET, type World } from '../support/world.ts';
import type { Upload } from './acts.ts';
import { type Life, STALE_MS } from './life.ts';
import { BROKEN, sha256 } from './pictures.ts';
import { QUEUES } from './schedule.ts';
import type { Stage } from './stage.ts';

/** Looks at what is left until it is said that a life does not come to rest. */
const MOST_LOOKS = 40;
const TERMINAL = ['done', 'failed', 'rejected', 'duplicate', 'expired'];

/** What is still under way: nobody waits for the day something in the trash is purged. */
function underWay(items: readonly Item[]): Item[] {
  return items.filter((item) => {
    const { sk, shard, status } = item;
    if (sk.startsWith('JOB#')) return status === 'queued' || status === 'running';
    if (sk.startsWith('IMAGE#')) {
      const trashed = item.trashed_at !== undefined && item.since === item.purge_at;
      return item.deleted_at !== undefined || !TERMINAL.includes(String(status)) || (shard !== undefined && !trashed);
    }
    return item.deleted_at !== undefined && shard !== undefined;
  });
}

/** Lets queues and sweep work until there is nothing left to do. Answers what would not end. */
async function rest(life: Life, { world, time }: Stage): Promise<string[]> {
  for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
    await life.pass(1, 400);
    const next = life.queues.nextAt();
    if (next !== null) {
      await life.pass((next - time.now()) / 1000 + 1, 400);
      continue;
    }
    const open = underWay((await world.items()) as Item[]);
    if (open.length === 0) {
      // Once more, for letters that were not seen to.
      if (life.queues.left().length === 0) return [];
      continue;
    }
    const due = Math.min(...open.map(({ since }) => (since ? Date.parse(String(since)) : time.now())));
    const wait = Math.max(61_000, due + STALE_MS + 1000 - time.now());
    time.advance(wait);
    await life.sweep();
  }
  const left = underWay((await world.items()) as Item[]).map(
    ({ user_id, sk, status, since }) => `${user_id} ${sk} ${status ?? ''} since ${since}`,
  );
  return [`it does not come to rest: ${[...left, ...life.queues.left()].join('; ')}`];
}

/** Bytes posted again to a photo that has ended, and whose event got lost: the bucket's lifecycle removes them after 30 days. */
const isForLifecycle = ({ queues }: Life, key: string) =>
  key.startsWith('incoming/') && queues.lost().some((body) => body.includes(key));

async function objectsOf(stage: Stage, life: Life, encrypted: boolean) {
  const { world, keys } = stage;
  const { Contents = [] } = await world.s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
  const clock = () => new Date();
  const settings = { BUCKET_NAME: BUCKET, ...keys.settings };
  const reader = encrypted ? createPictures({ s3: world.s3, table: world.table, settings, clock }).objects : null;
  const objects: StoredObject[] = [];
  for (const { Key: key = '', Size = 0 } of Contents) {
    if (isForLifecycle(life, key)) continue;
    // Of thumbnails and faces only that they are there.
    if (!/^(originals|downloads)\//.test(key)) objects.push({ key, bytes: Size });
    else {
      const bytes = reader
        ? await reader.read(key)
        : await world.s3
            .send(new GetObjectCommand({ Bucket: BUCKET, Key: key }))
            .then(({ Body }) => Body?.transformToByteArray());
      objects.push({ key, bytes: bytes?.length ?? 0, sha256: sha256(bytes ?? new Uint8Array()) });
    }
  }
  return objects;
}

async function vectorsOf(world: World): Promise<IndexedVector[]> {
  const vectors: IndexedVector[] = [];
  for (const indexName of await world.vectorIndexes()) {
    const page = await world.vectors.send(
      new ListVectorsCommand({ vectorBucketName: VECTOR_BUCKET, indexName, returnData: true }),
    );
    for (const { key = '', data } of page.vectors ?? [])
      vectors.push({ index: indexName, key, values: data?.float32 ?? [] });
  }
  return vectors;
}

/** Letters that nobody will read again must belong to a photo that says why it failed. */
function checkLetters(life: Life, records: ReadonlyMap<string, Item>): string[] {
  return QUEUES.flatMap((name) =>
    life.queues.dead(name).flatMap((body) => {
      const [, id = ''] = /incoming\/([^"]+)/.exec(body) ?? [];
      const explained = name === 'ingest' && records.get(decodeURIComponent(id))?.status === 'failed';
      return explained ? [] : [`a dead letter of ${name}: ${body}`];
    }),
  );
}

/** What became of each upload that S3 has taken. */
function checkUploads(
  uploads: readonly Upload[],
  closed: ReadonlySet<string>,
  records: ReadonlyMap<string, Item>,
  keys: ReadonlySet<string>,
): string[] {
  return uploads.flatMap((upload) => {
    const { userId, imageId, picture, arrived } = upload;
    if (closed.has(userId) || !arrived) return [];
    const record = records.get(`${userId}/${imageId}`);
    const name = `upload ${userId}/${imageId} of picture ${picture}`;
    if (!record) return upload.unwanted ? [] : [`${name} is lost`];
    if (record.status === 'expired' && !record.trashed_at) return [`${name} is expired, though its bytes have come`];
    if (
      record.status === 'failed' &&
      !keys.has(incomingKey(userId, imageId)) &&
      !keys.has(originalKey(userId, imageId))
    )
      return [`${name} is failed, and its bytes are gone: ${JSON.stringify(record.error)}`];
    if (record.status === 'rejected' && picture !== BROKEN && upload.once)
      return [`${name} is rejected: ${JSON.stringify(record.error)}`];
    if (record.status === 'done' && picture === BROKEN && upload.once)
      return [`${name} is done, though it is no picture`];
    return [];
  });
}

/** Lets a life come to rest, and answers everything that is then not as it must always be. */
export async function recount(stage: Stage, life: Life, encrypted: boolean): Promise<string[]> {
  const restless = await rest(life, stage);
  // Dead letters are looked at by sweep, which sees some of them later than others.
  for (let looks = 0; looks < 3 && QUEUES.some((name) => life.queues.dead(name).length > 0); looks += 1) {
    stage.time.advance(61_000);
    await life.sweep();
    restless.push(...(await rest(life, stage)));
  }
  const { world } = stage;
  const items = (await world.items()) as Item[];
  const [objects, vectors, indexes] = [
    await objectsOf(stage, life, encrypted),
    await vectorsOf(world),
    await world.vectorIndexes(),
  ];
  const records = new Map(
    items.filter(({ sk }) => sk.startsWith('IMAGE#')).map((item) => [`${item.user_id}/${item.image_id}`, item]),
  );
  const gone = (item: Item) => item.sk === 'PROFILE' && item.deleted_at !== undefined;
  const kept = { items, objects: objects.map(({ key }) => key), indexes };
  return [
    ...life.problems,
    ...restless,
    ...checkLetters(life, records),
    ...recountAll({ items: items.filter((item) => !gone(item)), vectors, objects }),
    ...checkUploads(life.uploads, life.closed, records, new Set(kept.objects)),
    ...[...life.closed]
      .filter((userId) => items.some((item) => gone(item) && item.user_id === userId))
      .flatMap((userId) => leftOf(userId, kept).map((what) => `left of ${userId}: ${what}`)),
  ];
}
