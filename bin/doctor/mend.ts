import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { DeleteIndexCommand, GetVectorsCommand } from '@aws-sdk/client-s3vectors';
import { createChecksums } from '../../shared/adapters/checksums.ts';
import { createEmbeddings } from '../../shared/adapters/embeddings.ts';
import type { Clock, NewId } from '../../shared/adapters/ids.ts';
import { createImages } from '../../shared/adapters/images.ts';
import { createObjects } from '../../shared/adapters/objects.ts';
import { createQueues } from '../../shared/adapters/queues.ts';
import { createRebuilt } from '../../shared/adapters/rebuilt.ts';
import { vectorIndexName } from '../../shared/adapters/vectors.ts';
import type { OrganizeEvent } from '../../shared/contract/messages.ts';
import { isTerminal } from '../../shared/domain/image.ts';
import type { Finding, Mend } from './recount/finding.ts';
import { CannotLook, type LiveStack } from './stack.ts';

type Rebuild = Extract<OrganizeEvent, { type: 'rebuild' }>;
type Settled = Extract<OrganizeEvent, { type: 'settled' }>;

export interface MendDeps {
  stack: LiveStack;
  clock: Clock;
  newId: NewId;
  /** A moment; called again and again while organize works. */
  pause: () => Promise<void>;
  /** Whether a user's account is being erased: organize does nothing of theirs any more. */
  isLeaving: (userId: string) => Promise<boolean>;
}

/**
 * How long organize may take to come to one event and to apply it: what waits before it, and two deaths, after each of which a message is
 * hidden for six minutes.
 */
const PATIENCE_MS = 20 * 60_000;

/** As many photos, entries and clusters as organize takes at once: seconds of work each, of the minute it has. */
const PHOTOS = 25;
const STRAYS = 100;
const CLUSTERS = 25;
const SETTLED = 5;

/**
 * Mends what was found of one user. What is derived is organize's to write: it is asked to, through its queue, behind all that waits there.
 * Objects and checksums of nothing are removed here. Every part may be repeated; what is left to do of somebody who is leaving is not done.
 * @throws CannotLook where organize does not come to what it was asked for
 */
export function createMend({ stack, clock, newId, pause, isLeaving }: MendDeps) {
  const { table, tableName, s3, bucketName, vectors, vectorBucketName, sqs } = stack;
  const images = createImages(table, tableName, clock);
  const embeddings = createEmbeddings(table, tableName);
  const checksums = createChecksums(table, tableName);
  const objects = createObjects(s3, bucketName);
  const rebuilt = createRebuilt(table, tableName, clock);
  const queues = createQueues(sqs, { organize: stack.queues.organize?.work });

  return async function mend(userId: string, findings: readonly Finding[]): Promise<void> {
    const mends = findings.flatMap((each) => each.mend);
    for (const imageId of unique(mends, 'embedding')) await putBack(userId, imageId);
    for (const key of unique(mends, 'object')) await removeObject(userId, key);
    for (const { checksum, owner } of mends.flatMap((each) => (isOf(each, 'checksum') ? [each] : [])))
      if (!(await images.get({ userId, imageId: owner }))) await checksums.release(userId, checksum, owner);
    for (const indexName of unique(mends, 'index'))
      await vectors.send(new DeleteIndexCommand({ vectorBucketName, indexName }));
    // One after the other: organize takes ten at once, and has one minute for all of them.
    for (const { before, event } of plan(userId, mends, newId())) {
      await queues.organize([...before, event]);
      if (!(await isApplied(userId, event.event_id))) return;
    }
  };

  /** Waits until organize has applied an event; `false` where it never will, as the user is leaving. */
  async function isApplied(userId: string, eventId: string): Promise<boolean> {
    const until = clock().getTime() + PATIENCE_MS;
    while (!(await rebuilt.isNoted(userId, eventId))) {
      if (await isLeaving(userId)) return false;
      if (clock().getTime() > until)
        throw new CannotLook(
          'Organize has not come to what it was asked to mend. It may be busy, or the work was given up (npm run redrive); what was sent stays in its queue, and doctor can be run again.',
        );
      await pause();
    }
    await rebuilt.forget(userId, eventId);
    return true;
  }

  /** The vector index keeps a copy of each embedding. */
  async function putBack(userId: string, imageId: string): Promise<void> {
    const indexName = vectorIndexName(userId);
    const answer = await vectors.send(
      new GetVectorsCommand({ vectorBucketName, indexName, keys: [imageId], returnData: true }),
    );
    const values = answer.vectors?.[0]?.data?.float32;
    if (values && (await images.getVisible({ userId, imageId })))
      await embeddings.put(userId, imageId, Float32Array.from(values));
  }

  /** An object of no photo; of one that is under way never, nor one that was written since it was seen. */
  async function removeObject(userId: string, key: string): Promise<void> {
    const imageId = key.split('/')[2]?.replace(/\.json$/, '') ?? '';
    const record = await images.get({ userId, imageId });
    if (record && (!isTerminal(record.status) || record.deleted_at)) return;
    const head = await s3.send(new HeadObjectCommand({ Bucket: bucketName, Key: key })).catch(() => null);
    if (!head?.LastModified || head.LastModified.getTime() > clock().getTime() - 3_600_000) return;
    await objects.remove([key]);
  }
}

/** What organize is asked for at once. Only `event`, which comes last, tells when it is done. */
interface Step {
  before: Settled[];
  event: Rebuild;
}

/**
 * What organize is asked for, in the order in which it has to come: photos that have still to be placed, photos, what is too many, clusters,
 * and what counts them all last.
 */
function plan(userId: string, mends: readonly Mend[], run: string): Step[] {
  const parts: (Omit<Rebuild, 'type' | 'event_id' | 'user_id'> & { settled?: string[] })[] = [
    ...chunks(unique(mends, 'settled'), SETTLED).map((settled) => ({ settled })),
    ...chunks(unique(mends, 'photo'), PHOTOS).map((image_ids) => ({ image_ids })),
    ...chunks(unique(mends, 'stray'), STRAYS).map((strays) => ({ strays })),
    ...chunks(unique(mends, 'cluster'), CLUSTERS).map((cluster_ids) => ({ cluster_ids })),
    ...chunks(unique(mends, 'untold'), STRAYS).map((untold) => ({ untold })),
  ];
  const waiting = mends.find((each) => isOf(each, 'waiting'));
  if (waiting) parts.push({ waiting: waiting.waiting });
  if (parts.length === 0 && !mends.includes('counters')) return [];
  parts.push({ counters: true });
  return parts.map(({ settled = [], ...part }, number) => ({
    before: settled.map((image_id) => ({
      type: 'settled',
      event_id: `settled:${image_id}:${run}`,
      user_id: userId,
      image_id,
    })),
    event: { type: 'rebuild', event_id: `rebuild:${run}:${number}`, user_id: userId, ...part },
  }));
}

type Named<K extends string> = Extract<Mend, Record<K, unknown>>;
const isOf = <K extends string>(mend: Mend, kind: K): mend is Named<K> => typeof mend === 'object' && kind in mend;

function unique<K extends 'photo' | 'settled' | 'stray' | 'cluster' | 'untold' | 'embedding' | 'object' | 'index'>(
  mends: readonly Mend[],
  kind: K,
): string[] {
  const named = mends.flatMap((mend) => (isOf(mend, kind) ? [(mend as unknown as Record<K, string>)[kind]] : []));
  return [...new Set(named)].sort();
}

function chunks<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, n) => all.slice(n * size, (n + 1) * size));
}
