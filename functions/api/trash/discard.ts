import type { ImageKey } from '../../../shared/adapters/images.ts';
import type { ImageRecord } from '../../../shared/domain/image.ts';
import type { Deps } from '../deps.ts';

/** What became of a photo its owner deleted; neither where it lay in the trash already. */
interface Discarded {
  trashed?: ImageRecord;
  erased?: ImageRecord;
}

/**
 * Moves a photo to the trash, or marks it as erased: where that is asked for, and where nothing could be restored of it. `null` where
 * there is none.
 */
export async function discard(
  key: ImageKey,
  { permanent }: { permanent: boolean },
  { edits, images, trashDays }: Pick<Deps, 'edits' | 'images' | 'trashDays'>,
): Promise<Discarded | null> {
  if (!permanent) {
    const outcome = await edits.trash(key, trashDays);
    if (!outcome) return null;
    if (outcome.state === 'changed') return { trashed: outcome.record };
    if (outcome.state === 'unchanged') return {};
  }
  const erased = await images.markDeleted(key);
  return erased && { erased };
}
