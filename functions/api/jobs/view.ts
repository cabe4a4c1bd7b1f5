import type { Viewer } from '../../../shared/adapters/image-urls.ts';
import type { Job } from '../../../shared/adapters/jobs.ts';
import type { JobView } from '../../../shared/contract/schemas.ts';
import type { Deps } from '../deps.ts';
import { viewDownload } from '../downloads/view.ts';

type ViewDeps = Pick<Deps, 'downloadUrls' | 'clock'>;

/** A job as its owner sees it: URLs in its result are made now. */
export async function viewJob(job: Job, viewer: Viewer, deps: ViewDeps): Promise<JobView> {
  const { job_id, type, status, progress, error, created_at, updated_at } = job;
  const result = type === 'download' && status === 'done' ? await viewDownload(job, viewer, deps) : job.result;
  return { job_id, type, status, progress, result, error, created_at, updated_at };
}
