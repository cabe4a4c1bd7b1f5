import { jobKey } from '../../../shared/domain/object-keys.ts';
import { startJobOnce } from '../jobs/start-job.ts';
import { listedAlbum } from '../listed-album.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { noteDownload } from './open-downloads.ts';

/**
 * Has photos put into zips, as a job; one of the same album, or of everything, that has not ended is answered again. A list of ids is too
 * long for the job's item: it lies in the bucket before the job is there.
 */
export const createDownload: ApiUseCase<'createDownload'> = async (request, deps) => {
  const { image_ids, album_id } = request.body;
  const userId = request.user.user_id;
  if (album_id !== undefined) {
    await listedAlbum(userId, album_id, deps);
    const jobId = await noteDownload(userId, album_id, deps);
    return startJobOnce(request, jobId, { type: 'download', request: { of: 'album', album_id } }, deps);
  }
  if (!image_ids) {
    const jobId = await noteDownload(userId, 'all', deps);
    return startJobOnce(request, jobId, { type: 'download', request: { of: 'all' } }, deps);
  }
  const jobId = await noteDownload(userId, 'ids', deps);
  const ids = [...new Set(image_ids)];
  const list = new TextEncoder().encode(JSON.stringify(ids));
  await deps.objects.write(jobKey(userId, jobId), list, 'application/json');
  return startJobOnce(request, jobId, { type: 'download', request: { of: 'ids' } }, deps);
};
