import { NotFound } from '../../../shared/lambda/http/problems.ts';
import { discard } from '../trash/discard.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { sendEdited } from './send-edited.ts';
import { sendRemoved } from './send-removed.ts';

/** Hidden at once; `organize` has everything derived from it follow. */
export const deleteImage: ApiUseCase<'deleteImage'> = async ({ params, query, user }, deps) => {
  const discarded = await discard({ userId: user.user_id, imageId: params.image_id }, query, deps);
  if (!discarded) throw new NotFound('image');
  const { trashed, erased } = discarded;
  if (trashed) await sendEdited([trashed], deps);
  if (erased) await sendRemoved([erased], deps);
  return { status: 204, body: null };
};
