import type { Images } from '../../../shared/adapters/images.ts';
import type { ImageRecord } from '../../../shared/domain/image.ts';
import { type Filters, matches, withinDates } from '../../../shared/domain/search/filters.ts';

/** Candidates one request looks at, beyond those it needs, while it looks for those that match. */
const MOST_EXAMINED = 1_000;
const MOST_AT_ONCE = 100;

interface Candidate {
  image_id: string;
  taken_at?: string | undefined;
  status?: string | undefined;
}

export interface Collected<C> {
  found: { candidate: C; record: ImageRecord }[];
  /** The last candidate that was given to the caller or passed over; `null` where nothing more is to come. */
  last: C | null;
  /** No more candidates for now: whether that is the end, only their source knows. */
  dry: boolean;
}

/**
 * Reads the records of candidates, in their order, until `need` of them match, and one more to know whether more follow. Reading is
 * bounded: fewer than `need` may be found and others may still follow.
 */
export async function collect<C extends Candidate>(
  next: () => Promise<C | null>,
  { userId, filters, need }: { userId: string; filters: Filters; need: number },
  { images }: { images: Pick<Images, 'getMany'> },
): Promise<Collected<C>> {
  const found: Collected<C>['found'] = [];
  const most = need + MOST_EXAMINED;
  let examined = 0;
  let dry = false;
  let last: C | null = null;
  while (found.length <= need && examined < most && !dry) {
    const batch: C[] = [];
    const size = Math.min(MOST_AT_ONCE, examined === 0 ? need + 1 : MOST_AT_ONCE);
    while (batch.length < size) {
      const candidate = await next();
      dry = candidate === null;
      if (!candidate) break;
      last = candidate;
      examined += 1;
      if (mayMatch(candidate, filters)) batch.push(candidate);
      else if (examined >= most) break;
    }
    const records = batch.length > 0 ? await recordsOf(userId, batch, images) : new Map<string, ImageRecord>();
    for (const candidate of batch) {
      const record = records.get(candidate.image_id);
      if (record && matches(record, filters)) found.push({ candidate, record });
    }
  }
  if (found.length > need) return { found: found.slice(0, need), last: found[need - 1]?.candidate ?? null, dry: false };
  return { found, last, dry };
}

/** What is known without its record. */
function mayMatch({ taken_at, status }: Candidate, filters: Filters): boolean {
  if (status !== undefined && filters.status !== 'degraded' && status !== filters.status) return false;
  return taken_at === undefined || withinDates(taken_at, filters);
}

async function recordsOf(userId: string, batch: readonly Candidate[], images: Pick<Images, 'getMany'>) {
  const ids = batch.map(({ image_id }) => image_id);
  const records = await images.getMany(userId, ids, { consistent: true });
  return new Map(records.map((record) => [record.image_id, record]));
}
