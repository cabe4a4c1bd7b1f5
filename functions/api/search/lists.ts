import type { Postings } from '../../../shared/adapters/postings.ts';
import { type Filters, listsFor, RECORDS } from '../../../shared/domain/search/filters.ts';
import { BEFORE_ALL, createJoin, type ReadList, type Source } from '../../../shared/domain/search/join.ts';
import { listOf } from '../../../shared/domain/search/postings.ts';

/** Pages one request reads while it looks for photos that are in several lists. */
const MOST_PAGES = 60;
/** Postings read at once where most of them are expected to be passed over. */
const LARGE_PAGE = 100;

type Reading = Pick<Postings, 'page' | 'taken' | 'newest'>;

/**
 * The photos that exact filters name, in the order in which a search without ranking answers them: newest first, or, where only dates
 * narrow it, latest taken first.
 */
export function candidates(
  userId: string,
  filters: Filters,
  { before = BEFORE_ALL, need }: { before?: string | undefined; need: number },
  postings: Reading,
): Source {
  const lists = listsFor(filters);
  const dated = filters.from !== undefined || filters.to !== undefined;
  const sparse = lists.length > 1 || lists.includes(RECORDS);
  const limit = sparse ? LARGE_PAGE : Math.min(1_000, need + 1);
  const reads =
    lists.length === 0 && dated
      ? [readTaken(userId, filters, limit, postings)]
      : (lists.length === 0 ? [listOf.status('done')] : lists).map((list) => readList(userId, list, limit, postings));
  return createJoin(reads, before, MOST_PAGES);
}

function readList(userId: string, list: string, limit: number, postings: Reading): ReadList {
  return async (before) => {
    const { items, more } = await postings.page(userId, list, { before, limit });
    const entries = items.map(({ image_id, taken_at, status }) => ({ key: image_id, image_id, taken_at, status }));
    return { entries, more };
  };
}

function readTaken(userId: string, filters: Filters, limit: number, postings: Reading): ReadList {
  return async (before) => {
    const { items, more } = await postings.taken(userId, filters, { before, limit });
    return { entries: items.map(({ image_id, taken_key }) => ({ key: taken_key, image_id })), more };
  };
}

/** A filter's list of no more photos than these is read whole, so that a ranking looks at them alone. */
const SHORT_LIST = 500;

/**
 * The only photos that can match, where a filter names few: those in all of its short lists. `undefined` where none is short.
 * `before` bounds the ids.
 */
export async function fewCandidates(
  userId: string,
  filters: Filters,
  before: string,
  postings: Reading,
): Promise<Set<string> | undefined> {
  const limit = SHORT_LIST + 1;
  const dated = filters.from !== undefined || filters.to !== undefined;
  const lists = await Promise.all([
    ...listsFor(filters).map((list) => postings.newest(userId, list, { before, limit })),
    ...(dated ? [postings.taken(userId, filters, { limit }).then(({ items }) => items)] : []),
  ]);
  const short = lists.filter(({ length }) => length <= SHORT_LIST).map((items) => new Set(items.map(idOf)));
  return short.length > 0 ? short.reduce((one, other) => one.intersection(other)) : undefined;
}

const idOf = ({ image_id }: { image_id: string }) => image_id;
