import type { Person } from '../../../shared/adapters/people.ts';
import { tallyOf } from '../../../shared/domain/tallies.ts';
import { NotFound } from '../../../shared/lambda/http/problems.ts';
import type { Deps } from '../deps.ts';

/** A person as far as counts and words go: one who has a face in the gallery, or of whom something is said. */
export interface KnownPerson {
  person_id: string;
  /** Photos. */
  count: number;
  faces: number;
  said: Person | null;
}

/** Everybody, those seen most first. */
export async function knownPeople(
  userId: string,
  { people, tallies }: Pick<Deps, 'people' | 'tallies'>,
): Promise<KnownPerson[]> {
  const [counts, said] = await Promise.all([tallies.below(userId, tallyOf.person('')), people.list(userId)]);
  const words = new Map(said.map((person) => [person.person_id, person]));
  const seen = [...counts].map(([key, { count = 0, faces = 0 }]) => {
    const person_id = key.slice(tallyOf.person('').length);
    return { person_id, count, faces, said: words.get(person_id) ?? null };
  });
  const ids = new Set(seen.map(({ person_id }) => person_id));
  const unseen = said
    .filter(({ person_id }) => !ids.has(person_id))
    .map((person) => ({ person_id: person.person_id, count: 0, faces: 0, said: person }));
  return [...seen, ...unseen].sort(bySize);
}

const bySize = (a: Pick<KnownPerson, 'count' | 'person_id'>, b: Pick<KnownPerson, 'count' | 'person_id'>) =>
  b.count - a.count || (a.person_id < b.person_id ? -1 : 1);

/** A page of people, and the cursor of the next. */
export function pageOf(
  people: readonly KnownPerson[],
  { limit, cursor }: { limit: number; cursor?: string | undefined },
) {
  const dash = cursor?.indexOf('-') ?? 0;
  const last = cursor && { count: Number(cursor.slice(0, dash)), person_id: cursor.slice(dash + 1) };
  const rest = last ? people.filter((person) => bySize(last, person) < 0) : people;
  const items = rest.slice(0, limit);
  const end = items.at(-1);
  return { items, next_cursor: rest.length > limit && end ? `${end.count}-${end.person_id}` : null };
}

/** One person. Throws `NotFound`. */
export async function knownPerson(
  userId: string,
  personId: string,
  { people, tallies }: Pick<Deps, 'people' | 'tallies'>,
): Promise<KnownPerson> {
  const key = tallyOf.person(personId);
  const [counts, said] = await Promise.all([tallies.get(userId, [key]), people.get(userId, personId)]);
  const sums = counts.get(key);
  if (!sums && !said) throw new NotFound('person');
  return { person_id: personId, count: sums?.count ?? 0, faces: sums?.faces ?? 0, said };
}
