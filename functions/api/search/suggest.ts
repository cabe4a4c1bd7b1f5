import type { Postings, StoredSuggestion } from '../../../shared/adapters/postings.ts';
import { indexForm, tagForm } from '../../../shared/domain/search/words.ts';
import type { ApiUseCase } from '../use-cases.ts';

/** What begins with some letters, most frequent first. Of what begins with very few letters, only the first 100 are weighed. */
export const suggest: ApiUseCase<'suggest'> = async ({ query, user }, { postings }) => {
  const found = await startingWith(user.user_id, query.prefix, postings);
  // One text may be there once under each of its words.
  const distinct = new Map(found.map((suggestion) => [`${suggestion.kind} ${suggestion.text}`, suggestion]));
  const items = [...distinct.values()]
    .filter(({ count }) => count > 0)
    .sort((one, other) => other.count - one.count || (one.text < other.text ? -1 : 1))
    .slice(0, query.limit)
    .map(({ text, kind, count }) => ({ text, kind, count }));
  return { status: 200, body: { items } };
};

/** Tags are singular: whoever has typed a plural means them, too. */
async function startingWith(
  userId: string,
  text: string,
  postings: Pick<Postings, 'suggestions'>,
): Promise<StoredSuggestion[]> {
  const prefix = indexForm(text);
  if (prefix === '') return [];
  const found = await postings.suggestions(userId, prefix);
  const singular = tagForm(text);
  return found.length > 0 || singular === prefix ? found : postings.suggestions(userId, singular);
}
