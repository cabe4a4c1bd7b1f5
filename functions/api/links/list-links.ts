import { NotFound } from '../../../shared/lambda/http/problems.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { viewLink } from './view.ts';

export const listLinks: ApiUseCase<'listLinks'> = async ({ user, params, query }, { albums, links }) => {
  if (!(await albums.get(user.user_id, params.album_id))) throw new NotFound('album');
  const { items, nextCursor } = await links.list(user.user_id, params.album_id, query);
  return { status: 200, body: { items: items.map(viewLink), next_cursor: nextCursor } };
};
