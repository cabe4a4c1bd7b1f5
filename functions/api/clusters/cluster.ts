import { startJob } from '../jobs/start-job.ts';
import type { ApiUseCase } from '../use-cases.ts';

/** Clusters everything anew, as a job; with `Prefer: wait=N` the answer waits for it. */
export const cluster: ApiUseCase<'cluster'> = (request, deps) =>
  startJob(request, { type: 'recluster', request: request.body }, deps);
