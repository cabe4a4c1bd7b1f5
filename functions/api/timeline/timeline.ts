import { tallyOf } from '../../../shared/domain/tallies.ts';
import { viewImages } from '../images/view.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { takenIn } from './taken.ts';

/** Months of the tallies, or the days in one of them, each with the latest photo of it: 50 at the most. */
export const timeline: ApiUseCase<'timeline'> = async (request, deps) => {
  const { query, user } = request;
  const userId = user.user_id;
  const { periods, next } =
    query.month === undefined
      ? await months(query.limit, query.cursor)
      : { periods: await days(query.month), next: null };
  const covers = await Promise.all(periods.map(async ({ date }) => (await takenIn(userId, date, 1, deps))[0]));
  const records = covers.flatMap((cover) => cover ?? []);
  const views = new Map((await viewImages(request, records, deps)).map((view) => [view.image_id, view]));
  const items = periods.map(({ date, count }, index) => ({
    date,
    count,
    cover: views.get(covers[index]?.image_id ?? '') ?? null,
  }));
  return { status: 200, body: { items, next_cursor: next } };

  async function months(limit: number, cursor: string | undefined) {
    const { items, more } = await deps.tallies.page(userId, tallyOf.month(''), {
      limit,
      after: cursor,
      backwards: true,
    });
    const periods = items.map(({ rest, sums }) => ({ date: rest, count: sums.count ?? 0 }));
    return { periods, next: more ? (periods.at(-1)?.date ?? null) : null };
  }

  async function days(month: string) {
    const key = tallyOf.month(month);
    const sums = (await deps.tallies.get(userId, [key])).get(key) ?? {};
    return Object.entries(sums)
      .filter(([name]) => name.startsWith('day-'))
      .map(([name, count]) => ({ date: `${month}-${name.slice('day-'.length)}`, count }))
      .sort((one, other) => (one.date < other.date ? 1 : -1));
  }
};
