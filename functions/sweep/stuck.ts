import type { Departure, Departures } from '../../shared/adapters/departures.ts';
import type { Clock } from '../../shared/adapters/ids.ts';
import type { Images, UnderWay } from '../../shared/adapters/images.ts';
import type { Job, Jobs } from '../../shared/adapters/jobs.ts';
import type { Objects } from '../../shared/adapters/objects.ts';
import type { Queues } from '../../shared/adapters/queues.ts';
import { hasEnded, type ImageRecord, isTerminal, STAGES, type StageName } from '../../shared/domain/image.ts';
import { incomingKey } from '../../shared/domain/object-keys.ts';
import { purgeDue } from '../../shared/domain/trash.ts';
import { hashUserId, type Logger } from '../../shared/lambda/logger.ts';
import { each } from './each.ts';
import { sendSettled } from './send-settled.ts';

export interface StuckDeps {
  images: Images;
  jobs: Jobs;
  departures: Pick<Departures, 'stale' | 'touch'>;
  objects: Objects;
  queues: Queues;
  clock: Clock;
  /** How long without a sign of life is too long, in milliseconds. */
  staleMs: number;
  logger?: Pick<Logger, 'info'>;
}

const JOB_GIVES_UP_AFTER_MS = 24 * 3600 * 1000;
/** With so many messages in its queue a photo that has not moved most likely stands in line, and another message would only lengthen it … */
const LONG_LINE = 500;
/** … unless it has not moved for so many times as long as is too long otherwise. */
const PATIENCE = 24;

/**
 * Sends the messages of work that has stopped moving once more, of a photo less and less often and not into a long line, ends what will
 * not move any more, and purges the trash.
 */
export function createStuck({ images, jobs, departures, objects, queues, clock, staleMs, logger }: StuckDeps) {
  /** What sends each stage's work again. */
  const resend: Record<StageName, (record: ImageRecord) => Promise<void>> = {
    ingest: ({ user_id, image_id }) => queues.ingest(objects.bucket, user_id, incomingKey(user_id, image_id)),
    describe: ({ user_id, image_id }) => queues.describe({ user_id, image_id }),
    faces: ({ user_id, image_id }) => queues.faces(objects.bucket, { user_id, image_id }),
    organize: ({ user_id, image_id, generation }) =>
      queues.organize([
        {
          type: 'described',
          // Not the first event's id: the queue would drop that as a repetition within five minutes.
          event_id: `described:${image_id}:${generation}:${clock().getTime()}`,
          user_id,
          image_id,
        },
      ]),
  };

  /** Whether the photo's turn has most likely not come yet. `lines`: how many messages wait for each stage, as far as is known. */
  async function isInLine(record: UnderWay, stage: StageName, lines: Map<StageName, number>): Promise<boolean> {
    if (Date.parse(record.since ?? record.updated_at) < clock().getTime() - PATIENCE * staleMs) return false;
    const waiting = lines.get(stage) ?? (await queues.waiting(stage));
    lines.set(stage, waiting);
    return waiting >= LONG_LINE;
  }

  async function reviveImage(record: UnderWay, lines: Map<StageName, number>): Promise<void> {
    const { user_id: userId, image_id: imageId } = record;
    const key = { userId, imageId };
    logger?.info('A photo stands still.', { image_id: imageId, user: hashUserId(userId), status: record.status });
    const due = purgeDue(record);
    const overdue = due !== null && Date.parse(due) <= clock().getTime();
    if (record.deleted_at || overdue) {
      // One that was restored since the index was read stays.
      if (!(await (record.deleted_at ? images.revive(key, record, staleMs) : images.purge(key, record)))) return;
      await queues.organize([
        { type: 'removed', event_id: `removed:${imageId}:${clock().getTime()}`, user_id: userId, image_id: imageId },
      ]);
      return;
    }
    if (record.status === 'awaiting_upload') {
      if (await isInLine(record, 'ingest', lines)) return;
      if (await objects.head(incomingKey(userId, imageId))) {
        if (await images.revive(key, record, staleMs)) await resend.ingest(record);
      } else if (Date.parse(record.upload_expires_at) < clock().getTime()) {
        const expired = await images.expire(key);
        if (expired) await sendSettled(queues, expired, clock());
      }
      return;
    }
    const open = STAGES.filter((name) => !hasEnded(record.stages[name].state));
    const [stage = 'organize'] = isTerminal(record.status) ? [] : open;
    if (await isInLine(record, stage, lines)) return;
    // Otherwise something has happened to it since the index was read.
    if (!(await images.revive(key, record, staleMs))) return;
    // It has ended; what is derived from it has not followed yet.
    if (isTerminal(record.status)) return sendSettled(queues, record, clock());
    // Describe and faces run beside each other.
    if (stage === 'describe' || stage === 'faces') {
      for (const name of open) if (name !== 'organize') await resend[name](record);
    } else if (open.length > 0) await resend[stage](record);
    else await sendSettled(queues, await images.finishIfEnded(key, record), clock());
  }

  async function reviveJob(job: Job): Promise<void> {
    const age = clock().getTime() - Date.parse(job.created_at);
    if (age > JOB_GIVES_UP_AFTER_MS) {
      const message = 'The job did not end within a day. Please ask for it again.';
      await jobs.fail(job.user_id, job.job_id, { code: 'timed_out', message });
      return;
    }
    // In twice the time since it was asked for, unless it comes further before: what it does may kill whoever does it.
    await jobs.rest(job.user_id, job.job_id, new Date(clock().getTime() + Math.max(0, age - staleMs)));
    await queues.jobs({ type: job.type, user_id: job.user_id, job_id: job.job_id });
  }

  async function goOnErasing({ user_id }: Departure): Promise<void> {
    await departures.touch(user_id);
    await queues.jobs({ type: 'erase_account', user_id });
  }

  /**
   * Looks at what it gets to before `until`, accounts to be erased first: there are few of them. Answers how many of each were looked at.
   * Throws, at the end, what went wrong with any of them.
   */
  return async function sweepStuck(until: Date): Promise<{ images: number; jobs: number; accounts: number }> {
    const before = new Date(clock().getTime() - staleMs);
    const inTime = () => clock() < until;
    const count = { images: 0, jobs: 0, accounts: 0 };
    const lines = new Map<StageName, number>();
    await each(
      [
        async () => {
          count.accounts = await each(departures.stale(before), goOnErasing, inTime);
        },
        async () => {
          count.jobs = await each(jobs.stale(before), reviveJob, inTime);
        },
        async () => {
          count.images = await each(images.stale(before), (record) => reviveImage(record, lines), inTime);
        },
      ],
      (sweepKind) => sweepKind(),
    );
    return count;
  };
}
