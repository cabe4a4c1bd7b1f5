import { jobKey } from '../../../shared/domain/object-keys.ts';
import { startJob } from '../jobs/start-job.ts';
import { listedAlbum } from '../listed-album.ts';
import type { ApiUseCase } from '../use-cases.ts';

/** Has photos put into zips, as a job. A list of ids is too long for the job's item: it lies in the bucket before the job is there. */
export const createDownload: ApiUseCase<'createDownload'> = async (request, deps) => {
  const { image_ids, album_id } = request.body;
  if (album_id !== undefined) {
    await listedAlbum(request.user.user_id, album_id, deps);
    return startJob(request, { type: 'download', request: { of: 'album', album_id } }, deps);
  }
  if (!image_ids) return startJob(request, { type: 'download', request: { of: 'all' } }, deps);
  const jobId = deps.newId();
  const ids = [...new Set(image_ids)];
  const list = new TextEncoder().encode(JSON.stringify(ids));
  await deps.objects.write(jobKey(request.user.user_id, jobId), list, 'application/json');
  return startJob(request, { type: 'download', request: { of: 'ids' } }, { ...deps, newId: () => jobId });
};
