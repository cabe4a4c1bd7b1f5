import { NotFound } from '../../../shared/lambda/http/problems.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { viewJob } from './view.ts';

export const getJob: ApiUseCase<'getJob'> = async (request, deps) => {
  const { params, user } = request;
  const job = await deps.jobs.get(user.user_id, params.job_id);
  if (!job) throw new NotFound('job');
  return { status: 200, body: await viewJob(job, request, deps) };
};
