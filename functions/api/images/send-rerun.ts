import type { ImageRecord } from '../../../shared/domain/image.ts';
import type { Deps } from '../deps.ts';

/** Sets a photo going that begins a new round. */
export async function sendRerun(record: ImageRecord, { queues, objects, logger }: Deps): Promise<void> {
  try {
    await queues.resume(objects.bucket, record);
  } catch (error) {
    // The round is noted; sweep finds it standing still and sends its message again.
    logger.warn('the re-run waits for sweep', { image_id: record.image_id, error: error as Error });
  }
}
