import { type ImageRecord, isShown } from '../../../shared/domain/image.ts';
import { betterFirst } from '../../../shared/domain/near-duplicates.ts';
import { BEFORE_ALL } from '../../../shared/domain/search/join.ts';
import type { Deps } from '../deps.ts';
import { viewImages } from '../images/view.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { createPairWalk } from './pair-walk.ts';

/** Where a page ends though fewer groups than asked for were found: so many images are a large answer already. */
const MOST_IMAGES = 200;

/**
 * Groups of photos that look the same, each of them like at least one other of its group. A page may have fewer groups than `limit`
 * and still a next one: answers and reading are bounded.
 */
export const duplicates: ApiUseCase<'duplicates'> = async (request, deps) => {
  const { query, user } = request;
  const walk = createPairWalk(user.user_id, query.cursor ?? BEFORE_ALL, deps);
  const groups: ImageRecord[][] = [];
  let images = 0;
  let next: string | null = null;
  for (;;) {
    const ids = await walk.nextGroup();
    if (!ids) {
      next = walk.resume();
      break;
    }
    if (groups.length === query.limit || (groups.length > 0 && images + ids.length > MOST_IMAGES)) {
      next = walk.resumeBefore();
      break;
    }
    const records = await recordsOf(user.user_id, ids, deps);
    if (records.length < 2) continue;
    groups.push(records);
    images += records.length;
  }
  const views = await viewImages(request, groups.flat(), deps);
  const items = groups.map((records) => ({
    best: records[0]?.image_id ?? '',
    images: views.splice(0, records.length),
  }));
  return { status: 200, body: { items, next_cursor: next } };
};

/** The group's photos, the best one first: most pixels, then most bytes, then the one that was there first. */
async function recordsOf(userId: string, ids: readonly string[], { images }: Pick<Deps, 'images'>) {
  const records = await images.getMany(userId, ids, { consistent: true });
  return records.filter(isShown).sort(betterFirst);
}
