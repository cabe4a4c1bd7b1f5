import type { AlbumImages } from '../../shared/adapters/album-images.ts';
import type { Albums } from '../../shared/adapters/albums.ts';
import type { ImageEdits } from '../../shared/adapters/image-edits.ts';
import type { Checkpoint, Job, Jobs } from '../../shared/adapters/jobs.ts';
import type { Queues } from '../../shared/adapters/queues.ts';
import { MOST_PLACES, rankAt } from '../../shared/domain/albums/position.ts';
import { isTerminal } from '../../shared/domain/image.ts';

export interface KeepAlbumDeps {
  jobs: Jobs;
  albums: Pick<Albums, 'get' | 'getMany' | 'remove'>;
  albumImages: Pick<AlbumImages, 'page' | 'members'>;
  edits: Pick<ImageEdits, 'inAlbums'>;
  queues: Pick<Queues, 'organize'>;
}

const PAGE = 100;
const AT_ONCE = 16;
/** Photos one run sees to: a few seconds, so that one album does not keep other jobs waiting. */
const MOST_PER_RUN = 1_000;

interface Page {
  imageIds: string[];
  nextCursor: string | null;
}

/**
 * What an album that became manual shows by its rule is written onto its photos' records (`keep_album`), and those of an album that is gone
 * are told so (`clear_album`), a page at a time. A run that dies is taken up at its page. Answers `more` where the rest is left to the
 * next run.
 */
export function createKeepAlbum({ jobs, albums, albumImages, edits, queues }: KeepAlbumDeps) {
  return async function run(userId: string, jobId: string): Promise<'ended' | 'more'> {
    const job = await jobs.get(userId, jobId);
    if (!job || job.status === 'done' || job.status === 'failed') return 'ended';
    if (job.type === 'keep_album') return keep(userId, job);
    if (job.type === 'clear_album') return clear(userId, job);
    return 'ended';
  };

  async function keep(userId: string, job: Job<'keep_album'>): Promise<'ended' | 'more'> {
    const { album_id } = job.request;
    const album = await albums.get(userId, album_id);
    if (album?.keeping?.job_id !== job.job_id) {
      await jobs.finish(userId, job.job_id, { images: 0 });
      return 'ended';
    }
    const end = await walk(
      userId,
      job,
      (cursor) => albumImages.page(userId, album, { cursor, limit: PAGE }),
      async (imageIds, seen) => {
        // What was uploaded since is not of that moment. Ids are UUIDv7, as the job's own is.
        const meant = imageIds.map((imageId, index) => ({ imageId, place: seen + index }));
        const waiting = meant.filter(({ imageId }) => imageId < job.job_id);
        async function work() {
          for (let one = waiting.pop(); one; one = waiting.pop()) await put(userId, job, one);
        }
        await Promise.all(Array.from({ length: AT_ONCE }, work));
      },
    );
    // Behind the events of its photos: once this one is applied, all of them are listed.
    if (end !== 'more')
      await queues.organize([
        {
          type: 'album_kept',
          event_id: `album_kept:${job.job_id}`,
          user_id: userId,
          album_id,
          job_id: job.job_id,
          images: end,
        },
      ]);
    return end === 'more' ? 'more' : 'ended';
  }

  async function put(userId: string, job: Job<'keep_album'>, { imageId, place }: { imageId: string; place: number }) {
    const at = new Date(Date.parse(job.created_at) + Math.floor(place / MOST_PLACES));
    const add = { [job.request.album_id]: rankAt(at, place % MOST_PLACES) };
    const outcome = await edits.inAlbums({ userId, imageId }, { add });
    // Refused where it is in too many albums already.
    if (!outcome || outcome.state === 'refused' || !isTerminal(outcome.record.status)) return;
    await queues.organize([editedEvent(userId, imageId, `edited:${imageId}:${outcome.record.edit_revision ?? 0}`)]);
  }

  async function clear(userId: string, job: Job<'clear_album'>): Promise<'ended' | 'more'> {
    const end = await walk(
      userId,
      job,
      (cursor) => albumImages.members(userId, job.request.album_id, { cursor, limit: PAGE }),
      // Organize takes photos out of albums that are gone.
      (ids) => queues.organize(ids.map((id) => editedEvent(userId, id, `cleared:${job.job_id}:${id}`))),
    );
    if (end === 'more') return 'more';
    const { album_id } = job.request;
    // What a rule made is remembered, so that it is not made again.
    if (!(await albums.getMany(userId, [album_id])).get(album_id)?.rule) await albums.remove(userId, album_id);
    await jobs.finish(userId, job.job_id, { images: end });
    return 'ended';
  }

  /** Goes through pages, from where the last run ended; answers how many photos there were. */
  async function walk(
    userId: string,
    job: Job<'keep_album' | 'clear_album'>,
    read: (cursor: string | undefined) => Promise<Page>,
    visit: (imageIds: string[], seen: number) => Promise<void>,
  ): Promise<number | 'more'> {
    let at: Checkpoint = job.checkpoint ?? { list: 0, before: '', sent: 0, skipped: 0, runs: 0 };
    const first = at.sent;
    for (;;) {
      if (at.sent - first >= MOST_PER_RUN) {
        await jobs.advance(userId, job.job_id, 0.5, { ...at, runs: at.runs + 1 });
        return 'more';
      }
      const { imageIds, nextCursor } = await read(at.before === '' ? undefined : at.before);
      if (imageIds.length > 0) await visit(imageIds, at.sent);
      at = { ...at, sent: at.sent + imageIds.length, before: nextCursor ?? at.before };
      if (nextCursor === null) return at.sent;
      await jobs.advance(userId, job.job_id, 0.5, at);
    }
  }
}

const editedEvent = (user_id: string, image_id: string, event_id: string) => ({
  type: 'edited' as const,
  event_id,
  user_id,
  image_id,
});
