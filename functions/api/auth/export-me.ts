import type { Job } from '../../../shared/adapters/jobs.ts';
import { accountKey } from '../../../shared/domain/object-keys.ts';
import type { Deps } from '../deps.ts';
import { type Asker, answerJob, startJob } from '../jobs/start-job.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { bearerOf } from './bearer.ts';

/** An export that was asked for within it is answered again: asking twice has no more effect than asking once. */
const FRESH_MS = 3_600_000;

/** Has everything that is kept of a person put into zips, as a download of another extent; or says how far that has come. */
export const exportMe: ApiUseCase<'exportMe'> = async (request, deps) => {
  const userId = request.user.user_id;
  const seen = (await deps.profiles.get(userId))?.export_job_id;
  const last = seen === undefined ? null : await deps.jobs.get(userId, seen);
  if (last && serves(last, deps.clock())) return answerJob(request, last, deps);
  // A request that died before its job was there has left the id to this one.
  const jobId = seen === undefined || last ? deps.newId() : seen;
  const { email, name, created_at } = await deps.identity.lookup(bearerOf(request.headers));
  const noted = jobId === seen || (await deps.profiles.noteExport(userId, jobId, seen));
  // Another request may have been quicker: its export is this one's, too, and takes along what either has asked.
  const exportId = noted ? jobId : ((await deps.profiles.get(userId))?.export_job_id ?? jobId);
  const account = new TextEncoder().encode(JSON.stringify({ user_id: userId, email, name, created_at }));
  await deps.objects.write(accountKey(userId, exportId), account, 'application/json');
  return start(request, exportId, deps);
};

function serves({ status, created_at }: Job, now: Date): boolean {
  if (status === 'queued' || status === 'running') return true;
  return status === 'done' && now.getTime() - Date.parse(created_at) < FRESH_MS;
}

/** Of two requests that begin the same job one does; the other answers it. */
async function start(asker: Asker, jobId: string, deps: Deps) {
  try {
    return await startJob(asker, { type: 'download', request: { of: 'account' } }, { ...deps, newId: () => jobId });
  } catch (error) {
    const job = await deps.jobs.get(asker.user.user_id, jobId);
    if (!job) throw error;
    return answerJob(asker, job, deps);
  }
}
