import type { AlbumRequest, AlbumView } from '../../../shared/contract/schemas.ts';
import type { Album } from '../../../shared/domain/albums/album.ts';
import { plainLine, plainText } from '../../../shared/domain/plain-text.ts';
import { InvalidRequest } from '../../../shared/lambda/http/problems.ts';
import type { RequestOf } from '../../../shared/lambda/http/use-case.ts';
import type { Deps } from '../deps.ts';
import { carryOut } from '../images/carry-out.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { albumAction } from './membership.ts';
import { readSearch } from './saved-search.ts';
import { viewAlbums } from './view.ts';

export const createAlbum: ApiUseCase<'createAlbum'> = async (request, deps) => {
  const { album, body } = await make(request, request.body, deps);
  return { status: 201, body, headers: { Location: `${request.basePath}/albums/${album.album_id}` } };
};

/** `POST /albums/manual`: as `POST /albums` with the kind in the path. */
export const createManualAlbum: ApiUseCase<'createManualAlbum'> = async (request, deps) => {
  const { album, body } = await make(request, { kind: 'manual', ...request.body }, deps);
  return { status: 201, body, headers: { Location: `${request.basePath}/albums/${album.album_id}` } };
};

/** Texts people write, as they are stored. Throws where nothing of the name can be seen. */
export function readTexts(texts: { name?: string | undefined; description?: string | null | undefined }) {
  const name = texts.name === undefined ? undefined : plainLine(texts.name, 200);
  if (name === '') throw new InvalidRequest([{ path: 'name', expected: 'letters that can be seen', received: 'none' }]);
  return {
    ...(name !== undefined && { name }),
    ...(texts.description && { description: plainText(texts.description, 2_000) }),
  };
}

async function make(
  request: Pick<RequestOf<'createAlbum'>, 'user' | 'apiUrl'>,
  asked: AlbumRequest,
  deps: Deps,
): Promise<{ album: Album; body: AlbumView }> {
  const userId = request.user.user_id;
  const at = deps.clock().toISOString();
  const album: Album = {
    album_id: deps.newId(),
    kind: asked.kind,
    name: asked.name,
    ...readTexts(asked),
    sort: asked.kind === 'manual' ? 'added' : 'taken',
    ...(asked.kind === 'smart' && { query: readSearch(asked.query) }),
    created_at: at,
    updated_at: at,
  };
  if (!(await deps.albums.create(userId, album)))
    throw new Error(`Album id ${album.album_id} is taken; expected a new one`);
  if (asked.kind === 'manual' && asked.image_ids) {
    const ids = [...new Set(asked.image_ids)];
    await carryOut(ids, await albumAction(userId, { ids, add: [album.album_id], remove: [] }, deps), deps);
  }
  const [body] = await viewAlbums(request, [album], deps);
  if (!body) throw new Error('An album has one view');
  return { album, body };
}
