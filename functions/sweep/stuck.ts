import type { Departure, Departures } from '../../shared/adapters/departures.ts';
import type { Clock } from '../../shared/adapters/ids.ts';
import type { Images, UnderWay } from '../../shared/adapters/images.ts';
import type { Job, Jobs } from '../../shared/adapters/jobs.ts';
import type { Objects } from '../../shared/adapters/objects.ts';
import type { Queues } from '../../shared/adapters/queues.ts';
import { hasEnded, type ImageRecord, isTerminal, STAGES, type StageName } from '../../shared/domain/image.ts';
import { incomingKey } from '../../shared/domain/object-keys.ts';
import { purgeDue } from '../../shared/domain/trash.ts';
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
}

const JOB_GIVES_UP_AFTER_MS = 24 * 3600 * 1000;

/**
 * Sends the messages of work that has stopped moving once more (of a photo less and less often: it may only wait its turn in a long queue), ends what will not move any more, and purges the trash.
 */
export function createStuck({ images, jobs, departures, objects, queues, clock, staleMs }: StuckDeps) {
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

  async function reviveImage(record: UnderWay): Promise<void> {
    const { user_id: userId, image_id: imageId } = record;
    const key = { userId, imageId };
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
      if (await objects.head(incomingKey(userId, imageId))) {
        if (await images.revive(key, record, staleMs)) await resend.ingest(record);
      } else if (Date.parse(record.upload_expires_at) < clock().getTime()) {
        const expired = await images.expire(key);
        if (expired) await sendSettled(queues, expired, clock());
      }
      return;
    }
    // Otherwise something has happened to it since the index was read.
    if (!(await images.revive(key, record, staleMs))) return;
    // It has ended; what is derived from it has not followed yet.
    if (isTerminal(record.status)) return sendSettled(queues, record, clock());
    const open = STAGES.filter((name) => !hasEnded(record.stages[name].state));
    const [stage] = open;
    // Describe and faces run beside each other.
    if (stage === 'describe' || stage === 'faces') {
      for (const name of open) if (name !== 'organize') await resend[name](record);
    } else if (stage) await resend[stage](record);
    else await sendSettled(queues, await images.finishIfEnded(key, record), clock());
  }

  async function reviveJob(job: Job): Promise<void> {
    const age = clock().getTime() - Date.parse(job.created_at);
    if (age > JOB_GIVES_UP_AFTER_MS) {
      const message = 'The job did not end within a day. Please ask for it again.';
      await jobs.fail(job.user_id, job.job_id, { code: 'timed_out', message });
      return;
    }
    await jobs.advance(job.user_id, job.job_id, job.progress);
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
    await each(
      [
        async () => {
          count.accounts = await each(departures.stale(before), goOnErasing, inTime);
        },
        async () => {
          count.jobs = await each(jobs.stale(before), reviveJob, inTime);
        },
        async () => {
          count.images = await each(images.stale(before), reviveImage, inTime);
        },
      ],
      (sweepKind) => sweepKind(),
    );
    return count;
  };
}
