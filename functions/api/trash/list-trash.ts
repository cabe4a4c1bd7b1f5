import { TRASH } from '../../../shared/domain/search/postings.ts';
import { viewImages } from '../images/view.ts';
import type { ApiUseCase } from '../use-cases.ts';

/**
 * Latest trashed first. A page may be shorter than `limit` and still have a next one: what was restored a moment ago is left out. Photos
 * still under way appear once they have ended.
 */
export const listTrash: ApiUseCase<'listTrash'> = async (request, deps) => {
  const { limit, cursor } = request.query;
  const userId = request.user.user_id;
  const { items, more } = await deps.postings.page(userId, TRASH, { before: cursor?.replace('_', '#'), limit });
  const ids = items.map(({ image_id }) => image_id);
  const found = await deps.images.getMany(userId, ids, { consistent: true });
  const records = new Map(found.map((record) => [record.image_id, record]));
  const listed = items.flatMap(({ image_id, trashed_at }) => {
    const record = records.get(image_id);
    return record && record.trashed_at === trashed_at ? [record] : [];
  });
  const last = more ? items.at(-1) : undefined;
  return {
    status: 200,
    body: {
      items: await viewImages(request, listed, deps),
      next_cursor: last ? `${last.trashed_at}_${last.image_id}` : null,
    },
  };
};
