import { NotFound } from '../../../shared/lambda/http/problems.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { sendRemoved } from './send-removed.ts';

/** Hidden at once; `organize` erases everything of it. */
export const deleteImage: ApiUseCase<'deleteImage'> = async ({ params, user }, deps) => {
  const record = await deps.images.markDeleted({ userId: user.user_id, imageId: params.image_id });
  if (!record) throw new NotFound('image');
  await sendRemoved([record], deps);
  return { status: 204, body: null };
};
