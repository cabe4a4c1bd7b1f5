import type { ImageRecord } from '../../../shared/domain/image.ts';
import { isTerminal } from '../../../shared/domain/image.ts';
import type { Deps } from '../deps.ts';

/**
 * Has what is derived from edited photos brought in line with them. Those still under way have an event to come, which reads them
 * as they are by then.
 */
export async function sendEdited(records: readonly ImageRecord[], { queues, logger }: Deps): Promise<void> {
  const events = records
    .filter(({ status }) => isTerminal(status))
    .map(({ user_id, image_id, edit_revision = 0 }) => ({
      type: 'edited' as const,
      event_id: `edited:${image_id}:${edit_revision}`,
      user_id,
      image_id,
    }));
  try {
    await queues.organize(events);
  } catch (error) {
    // The edits are stored; sweep finds what is marked and has it brought in line.
    logger.warn('edits wait for sweep', { images: events.length, error: error as Error });
  }
}
