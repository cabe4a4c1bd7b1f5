import { isShown } from '../../../shared/domain/image.ts';
import { listOf } from '../../../shared/domain/search/postings.ts';
import { statsView } from '../../../shared/domain/summary.ts';
import { tallyOf } from '../../../shared/domain/tallies.ts';
import type { Deps } from '../deps.ts';
import { viewImages } from '../images/view.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { typesOf } from './storage.ts';

const MONTHS = 12;
const NEWEST = 6;
/** Entries looked at for the newest: some may lie in the trash. */
const MOST_LOOKED_AT = 60;

/** Of the counters: three reads, and one for the newest images, however many there are. */
export const dashboardStats: ApiUseCase<'dashboardStats'> = async (request, deps) => {
  const userId = request.user.user_id;
  const months = monthsUpTo(deps.clock());
  const [summary, tallies, newest] = await Promise.all([
    deps.summaries.get(userId),
    deps.tallies.get(userId, [tallyOf.storage, ...months.map(tallyOf.uploaded)]),
    newestOf(userId, deps),
  ]);
  const { images, bytes, favorites, archived, degraded, by_status, updated_at } = statsView(summary);
  const uploads = months.map((month) => {
    const { count = 0, bytes = 0 } = tallies.get(tallyOf.uploaded(month)) ?? {};
    return { month, images: count, bytes };
  });
  const body = {
    ...{ images, bytes, favorites, archived, degraded, by_status, updated_at },
    by_type: typesOf(tallies.get(tallyOf.storage) ?? {}),
    uploads,
    newest: await viewImages(request, newest, deps),
  };
  return { status: 200, body };
};

/** `YYYY-MM`, this month (UTC) first. */
function monthsUpTo(now: Date): string[] {
  return Array.from({ length: MONTHS }, (_, ago) =>
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - ago)).toISOString().slice(0, 7),
  );
}

async function newestOf(userId: string, { images, postings }: Pick<Deps, 'images' | 'postings'>) {
  const listed = await postings.newest(userId, listOf.status('done'), { limit: MOST_LOOKED_AT });
  const records = await images.getMany(
    userId,
    listed.map(({ image_id }) => image_id),
  );
  return records
    .filter(isShown)
    .sort((one, other) => (one.image_id < other.image_id ? 1 : -1))
    .slice(0, NEWEST);
}
