import { tallyOf } from '../../../shared/domain/tallies.ts';
import { viewImages } from '../images/view.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { takenIn } from './taken.ts';

/** Years looked at, all in one read, and those that are shown. */
const YEARS_BACK = 100;
const MOST_YEARS = 20;

/** Photos of this day in other years, by the years whose tallies know it: one read, and a few for each year shown. */
export const memories: ApiUseCase<'memories'> = async (request, deps) => {
  const { query, user } = request;
  const userId = user.user_id;
  const today = deps.clock().toISOString().slice(0, 10);
  const date = query.date ?? today;
  const asked = Number(date.slice(0, 4));
  const years = Array.from({ length: YEARS_BACK }, (_, ago) => Number(today.slice(0, 4)) - ago);
  const monthOf = (year: number) => tallyOf.month(`${year}${date.slice(4, 7)}`);
  const tallies = await deps.tallies.get(userId, years.map(monthOf));
  const known = years.filter(
    (year) => year !== asked && (tallies.get(monthOf(year))?.[`day-${date.slice(8)}`] ?? 0) > 0,
  );

  const found = await Promise.all(
    known.slice(0, MOST_YEARS).map(async (year) => ({
      year,
      records: await takenIn(
        userId,
        `${year}${date.slice(4)}`,
        query.limit,
        deps,
        ({ taken_at_source }) => taken_at_source !== 'upload',
      ),
    })),
  );
  const shown = found.filter(({ records }) => records.length > 0);
  const views = await viewImages(
    request,
    shown.flatMap(({ records }) => records),
    deps,
  );
  const items = shown.map(({ year, records }) => ({
    year,
    years_ago: asked - year,
    images: views.splice(0, records.length),
  }));
  return { status: 200, body: { date, items } };
};
