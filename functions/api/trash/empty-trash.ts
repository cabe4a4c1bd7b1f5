import { statsView } from '../../../shared/domain/summary.ts';
import { startJob } from '../jobs/start-job.ts';
import type { ApiUseCase } from '../use-cases.ts';

/** Erases what is in the trash now, as a job; with `Prefer: wait=N` the answer waits for it. */
export const emptyTrash: ApiUseCase<'emptyTrash'> = async (request, deps) => {
  const { trash } = statsView(await deps.summaries.get(request.user.user_id));
  const trashed_until = deps.clock().toISOString();
  return startJob(request, { type: 'empty_trash', request: { trashed_until } }, deps, { images: trash.images });
};
