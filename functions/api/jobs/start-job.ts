import type { Job, Jobs } from '../../../shared/adapters/jobs.ts';
import type { JobView } from '../../../shared/contract/schemas.ts';
import { waitSeconds } from '../../../shared/lambda/http/prefer.ts';
import type { RequestOf } from '../../../shared/lambda/http/use-case.ts';
import type { Deps } from '../deps.ts';
import { viewJob } from './view.ts';
import { waitForJob } from './wait-for-job.ts';

export type Asker = Pick<RequestOf<'cluster'>, 'user' | 'headers' | 'basePath' | 'apiUrl'>;
type Work = Parameters<Jobs['create']>[1];
interface Answer<Status extends number> {
  status: Status;
  body: JobView;
  headers: Record<string, string>;
}

/** Notes a job and sends it on; with `Prefer: wait=N` the answer waits for it. `result`: what is known of its outcome by now. */
export async function startJob(
  asked: Asker,
  work: Work,
  deps: Deps,
  result: Job['result'] = null,
): Promise<Answer<200> | Answer<202>> {
  const userId = asked.user.user_id;
  const job = await deps.jobs.create(userId, work, deps.newId, result);
  try {
    await deps.queues.jobs({ type: job.type, user_id: userId, job_id: job.job_id });
  } catch (error) {
    // The job is noted; sweep finds it unstarted and sends its message again.
    deps.logger.warn('the job waits for sweep', { job_id: job.job_id, error: error as Error });
  }
  return answerJob(asked, job, deps);
}

/** Says how far a job has come; with `Prefer: wait=N` the answer waits for it. */
export async function answerJob(asker: Asker, job: Job, deps: Deps): Promise<Answer<200> | Answer<202>> {
  const { headers: asked, basePath } = asker;
  const wait = waitSeconds(asked.prefer);
  const latest = wait > 0 ? await waitForJob(job, wait, deps) : job;
  const headers = { Location: `${basePath}/jobs/${job.job_id}` };
  const body = await viewJob(latest, asker, deps);
  if (latest.status !== 'done' && latest.status !== 'failed') return { status: 202, body, headers };
  return { status: 200, body, headers: { ...headers, ...(wait > 0 && { 'Preference-Applied': `wait=${wait}` }) } };
}
