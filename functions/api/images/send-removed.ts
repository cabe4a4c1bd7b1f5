import type { ImageRecord } from '../../../shared/domain/image.ts';
import type { Deps } from '../deps.ts';

/** Has photos erased that their owner has deleted. */
export async function sendRemoved(
  records: readonly ImageRecord[],
  { queues, logger }: Pick<Deps, 'queues' | 'logger'>,
): Promise<void> {
  try {
    await queues.organize(
      records.map(({ user_id, image_id }) => ({
        type: 'removed',
        event_id: `removed:${image_id}`,
        user_id,
        image_id,
      })),
    );
  } catch (error) {
    // The photos are gone for their owner; sweep finds what is marked and sends the events again.
    logger.warn('removals wait for sweep', { images: records.length, error: error as Error });
  }
}
