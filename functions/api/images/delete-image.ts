import { NotFound } from '../../../shared/lambda/http/problems.ts';
import type { ApiUseCase } from '../use-cases.ts';

/** Hidden at once; `organize` erases everything of it. */
export const deleteImage: ApiUseCase<'deleteImage'> = async ({ params, user }, { images, queues, logger }) => {
  const userId = user.user_id;
  const record = await images.markDeleted({ userId, imageId: params.image_id });
  if (!record) throw new NotFound('image');
  const { image_id } = record;
  try {
    await queues.organize([{ type: 'removed', event_id: `removed:${image_id}`, user_id: userId, image_id }]);
  } catch (error) {
    // The photo is gone for its owner; sweep finds what is marked and sends the event again.
    logger.warn('the removal waits for sweep', { image_id, error: error as Error });
  }
  return { status: 204, body: null };
};
