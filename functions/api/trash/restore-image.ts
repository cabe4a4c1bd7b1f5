import { NotFound } from '../../../shared/lambda/http/problems.ts';
import { viewImages } from '../images/view.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { sendRestored } from './send-restored.ts';

/** Takes a photo out of the trash; one that is not there stays as it is. */
export const restoreImage: ApiUseCase<'restoreImage'> = async (request, deps) => {
  const { params, user } = request;
  const outcome = await deps.edits.restore({ userId: user.user_id, imageId: params.image_id });
  if (!outcome) throw new NotFound('image');
  if (outcome.state === 'changed') await sendRestored([outcome.record], deps);
  const [image] = await viewImages(request, [outcome.record], deps);
  if (!image) throw new NotFound('image');
  return { status: 200, body: image };
};
