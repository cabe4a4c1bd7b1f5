import { planRerun } from '../../../shared/domain/rerun-plan.ts';
import { startJob } from '../jobs/start-job.ts';
import type { ApiUseCase } from '../use-cases.ts';

/** Runs stages again on all photos that are meant, as a job; `dry_run` only says how many they are and what that would cost. */
export const reprocessImages: ApiUseCase<'reprocessImages'> = async (request, deps) => {
  const { dry_run, ...asked } = request.body;
  const counters = await deps.summaries.get(request.user.user_id);
  const { plan, estimate } = planRerun(asked, counters, { hasModel: deps.configured.azure });
  if (dry_run) return { status: 200, body: { dry_run, ...estimate } };
  return startJob(request, { type: 'reprocess', request: plan }, deps, { ...estimate });
};
