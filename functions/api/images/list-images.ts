import type { ApiUseCase } from '../use-cases.ts';
import { SHOWN, viewImages } from './view.ts';

export const listImages: ApiUseCase<'listImages'> = async (request, deps) => {
  const { query, user } = request;
  const { items, nextCursor } = await deps.images.list(user.user_id, { ...query, fields: SHOWN });
  return { status: 200, body: { items: await viewImages(request, items, deps), next_cursor: nextCursor } };
};
