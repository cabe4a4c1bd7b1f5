import { waitSeconds } from '../../../shared/lambda/http/prefer.ts';
import { viewJob } from '../jobs/view.ts';
import { waitForJob } from '../jobs/wait-for-job.ts';
import type { ApiUseCase } from '../use-cases.ts';

/** Clusters everything anew, as a job; with `Prefer: wait=N` the answer waits for it. */
export const cluster: ApiUseCase<'cluster'> = async ({ body, user, headers: asked, basePath }, deps) => {
  const job = await deps.jobs.create(user.user_id, body, deps.newId);
  try {
    await deps.queues.jobs({ type: 'recluster', user_id: user.user_id, job_id: job.job_id });
  } catch (error) {
    // The job is noted; sweep finds it unstarted and sends its message again.
    deps.logger.warn('the job waits for sweep', { job_id: job.job_id, error: error as Error });
  }
  const wait = waitSeconds(asked.prefer);
  const latest = wait > 0 ? await waitForJob(job, wait, deps) : job;
  const headers = { Location: `${basePath}/jobs/${job.job_id}` };
  if (latest.status !== 'done' && latest.status !== 'failed') return { status: 202, body: viewJob(latest), headers };
  return { status: 200, body: viewJob(latest), headers: { ...headers, 'Preference-Applied': `wait=${wait}` } };
};
