import type { AlbumPatch } from '../../../shared/contract/schemas.ts';
import type { Album } from '../../../shared/domain/albums/album.ts';
import { Conflict, InvalidRequest, NotFound } from '../../../shared/lambda/http/problems.ts';
import type { Deps } from '../deps.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { becomeManual } from './become-manual.ts';
import { readTexts } from './create-album.ts';
import { readSearch } from './saved-search.ts';
import { shownById, viewAlbums } from './view.ts';

export const editAlbum: ApiUseCase<'editAlbum'> = async (request, deps) => {
  const { params, body: patch, user } = request;
  const album = await deps.albums.get(user.user_id, params.album_id);
  if (!album) throw new NotFound('album');
  const change = await read(user.user_id, album, patch, deps);
  const changed =
    album.kind === 'auto'
      ? await becomeManual(user.user_id, album, change, deps)
      : await deps.albums.change(user.user_id, album.album_id, {
          ...change,
          set: { ...change.set, updated_at: deps.clock().toISOString() },
        });
  const [body] = changed ? await viewAlbums(request, [changed], deps) : [];
  if (!body) throw new NotFound('album');
  return { status: 200, body };
};

async function read(userId: string, album: Album, patch: AlbumPatch, deps: Deps) {
  const { description, cover_image_id, sort, query } = patch;
  if (query && album.kind !== 'smart') throw new Conflict('Only a smart album has a search.');
  if (sort && album.kind === 'smart') throw new Conflict('What a smart album finds is in the order of its search.');
  if (cover_image_id && !(await shownById(userId, [cover_image_id], deps)).has(cover_image_id)) {
    const expected = 'one of your images';
    throw new InvalidRequest([{ path: 'cover_image_id', expected, received: JSON.stringify(cover_image_id) }]);
  }
  const remove: (keyof Album)[] = [
    ...(description === null ? (['description'] as const) : []),
    ...(cover_image_id === null ? (['cover_image_id'] as const) : []),
  ];
  const set: Partial<Album> = {
    ...readTexts(patch),
    ...(cover_image_id && { cover_image_id }),
    ...(sort && { sort }),
    ...(query && { query: readSearch(query) }),
  };
  return { set, remove };
}
