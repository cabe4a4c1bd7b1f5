import { albumIdOf } from '../../../shared/adapters/auto-albums.ts';
import type { Album, AlbumRule } from '../../../shared/domain/albums/album.ts';
import type { RequestOf } from '../../../shared/lambda/http/use-case.ts';
import type { Deps } from '../deps.ts';
import { viewCovers } from './view.ts';

type Rule = Exclude<AlbumRule, { by: 'event' }>;

/** What is found by rules, whether there are albums of it or not: for each the album, where there is one, and its first picture. */
export async function viewFound(
  request: Pick<RequestOf<'albumsByDate'>, 'user' | 'apiUrl'>,
  rules: readonly Rule[],
  deps: Deps,
) {
  const ids = rules.map(albumIdOf);
  const as = (rule: Rule, album_id: string): Album => ({
    album_id,
    kind: 'auto',
    name: '',
    sort: 'taken',
    rule,
    created_at: '',
    updated_at: '',
  });
  const [albums, covers] = await Promise.all([
    deps.albums.getMany(request.user.user_id, ids),
    viewCovers(
      request,
      rules.map((rule, index) => as(rule, ids[index] ?? '')),
      deps,
    ),
  ]);
  return ids.map((id, index) => {
    const album = albums.get(id);
    const there = album?.kind === 'auto' && !album.hidden;
    return { album_id: there ? id : null, cover: covers[index] ?? null };
  });
}
