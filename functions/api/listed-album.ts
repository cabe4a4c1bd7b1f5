import type { Album } from '../../shared/domain/albums/album.ts';
import { Conflict, NotFound } from '../../shared/lambda/http/problems.ts';
import type { Deps } from './deps.ts';

/**
 * An album whose photos are listed, so that they can be gone through, and one of them told from the others. Throws `NotFound` where there
 * is none, `Conflict` where it is a smart one: what a search finds is known only by searching.
 */
export async function listedAlbum(userId: string, albumId: string, { albums }: Pick<Deps, 'albums'>): Promise<Album> {
  const album = await albums.get(userId, albumId);
  if (!album) throw new NotFound('album');
  if (album.kind === 'smart') {
    throw new Conflict('A smart album is a search. Put its images into an album by hand, or name them by their ids.');
  }
  return album;
}
