import { isShown } from '../../../shared/domain/image.ts';
import { tallyOf } from '../../../shared/domain/tallies.ts';
import { viewImages } from '../images/view.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { typesOf } from './storage.ts';

const LARGEST = 10;
const MOST_MONTHS = 120;

/** Four reads, whatever the size of the gallery. */
export const storageAnalysis: ApiUseCase<'storageAnalysis'> = async (request, deps) => {
  const userId = request.user.user_id;
  const [tallies, months, largest] = await Promise.all([
    deps.tallies.get(userId, [tallyOf.storage, tallyOf.spare]),
    deps.tallies.page(userId, tallyOf.uploaded(''), { limit: MOST_MONTHS, backwards: true }),
    deps.postings.largest(userId, LARGEST),
  ]);
  const storage = tallies.get(tallyOf.storage) ?? {};
  const spare = tallies.get(tallyOf.spare) ?? {};
  const records = new Map((await deps.images.getMany(userId, largest)).map((record) => [record.image_id, record]));
  const shown = largest.flatMap((id) => records.get(id) ?? []).filter(isShown);
  const body = {
    images: storage.count ?? 0,
    bytes: storage.bytes ?? 0,
    thumbnail_bytes: storage.thumbnails ?? 0,
    by_type: typesOf(storage),
    by_month: months.items.map(({ rest, sums }) => ({ month: rest, images: sums.count ?? 0, bytes: sums.bytes ?? 0 })),
    largest: await viewImages(request, shown, deps),
    near_duplicates: { images: spare.count ?? 0, bytes: spare.bytes ?? 0 },
  };
  return { status: 200, body };
};
