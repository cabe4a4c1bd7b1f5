import { NotFound } from '../../../shared/lambda/http/problems.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { viewAlbums } from './view.ts';

export const getAlbum: ApiUseCase<'getAlbum'> = async (request, deps) => {
  const album = await deps.albums.get(request.user.user_id, request.params.album_id);
  const [body] = album ? await viewAlbums(request, [album], deps) : [];
  if (!body) throw new NotFound('album');
  return { status: 200, body };
};
