import type { ApiUseCase } from '../use-cases.ts';
import { viewFound } from './found.ts';

const PREFIX = 'PLACED#';

/** Countries in the order of their letters, each before its cities. */
export const albumsByLocation: ApiUseCase<'albumsByLocation'> = async (request, deps) => {
  const { query, user } = request;
  const after = query.cursor === undefined ? undefined : Buffer.from(query.cursor, 'base64url').toString();
  const { items, more } = await deps.tallies.page(user.user_id, PREFIX, { after, limit: query.limit });
  const places = items.map(({ key, sums }) => {
    const place = key.slice(PREFIX.length);
    const by: 'city' | 'country' = place.includes('/') ? 'city' : 'country';
    return { by, place, count: sums.count ?? 0 };
  });
  const [names, found] = await Promise.all([
    deps.autoAlbums.placeNames(
      user.user_id,
      places.map(({ place }) => place),
    ),
    viewFound(request, places, deps),
  ]);
  const last = places.at(-1);
  return {
    status: 200,
    body: {
      items: places.map(({ by, place, count }, index) => ({
        by,
        place,
        count,
        name: names.get(place) ?? place,
        album_id: found[index]?.album_id ?? null,
        cover: found[index]?.cover ?? null,
      })),
      next_cursor: more && last ? Buffer.from(last.place).toString('base64url') : null,
    },
  };
};
