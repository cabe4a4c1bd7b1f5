import { isSharedIn } from '../../../shared/domain/share-link.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { viewShared } from './view.ts';

/** A page of the album, without what its lists still show and its photos' records do not. */
export const listSharedImages: ApiUseCase<'listSharedImages'> = async ({ link, query, apiUrl }, deps) => {
  const { album } = link;
  const { owner } = link.link;
  const { imageIds, nextCursor } = await deps.albumImages.page(owner, album, query);
  const records = imageIds.length > 0 ? await deps.images.getMany(owner, imageIds, { consistent: true }) : [];
  const byId = new Map(records.map((record) => [record.image_id, record]));
  const shown = imageIds.flatMap((id) => byId.get(id) ?? []).filter((record) => isSharedIn(album, record));
  const items = await viewShared(shown, link, { apiUrl, shareSignatures: deps.shareSignatures });
  return { status: 200, body: { items, next_cursor: nextCursor } };
};
