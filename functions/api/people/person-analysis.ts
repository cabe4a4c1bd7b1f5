import { tallyOf } from '../../../shared/domain/tallies.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { knownPeople } from './known.ts';
import { viewPeople } from './view.ts';

const MOST_SHOWN = 10;
const YEAR = 'faces-';

/** How many faces and people there are, from tallies. */
export const personAnalysis: ApiUseCase<'personAnalysis'> = async (request, deps) => {
  const userId = request.user.user_id;
  const [people, tallies] = await Promise.all([knownPeople(userId, deps), deps.tallies.get(userId, [tallyOf.people])]);
  const sums = tallies.get(tallyOf.people) ?? {};
  const seen = people.filter(({ count }) => count > 0);
  const shown = seen.filter(({ said }) => !said?.hidden).slice(0, MOST_SHOWN);
  const by_year = Object.entries(sums)
    .filter(([name]) => name.startsWith(YEAR))
    .map(([name, faces]) => ({ year: name.slice(YEAR.length), faces }))
    .sort((a, b) => (a.year < b.year ? 1 : -1));
  const { count: photos = 0, faces = 0, unassigned = 0 } = sums;
  const top = await viewPeople(request, shown, deps);
  return { status: 200, body: { photos, faces, unassigned, people: seen.length, by_year, top } };
};
