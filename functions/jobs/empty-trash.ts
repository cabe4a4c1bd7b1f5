import type { Images } from '../../shared/adapters/images.ts';
import type { Checkpoint, Job, Jobs } from '../../shared/adapters/jobs.ts';
import type { ListedPosting, Postings } from '../../shared/adapters/postings.ts';
import type { Queues } from '../../shared/adapters/queues.ts';
import { BEFORE_ALL } from '../../shared/domain/search/join.ts';
import { TRASH } from '../../shared/domain/search/postings.ts';

export interface EmptyTrashDeps {
  jobs: Jobs;
  images: Images;
  postings: Pick<Postings, 'page'>;
  queues: Pick<Queues, 'organize'>;
}

const PAGE = 50;
/** Photos one run sees to: a few seconds, so that one gallery does not keep the others waiting. */
const MOST_PER_RUN = 1_000;

/**
 * Has all erased that lay in the trash when the job was asked for, latest trashed first, a page at a time. A run that dies is taken up at
 * its page; what was restored meanwhile stays. Answers `more` where the rest is left to the next run.
 */
export function createEmptyTrash({ jobs, images, postings, queues }: EmptyTrashDeps) {
  return async function run(userId: string, jobId: string): Promise<'ended' | 'more'> {
    const job = await jobs.get(userId, jobId);
    if (job?.type !== 'empty_trash' || job.status === 'done' || job.status === 'failed') return 'ended';
    const newest = `${job.request.trashed_until}#${BEFORE_ALL}`;
    let at = job.checkpoint ?? { list: 0, before: newest, sent: 0, skipped: 0, runs: 0 };
    const first = at.sent + at.skipped;
    for (let more = true; more; ) {
      if (at.sent + at.skipped - first >= MOST_PER_RUN) {
        await jobs.advance(userId, jobId, progressOf(job, at), { ...at, runs: at.runs + 1 });
        return 'more';
      }
      ({ at, more } = await page(userId, at));
      if (!(await jobs.advance(userId, jobId, progressOf(job, at), at))) return 'ended';
    }
    await jobs.finish(userId, jobId, { images: at.sent });
    return 'ended';
  };

  async function page(userId: string, at: Checkpoint): Promise<{ at: Checkpoint; more: boolean }> {
    const { items, more } = await postings.page(userId, TRASH, { before: at.before, limit: PAGE });
    const erased = (await Promise.all(items.map((item) => erase(userId, item)))).filter((id) => id !== null);
    await queues.organize(
      erased.map((image_id) => ({
        type: 'removed' as const,
        event_id: `removed:${image_id}`,
        user_id: userId,
        image_id,
      })),
    );
    const last = items.at(-1);
    const sent = at.sent + erased.length;
    const skipped = at.skipped + items.length - erased.length;
    const before = last ? `${last.trashed_at}#${last.image_id}` : at.before;
    return { at: { ...at, before, sent, skipped }, more: more && last !== undefined };
  }

  /** Marks a photo as erased, or finds that a run that died has done so; `null` where it does not lie there any more. */
  async function erase(userId: string, item: ListedPosting): Promise<string | null> {
    const key = { userId, imageId: item.image_id };
    const record = (await images.purge(key, item)) ?? (await images.get(key));
    return record?.deleted_at ? item.image_id : null;
  }
}

const progressOf = ({ result }: Job, { sent, skipped }: Checkpoint) =>
  Math.min(0.99, (sent + skipped) / Math.max(1, Number(result?.images ?? 0)));
