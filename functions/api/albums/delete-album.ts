import { NotFound } from '../../../shared/lambda/http/problems.ts';
import { startJob } from '../jobs/start-job.ts';
import type { ApiUseCase } from '../use-cases.ts';

/**
 * Gone at once; its images stay. A job takes back what they say of it and removes what is left. One that was made by a rule is remembered,
 * so that the rule does not make it again.
 */
export const deleteAlbum: ApiUseCase<'deleteAlbum'> = async (request, deps) => {
  const { params, user } = request;
  const userId = user.user_id;
  const album = await deps.albums.get(userId, params.album_id);
  if (!album) throw new NotFound('album');
  const { album_id } = album;
  const set = { hidden: true as const, updated_at: deps.clock().toISOString() };
  if (!(await deps.albums.change(userId, album_id, { set, remove: ['keeping'] }))) throw new NotFound('album');
  if (album.kind !== 'auto') await startJob(request, { type: 'clear_album', request: { album_id } }, deps);
  return { status: 204, body: null };
};
