import type { Clock } from '../../shared/adapters/ids.ts';
import type { ImageEdits } from '../../shared/adapters/image-edits.ts';
import type { Images } from '../../shared/adapters/images.ts';
import type { Objects } from '../../shared/adapters/objects.ts';
import type { Postings } from '../../shared/adapters/postings.ts';
import type { Queues } from '../../shared/adapters/queues.ts';
import type { Spendings, Waiting } from '../../shared/adapters/spendings.ts';
import { typicalCostMicroDollars } from '../../shared/domain/cost.ts';
import { listOf } from '../../shared/domain/search/postings.ts';
import { each } from './each.ts';

export interface WaitingDeps {
  spendings: Pick<Spendings, 'thisMonth' | 'waiting' | 'lookAgain' | 'noneWaits'>;
  postings: Pick<Postings, 'page'>;
  images: Pick<Images, 'get'>;
  edits: Pick<ImageEdits, 'rerun'>;
  queues: Pick<Queues, 'resume'>;
  objects: Pick<Objects, 'bucket'>;
  /** What one person may spend in a month, in micro-dollars. */
  aiMicroUsd: number;
  clock: Clock;
  /** How long a person's photos are left alone between two looks, in milliseconds. */
  staleMs: number;
}

/** Photos of each person one sweep sets going, and entries of their lists it reads for that. */
const MOST_SENT = 200;
const MOST_READ = 1_000;
const PAGE = 100;
/** A photo in the trash does not wait, and does again when it is restored. */
const FORGOTTEN_MS = 400 * 24 * 3600 * 1000;
const EMPTY_MS = 24 * 3600 * 1000;

/**
 * Sets photos going whose description waits for their owner's budget, newest first, once there is one: a month has begun, or the limit
 * was raised. No more than the budget has room for at the price of the dearest model, and what it gets to before `until`: the rest comes at
 * the next look. Answers how many.
 */
export function createWaitingSweep(deps: WaitingDeps) {
  const { spendings, postings, images, edits, queues, objects, aiMicroUsd, clock, staleMs } = deps;

  async function lookAfter(waiting: Waiting, count: { sent: number }, inTime: () => boolean): Promise<void> {
    const userId = waiting.user_id;
    await spendings.lookAgain(waiting, clock());
    const room = aiMicroUsd - (await spendings.thisMonth(userId));
    if (room <= 0) return;
    const affordable = Math.min(MOST_SENT, Math.ceil(room / typicalCostMicroDollars()));
    let sent = 0;
    let read = 0;
    for (let before: string | undefined; sent < affordable && read < MOST_READ; ) {
      const { items, more } = await postings.page(userId, listOf.waiting, { before, limit: PAGE });
      for (const { image_id } of items) if (sent < affordable && inTime() && (await send(userId, image_id))) sent += 1;
      read += items.length;
      before = items.at(-1)?.image_id;
      if (!more || before === undefined || !inTime()) break;
    }
    count.sent += sent;
    if (read > 0) return;
    if (Date.parse(waiting.waiting_at) < clock().getTime() - FORGOTTEN_MS) await spendings.noneWaits(waiting);
    // Its entry may still have to be written.
    else if (Date.parse(waiting.waiting_at) < clock().getTime() - EMPTY_MS)
      await spendings.lookAgain(waiting, new Date(clock().getTime() + EMPTY_MS));
  }

  /** Whether a photo has begun another round. Its entry stays until it has ended. */
  async function send(userId: string, imageId: string): Promise<boolean> {
    const record = await images.get({ userId, imageId });
    if (record?.status !== 'done' || record.stages.describe.state !== 'waiting') return false;
    const outcome = await edits.rerun({ userId, imageId }, ['describe']);
    if (outcome?.state !== 'changed') return false;
    // One that dies before its message is sent is found standing still.
    await queues.resume(objects.bucket, outcome.record);
    return true;
  }

  return async function sweepWaiting(until: Date): Promise<{ people: number; sent: number }> {
    const longAgo = new Date(clock().getTime() - staleMs);
    const inTime = () => clock() < until;
    const count = { sent: 0 };
    const people = await each(spendings.waiting(longAgo), (waiting) => lookAfter(waiting, count, inTime), inTime);
    return { people, sent: count.sent };
  };
}
