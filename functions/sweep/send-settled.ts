import type { Queues } from '../../shared/adapters/queues.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';

/** Has what is derived from a photo that has ended brought in line with its record. */
export async function sendSettled(
  queues: Queues,
  { user_id, image_id, generation, status }: ImageRecord,
  now: Date,
): Promise<void> {
  // Not the id of whoever ended it: the queue would drop that as a repetition within five minutes.
  const event_id = `settled:${image_id}:${generation}:${status}:${now.getTime()}`;
  await queues.organize([{ type: 'settled', event_id, user_id, image_id }]);
}
