import type { Job } from '../../../shared/adapters/jobs.ts';
import type { JobView } from '../../../shared/contract/schemas.ts';

export function viewJob({ job_id, type, status, progress, result, error, created_at, updated_at }: Job): JobView {
  return { job_id, type, status, progress, result, error, created_at, updated_at };
}
