import type { SearchPage } from '../../../shared/contract/schemas.ts';
import type { ImageRecord } from '../../../shared/domain/image.ts';
import { viewImages } from '../images/view.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { type Ask, readAsk } from './ask.ts';
import { collect } from './collect.ts';
import { createCursors } from './cursor.ts';
import { decodeRanked, encodeRanked } from './frozen.ts';
import { candidates } from './lists.ts';
import { type RankedDeps, type RankedHit, rank } from './ranked.ts';
import { reasons } from './reasons.ts';

interface Found {
  found: { record: ImageRecord; hit?: RankedHit }[];
  /** What the next page's cursor holds; `null` at the end. */
  rest: Uint8Array | null;
  meaning: SearchPage['meaning'];
}

/** What is asked of one page, beside the query itself. */
interface Wanted {
  userId: string;
  ask: Ask;
  /** How many hits to find, those of skipped pages included. */
  need: number;
  cursors: ReturnType<typeof createCursors>;
}

type SearchDeps = RankedDeps & Parameters<typeof collect>[2];

/**
 * Photos that match every filter; ranked where words or a colour are looked for, else newest first. A page may be shorter than
 * `limit` and still have a next one: reading is bounded.
 */
export const search: ApiUseCase<'search'> = async (request, deps) => {
  const { query, user } = request;
  const ask = readAsk(query);
  const skip = ((query.page ?? 1) - 1) * query.limit;
  const cursors = createCursors(user.user_id, query);
  const wanted = { userId: user.user_id, ask, need: skip + query.limit, cursors };
  const ranked = ask.q !== undefined || ask.color !== undefined;
  const { found, rest, meaning } = await (ranked ? findRanked(wanted, deps) : findNewest(wanted, deps));
  const page = found.slice(skip);
  const views = await viewImages(
    request,
    page.map(({ record }) => record),
    deps,
  );
  const items = page.flatMap(({ record, hit }, index) => {
    const view = views[index];
    return view ? [{ ...view, score: hit?.score ?? null, matched: reasons(ask, record, hit) }] : [];
  });
  return { status: 200, body: { items, next_cursor: rest && cursors.seal(rest), meaning } };
};

/** An image id, or a local time and an image id, or the beginning of either up to `~`: where a list is read on. */
const KEY = /^[\dT:-]{0,20}#?[\da-f-]{1,40}~?$/;

async function findNewest({ userId, ask, need, cursors }: Wanted, deps: SearchDeps): Promise<Found> {
  const before = cursors.open((payload) => (KEY.test(payload.toString()) ? payload.toString() : null));
  const source = candidates(userId, ask.filters, { before, need }, deps.postings);
  const { found, last, dry } = await collect(source.next, { userId, filters: ask.filters, need }, deps);
  // Where candidates ran out, only their source knows how far it has looked.
  const next = dry ? source.resume() : (last?.key ?? null);
  return { found, rest: next === null ? null : Buffer.from(next), meaning: 'not_asked' };
}

async function findRanked({ userId, ask, need, cursors }: Wanted, deps: SearchDeps): Promise<Found> {
  const { hits, frozen } = await rank(userId, ask, cursors.open(decodeRanked), deps);
  const queue = hits.values();
  const next = async () => queue.next().value ?? null;
  const { found, last, dry } = await collect(next, { userId, filters: ask.filters, need }, deps);
  const answered = frozen.meaning ? 'searched' : 'unavailable';
  return {
    found: found.map(({ candidate, record }) => ({ record, hit: candidate })),
    rest: dry || !last ? null : encodeRanked({ frozen, after: last }),
    meaning: ask.q === undefined ? 'not_asked' : answered,
  };
}
