import type { Journal, Spare } from '../../shared/adapters/image-index.ts';
import { changeSums, type Sums, tallyOf } from '../../shared/domain/tallies.ts';
import type { OrganizeDeps } from './deps.ts';

/** Photos looked at side by side. */
const AT_ONCE = 25;

/**
 * Spare photos: those of which there is a better near-duplicate. Looked at once all pairs of a pass are written; what changes belongs into
 * the pass's journal, before any of it is written.
 */
export function createSparePhotos({ index, near, images }: Pick<OrganizeDeps, 'index' | 'near' | 'images'>) {
  /** What is to be written so that these photos are spare if, and only if, their pairs say so; `null`: nothing. */
  return async function sparePhotos(
    userId: string,
    imageIds: readonly string[],
  ): Promise<Pick<Journal, 'spares' | 'tallies'> | null> {
    if (imageIds.length === 0) return null;
    const known = await index.spares(userId, imageIds);
    const outdone = await outdoneOf(userId, imageIds);
    const records = await images.getMany(userId, outdone, { consistent: true });
    const bytesOf = new Map(records.map(({ image_id, original }) => [image_id, original?.bytes ?? 0]));
    const spares: Spare[] = imageIds
      .map((image_id) => ({ image_id, bytes: bytesOf.get(image_id) ?? null }))
      .filter(({ image_id, bytes }) => bytes !== (known.get(image_id) ?? null));
    if (spares.length === 0) return null;

    let by: Sums = {};
    for (const { image_id, bytes } of spares) {
      const before = known.get(image_id);
      if (before !== undefined) by = changeSums(by, { count: 1, bytes: before }, -1);
      if (bytes !== null) by = changeSums(by, { count: 1, bytes }, 1);
    }
    const stored = (await index.tallied(userId, [tallyOf.spare])).get(tallyOf.spare) ?? {};
    return { spares, tallies: [{ key: tallyOf.spare, sums: changeSums(stored, by, 1) }] };
  };

  async function outdoneOf(userId: string, imageIds: readonly string[]): Promise<string[]> {
    const outdone: string[] = [];
    for (let start = 0; start < imageIds.length; start += AT_ONCE) {
      const some = imageIds.slice(start, start + AT_ONCE);
      const are = await Promise.all(some.map((id) => near.isOutdone(userId, id)));
      outdone.push(...some.filter((_, number) => are[number]));
    }
    return outdone;
  }
}
