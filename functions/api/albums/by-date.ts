import { dayName, monthName } from '../../../shared/domain/albums/album.ts';
import type { Sums } from '../../../shared/domain/tallies.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { viewFound } from './found.ts';

const PREFIX = 'DATED#';

/** Latest first. Photos that only know when they were uploaded are left out. */
export const albumsByDate: ApiUseCase<'albumsByDate'> = async (request, deps) => {
  const { by, limit, cursor } = request.query;
  // The month a page of days ended in may have more of them.
  const after = cursor === undefined || by === 'month' ? cursor : `${cursor.slice(0, 7)}~`;
  const { items, more } = await deps.tallies.page(request.user.user_id, PREFIX, { after, backward: true, limit });
  const dates = items.flatMap(({ key, sums }) => {
    const month = key.slice(PREFIX.length);
    return by === 'month' ? [{ date: month, count: sums.count ?? 0 }] : daysOf(month, sums);
  });
  const left = dates.filter(({ date }) => cursor === undefined || date < cursor);
  const page = left.slice(0, limit);
  const rules = page.map(({ date }) =>
    by === 'month' ? { by: 'month' as const, month: date } : { by: 'day' as const, day: date },
  );
  const found = await viewFound(request, rules, deps);
  const last = page.at(-1);
  return {
    status: 200,
    body: {
      items: page.map(({ date, count }, index) => ({
        by,
        date,
        count,
        name: by === 'month' ? monthName(date) : dayName(date),
        album_id: found[index]?.album_id ?? null,
        cover: found[index]?.cover ?? null,
      })),
      next_cursor: last && (more || left.length > limit) ? last.date : null,
    },
  };
};

const daysOf = (month: string, sums: Sums) =>
  Object.entries(sums)
    .filter(([name]) => name.startsWith('day-'))
    .map(([name, count]) => ({ date: `${month}-${name.slice(4)}`, count }))
    .sort((one, other) => (one.date < other.date ? 1 : -1));
