import { NotFound } from '../../../shared/lambda/http/problems.ts';
import { startJob } from '../jobs/start-job.ts';
import type { ApiUseCase } from '../use-cases.ts';

/**
 * Its images stay. What they say of a manual album is taken back by a job; an album that was automatic is remembered, so that its rule
 * does not make it again.
 */
export const deleteAlbum: ApiUseCase<'deleteAlbum'> = async (request, deps) => {
  const { params, user } = request;
  const userId = user.user_id;
  const album = await deps.albums.get(userId, params.album_id);
  if (!album) throw new NotFound('album');
  const { album_id } = album;
  if (album.rule) {
    const set = { hidden: true as const, updated_at: deps.clock().toISOString() };
    if (!(await deps.albums.change(userId, album_id, { set, remove: ['keeping'] }))) throw new NotFound('album');
  } else await deps.albums.remove(userId, album_id);
  if (album.kind === 'manual') await startJob(request, { type: 'clear_album', request: { album_id } }, deps);
  return { status: 204, body: null };
};
