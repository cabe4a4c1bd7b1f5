import type { ImageRecord } from '../../../shared/domain/image.ts';
import type { Deps } from '../deps.ts';

/** Has what is derived from restored photos come back. */
export async function sendRestored(
  records: readonly ImageRecord[],
  { queues, logger }: Pick<Deps, 'queues' | 'logger'>,
): Promise<void> {
  try {
    await queues.restored(records);
  } catch (error) {
    // They are restored; sweep finds them standing still and sends their messages again.
    logger.warn('restored photos wait for sweep', { images: records.length, error: error as Error });
  }
}
