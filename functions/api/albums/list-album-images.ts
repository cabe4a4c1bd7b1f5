import { InvalidRequest, NotFound } from '../../../shared/lambda/http/problems.ts';
import { viewImages } from '../images/view.ts';
import { search } from '../search/search.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { asQuery } from './saved-search.ts';
import { shownById } from './view.ts';

export const listAlbumImages: ApiUseCase<'listAlbumImages'> = async (request, deps) => {
  const { params, query, user } = request;
  const album = await deps.albums.get(user.user_id, params.album_id);
  if (!album) throw new NotFound('album');
  if (album.kind === 'smart') {
    const { body } = await search({ ...request, params: {}, query: asQuery(album.query ?? {}, query) }, deps);
    const items = body.items.map(({ score, matched, ...image }) => image);
    return { status: 200, body: { items, next_cursor: body.next_cursor } };
  }
  if (query.cursor !== undefined && !deps.albumImages.knows(album, query.cursor)) {
    const expected = 'the next_cursor of a page of this album in the order it has now, as the API gave it';
    throw new InvalidRequest([{ path: 'cursor', expected, received: `a string of ${query.cursor.length} characters` }]);
  }
  const { imageIds, nextCursor } = await deps.albumImages.page(user.user_id, album, query);
  const records = await shownById(user.user_id, imageIds, deps);
  const shown = imageIds.flatMap((imageId) => records.get(imageId) ?? []);
  return { status: 200, body: { items: await viewImages(request, shown, deps), next_cursor: nextCursor } };
};
