import { NotFound } from '../../../shared/lambda/http/problems.ts';
import { startJob } from '../jobs/start-job.ts';
import type { ApiUseCase } from '../use-cases.ts';

/** Makes one cluster of several, as a job; with `Prefer: wait=N` the answer waits for it. */
export const mergeClusters: ApiUseCase<'mergeClusters'> = async (request, deps) => {
  const { into, from } = request.body;
  const ids = [...new Set([into, ...from])];
  const known = await deps.clusters.names(request.user.user_id, ids, { consistent: true });
  if (known.size < ids.length) throw new NotFound('cluster');
  return startJob(request, { type: 'merge', request: { space: 'clusters', into, from: ids.slice(1) } }, deps);
};
