import type { ImageEdits } from '../../shared/adapters/image-edits.ts';
import type { Images } from '../../shared/adapters/images.ts';
import type { Checkpoint, Job, Jobs } from '../../shared/adapters/jobs.ts';
import type { Objects } from '../../shared/adapters/objects.ts';
import type { Postings } from '../../shared/adapters/postings.ts';
import type { Queues } from '../../shared/adapters/queues.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';
import { isMeant } from '../../shared/domain/rerun-plan.ts';

export interface ReprocessDeps {
  jobs: Jobs;
  images: Images;
  edits: ImageEdits;
  postings: Pick<Postings, 'page'>;
  queues: Pick<Queues, 'resume'>;
  objects: Pick<Objects, 'bucket'>;
}

const PAGE = 100;
const AT_ONCE = 16;
/** Photos one run sees to: a few seconds, so that one gallery does not keep the others waiting. */
const MOST_PER_RUN = 1_000;

/**
 * Sends the photos a job means on a new round, newest first, a page at a time. A run that dies is taken up at its page, and no photo
 * begins two rounds for one job. Answers `more` where the rest is left to the next run.
 */
export function createReprocess({ jobs, images, edits, postings, queues, objects }: ReprocessDeps) {
  return async function run(userId: string, jobId: string): Promise<'ended' | 'more'> {
    const job = await jobs.get(userId, jobId);
    if (job?.type !== 'reprocess' || job.status === 'done' || job.status === 'failed') return 'ended';
    let at = job.checkpoint ?? { list: 0, before: jobId, sent: 0, skipped: 0, runs: 0 };
    const first = at.sent + at.skipped;
    for (let list = job.request.lists[at.list]; list !== undefined; list = job.request.lists[at.list]) {
      if (at.sent + at.skipped - first >= MOST_PER_RUN) {
        await jobs.advance(userId, jobId, progressOf(job, at), { ...at, runs: at.runs + 1 });
        return 'more';
      }
      at = await page(job, list, at);
      if (!(await jobs.advance(userId, jobId, progressOf(job, at), at))) return 'ended';
    }
    const { sent, skipped } = at;
    await jobs.finish(userId, jobId, { ...job.result, images: sent + skipped, sent, skipped });
    return 'ended';
  };

  async function page(job: Job<'reprocess'>, list: string, at: Checkpoint): Promise<Checkpoint> {
    const userId = job.user_id;
    // Ids are UUIDv7, as the job's own is, where the first list begins: photos uploaded since it was asked for come after it.
    const { items, more } = await postings.page(userId, list, { before: at.before, limit: PAGE });
    const ids = items.map(({ image_id }) => image_id);
    const waiting = ids.length > 0 ? await images.getMany(userId, ids, { consistent: true }) : [];
    let sent = 0;
    async function work() {
      for (let record = waiting.pop(); record; record = waiting.pop()) if (await send(job, record)) sent += 1;
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    const last = ids.at(-1);
    return {
      ...at,
      ...(more && last !== undefined ? { before: last } : { list: at.list + 1, before: job.job_id }),
      sent: at.sent + sent,
      skipped: at.skipped + ids.length - sent,
    };
  }

  /** Whether the photo has begun a round since the job was asked for: now, or in a run that died. */
  async function send({ user_id, created_at, request }: Job<'reprocess'>, record: ImageRecord): Promise<boolean> {
    const since = (record.processing_started_at ?? '') >= created_at;
    if (since || !isMeant(record, request)) return since;
    const key = { userId: user_id, imageId: record.image_id };
    const outcome = await edits.rerun(key, request.stages, { askedAt: created_at });
    // One that dies before its message is sent is found standing still by sweep.
    if (outcome?.state === 'changed') await queues.resume(objects.bucket, outcome.record);
    return outcome !== null && outcome.state !== 'refused';
  }
}

const progressOf = ({ result }: Job, { sent, skipped }: Checkpoint) =>
  Math.min(0.99, (sent + skipped) / Math.max(1, Number(result?.images ?? 0)));
