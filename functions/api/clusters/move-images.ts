import { MAX_NAME } from '../../../shared/contract/schemas.ts';
import { plainLine } from '../../../shared/domain/plain-text.ts';
import { InvalidRequest, NotFound } from '../../../shared/lambda/http/problems.ts';
import { startJob } from '../jobs/start-job.ts';
import type { ApiUseCase } from '../use-cases.ts';

/** Moves images to where a person wants them, as a job; with `Prefer: wait=N` the answer waits for it. */
export const moveImages: ApiUseCase<'moveImages'> = async (request, deps) => {
  const { image_ids, to: wanted } = request.body;
  if (typeof wanted === 'string' && !(await deps.clusters.get(request.user.user_id, wanted)))
    throw new NotFound('cluster');
  const to = wanted !== null && typeof wanted === 'object' ? { name: plainLine(wanted.name, MAX_NAME) } : wanted;
  if (to !== null && typeof to === 'object' && to.name === '') {
    throw new InvalidRequest([
      { path: 'to.name', expected: 'text that can be seen', received: 'only characters that cannot' },
    ]);
  }
  const ids = [...new Set(image_ids)];
  return startJob(request, { type: 'move', request: { space: 'clusters', ids, to } }, deps);
};
