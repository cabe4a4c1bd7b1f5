import type { AlbumView, ImageView } from '../../../shared/contract/schemas.ts';
import type { Album, AlbumRule } from '../../../shared/domain/albums/album.ts';
import { countOf, tallyKeyOf } from '../../../shared/domain/albums/count.ts';
import { isShown } from '../../../shared/domain/image.ts';
import type { RequestOf } from '../../../shared/lambda/http/use-case.ts';
import type { Deps } from '../deps.ts';
import { viewImages } from '../images/view.ts';

type Viewer = Pick<RequestOf<'listAlbums'>, 'user' | 'apiUrl'>;

/** Albums as clients see them, in the same order: counted, each with the picture that stands for it. */
export async function viewAlbums(viewer: Viewer, albums: readonly Album[], deps: Deps): Promise<AlbumView[]> {
  const userId = viewer.user.user_id;
  const [tallies, covers] = await Promise.all([
    deps.tallies.get(
      userId,
      albums.flatMap((album) => tallyKeyOf(album) ?? []),
    ),
    viewCovers(viewer, albums, deps),
  ]);
  return albums.map((album, index) => ({
    album_id: album.album_id,
    kind: album.kind,
    name: album.name,
    description: album.description ?? null,
    sort: album.sort,
    count: countOf(album, tallies),
    cover: covers[index] ?? null,
    cover_image_id: album.cover_image_id ?? null,
    rule: album.kind === 'auto' && album.rule ? viewRule(album.rule) : null,
    query: (album.query as AlbumView['query'] | undefined) ?? null,
    created_at: album.created_at,
    updated_at: album.updated_at,
  }));
}

/** The picture of each album: the one chosen by hand as long as it is shown, otherwise its first. */
export async function viewCovers(
  viewer: Viewer,
  albums: readonly Album[],
  deps: Deps,
): Promise<(ImageView | undefined)[]> {
  const userId = viewer.user.user_id;
  const chosen = await shownById(
    userId,
    albums.flatMap(({ cover_image_id }) => cover_image_id ?? []),
    deps,
  );
  const ids = await Promise.all(
    albums.map(async (album) => {
      if (album.cover_image_id !== undefined && chosen.has(album.cover_image_id)) return album.cover_image_id;
      if (album.kind === 'smart') return null;
      return (await deps.albumImages.page(userId, album, { limit: 1 })).imageIds[0] ?? null;
    }),
  );
  const records = await shownById(
    userId,
    ids.filter((id) => id !== null),
    deps,
  );
  const views = await viewImages(viewer, [...records.values()], deps);
  const byId = new Map(views.map((view) => [view.image_id, view]));
  return ids.map((id) => (id === null ? undefined : byId.get(id)));
}

/** The records of these images that their owner sees in the gallery. */
export async function shownById(userId: string, imageIds: readonly string[], { images }: Pick<Deps, 'images'>) {
  const records = imageIds.length > 0 ? await images.getMany(userId, imageIds, { consistent: true }) : [];
  return new Map(records.filter(isShown).map((record) => [record.image_id, record]));
}

function viewRule(rule: AlbumRule): NonNullable<AlbumView['rule']> {
  if (rule.by !== 'event') return rule;
  const [from, to] = [rule.start, rule.end].map((key) => key.split('#')[0]);
  return { by: 'event', from, to };
}
