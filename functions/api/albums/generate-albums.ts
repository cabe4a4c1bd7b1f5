import { startJob } from '../jobs/start-job.ts';
import type { ApiUseCase } from '../use-cases.ts';

/** From now on albums are made like this, by organize; a job has it make those of what is there. Repeating it makes none twice. */
export const generateAlbums: ApiUseCase<'generateAlbums'> = async (request, deps) => {
  const settings = { by: [...new Set(request.body.by)], min_images: request.body.min_images };
  await deps.albums.setSettings(request.user.user_id, settings);
  return startJob(request, { type: 'auto_albums', request: settings }, deps);
};
