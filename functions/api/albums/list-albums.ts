import type { ApiUseCase } from '../use-cases.ts';
import { viewAlbums } from './view.ts';

export const listAlbums: ApiUseCase<'listAlbums'> = async (request, deps) => {
  const { items, nextCursor } = await deps.albums.list(request.user.user_id, request.query);
  return { status: 200, body: { items: await viewAlbums(request, items, deps), next_cursor: nextCursor } };
};
