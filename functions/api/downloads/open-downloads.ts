import type { OpenDownload } from '../../../shared/adapters/profiles.ts';
import { TooManyRequests, Unavailable } from '../../../shared/lambda/http/problems.ts';
import type { Deps } from '../deps.ts';

/** Each may be as large as the gallery, lies in the bucket for days, and takes its turn in a queue that others wait in. */
const MOST_OPEN = 5;
/** One that has no job after this never will: the request that noted it has died. */
const STARTING_MS = 60_000;
const RETRY_AFTER_SECONDS = 60;
/** Each further try answers another request of the same person; more than this in a row means trouble. */
const MOST_TRIES = 50;

/**
 * The job of a download of this extent: the one under way, which another request may just be about to begin, or a new one, noted before it is
 * there, so that requests side by side see each other. Lists of ids are each their own. Throws `TooManyRequests`.
 */
export async function noteDownload(
  userId: string,
  extent: string,
  deps: Pick<Deps, 'profiles' | 'jobs' | 'clock' | 'newId'>,
): Promise<string> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const seen = (await deps.profiles.get(userId))?.downloads;
    const open = await stillOpen(userId, seen?.open ?? [], deps);
    const same = extent === 'ids' ? undefined : open.find((other) => other.extent === extent);
    if (same) return same.job_id;
    if (open.length >= MOST_OPEN) {
      throw new TooManyRequests(
        `${open.length} downloads of yours have not ended yet, of ${MOST_OPEN} at the most. Wait until one of them has.`,
        RETRY_AFTER_SECONDS,
      );
    }
    const mine = { job_id: deps.newId(), extent, at: deps.clock().toISOString() };
    if (await deps.profiles.noteDownloads(userId, [...open, mine], seen?.version)) return mine.job_id;
  }
  throw new Unavailable('Too many downloads were asked for at once. Try again.', { retryAfterSeconds: 1 });
}

async function stillOpen(
  userId: string,
  noted: readonly OpenDownload[],
  { jobs, clock }: Pick<Deps, 'jobs' | 'clock'>,
): Promise<OpenDownload[]> {
  const startingSince = new Date(clock().getTime() - STARTING_MS).toISOString();
  const open = await Promise.all(
    noted.map(async (download) => {
      const job = await jobs.get(userId, download.job_id);
      const isOpen = job ? job.status === 'queued' || job.status === 'running' : download.at >= startingSince;
      return isOpen ? [download] : [];
    }),
  );
  return open.flat();
}
