import { type SearchQuery, searchQuery } from '../../../shared/contract/schemas.ts';
import type { SavedSearch } from '../../../shared/domain/albums/album.ts';
import { InvalidRequest } from '../../../shared/lambda/http/problems.ts';
import { readAsk } from '../search/ask.ts';

/** A search to be kept, without what was not said. Throws `InvalidRequest` where a field names nothing that can be looked for. */
export function readSearch(query: SavedSearch): SavedSearch {
  try {
    readAsk(asQuery(query, { limit: 1 }));
  } catch (error) {
    if (!(error instanceof InvalidRequest)) throw error;
    throw new InvalidRequest((error.errors ?? []).map((field) => ({ ...field, path: `query.${field.path}` })));
  }
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
}

/** The query of `GET /search/images` that a smart album repeats for one of its pages. */
export function asQuery(
  { favorite, ...query }: SavedSearch,
  page: { limit: number; cursor?: string | undefined },
): SearchQuery {
  return searchQuery.parse({ ...query, ...page, ...(favorite !== undefined && { favorite: String(favorite) }) });
}
