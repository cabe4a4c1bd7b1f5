import type { RequestOf } from '../../../shared/lambda/http/use-case.ts';
import type { Deps } from '../deps.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { knownPeople, pageOf } from './known.ts';
import { viewPeople } from './view.ts';

/** People, those seen most first. */
export const listPeople: ApiUseCase<'listPeople'> = (request, deps) => page(request, deps);

/** People as albums. */
export const personAlbums: ApiUseCase<'personAlbums'> = (request, deps) => page(request, deps);

async function page(request: Pick<RequestOf<'listPeople'>, 'user' | 'apiUrl' | 'query'>, deps: Deps) {
  const { user, query } = request;
  const people = await knownPeople(user.user_id, deps);
  const shown = people.filter(({ said }) => query.hidden || !said?.hidden);
  const { items, next_cursor } = pageOf(shown, query);
  return { status: 200 as const, body: { items: await viewPeople(request, items, deps), next_cursor } };
}
