import { type Space, UNDO_MS } from '../../../shared/domain/regroup-plan.ts';
import { Conflict } from '../../../shared/lambda/http/problems.ts';
import type { Deps } from '../deps.ts';
import { startJob } from './start-job.ts';

const WORDS: Record<Space, string> = { clusters: 'merge or move', people: 'merge or split' };

/** Takes the last merge, move or split in a space back, as a job. Throws `Conflict` where there is none, or where it has not ended yet. */
export async function startUndo(request: Parameters<typeof startJob>[0], space: Space, deps: Deps) {
  const words = WORDS[space];
  const userId = request.user.user_id;
  const point = await deps.undo.get(userId, space);
  if (!point || point.undone_by !== undefined)
    throw new Conflict(`There is no ${words} to undo: only the last one can be undone, and only once.`);
  const job = await deps.jobs.get(userId, point.job_id);
  if (job?.status === 'queued' || job?.status === 'running')
    throw new Conflict(`The last ${words} is still under way. It can be undone when it has ended.`);
  if (deps.clock().getTime() - Date.parse(point.at) > UNDO_MS)
    throw new Conflict(`The last ${words} is too long ago to be undone.`);
  return startJob(request, { type: 'undo', request: { space, job_id: point.job_id } }, deps);
}
