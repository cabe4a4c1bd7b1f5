import type { Job } from '../../../shared/adapters/jobs.ts';
import type { Deps } from '../deps.ts';

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 1_000;

/** Looks at a job until it has ended or `seconds` are over, and answers it as it was seen last. */
export async function waitForJob(
  job: Job,
  seconds: number,
  { jobs, clock, sleep }: Pick<Deps, 'jobs' | 'clock' | 'sleep'>,
): Promise<Job> {
  const deadline = clock().getTime() + seconds * 1000;
  let latest = job;
  for (let pause = FIRST_PAUSE_MS; latest.status === 'queued' || latest.status === 'running'; pause *= 1.5) {
    const left = deadline - clock().getTime();
    if (left <= 0) break;
    await sleep(Math.min(left, pause, LONGEST_PAUSE_MS));
    latest = (await jobs.get(job.user_id, job.job_id)) ?? latest;
  }
  return latest;
}
