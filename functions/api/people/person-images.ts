import { isShown } from '../../../shared/domain/image.ts';
import { listOf } from '../../../shared/domain/search/postings.ts';
import { recordsById } from '../clusters/view.ts';
import { viewImages } from '../images/view.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { knownPerson } from './known.ts';

/** The images a person is in, newest first. A page may be shorter than `limit` and still have a next one. */
export const personImages: ApiUseCase<'personImages'> = async (request, deps) => {
  const { params, query, user } = request;
  const userId = user.user_id;
  const { person_id } = await knownPerson(userId, params.person_id, deps);
  const { limit, cursor } = query;
  const listed = await deps.postings.newest(userId, listOf.person(person_id), { before: cursor, limit: limit + 1 });
  const ids = listed.slice(0, limit).map(({ image_id }) => image_id);
  const records = await recordsById(userId, ids, deps);
  const members = ids.flatMap((imageId) => records.get(imageId) ?? []).filter(isShown);
  const items = await viewImages(request, members, deps);
  return { status: 200, body: { items, next_cursor: listed.length > limit ? (ids.at(-1) ?? null) : null } };
};
