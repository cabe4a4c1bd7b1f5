import { expect, vi } from 'vitest';
import type * as schemas from '../../../shared/contract/schemas.ts';
import type { Person } from './person.ts';

/** Only against hanging: the longest work of a large gallery takes a busy machine minutes. */
const ENDED_WITHIN_MS = 600_000;

/** Asks for long work and waits for its end, which must be a good one. */
export async function finished(person: Person, method: string, path: string, body?: object): Promise<schemas.JobView> {
  const answer = await person.call(method, path, { ...(body && { body }) });
  expect([200, 202], `${method} ${path}: ${answer.text}`).toContain(answer.status);
  const { job_id } = answer.json<schemas.JobView>();
  return vi.waitFor(
    async () => {
      const job = await person.get<schemas.JobView>(`/jobs/${job_id}`);
      if (job.status !== 'done' && job.status !== 'failed') throw new Error(`${path} is ${job.status}`);
      expect(job).toMatchObject({ status: 'done', error: null });
      return job;
    },
    { timeout: ENDED_WITHIN_MS, interval: 50 },
  );
}
