import type { Album } from '../../../shared/domain/albums/album.ts';
import { Conflict } from '../../../shared/lambda/http/problems.ts';
import type { Deps } from '../deps.ts';

/**
 * Makes an automatic album a manual one, with these changes. A job writes its members of this moment onto their records, those of
 * `except` left out; until it has ended they are found by the rule. Throws where another request was faster.
 */
export async function becomeManual(
  userId: string,
  { album_id }: Album,
  { except = [], set = {}, remove = [] }: { except?: string[]; set?: Partial<Album>; remove?: (keyof Album)[] },
  { albums, jobs, queues, newId, clock, logger }: Deps,
): Promise<Album> {
  // Noted first: a job that finds nothing to keep ends; an album whose job nobody knows would stay as it is for ever.
  const { job_id } = await jobs.create(userId, { type: 'keep_album', request: { album_id } }, newId);
  const changed = await albums.change(
    userId,
    album_id,
    { set: { ...set, kind: 'manual', keeping: { job_id, except }, updated_at: clock().toISOString() }, remove },
    { onlyAuto: true },
  );
  if (!changed) throw new Conflict('The album was changed at the same moment; look at it again.');
  try {
    await queues.jobs({ type: 'keep_album', user_id: userId, job_id });
  } catch (error) {
    logger.warn('the job waits for sweep', { job_id, error: error as Error });
  }
  return changed;
}
