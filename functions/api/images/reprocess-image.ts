import { Conflict, NotFound } from '../../../shared/lambda/http/problems.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { sendRerun } from './send-rerun.ts';
import { viewImages } from './view.ts';

/** Sends a photo through stages again. What it says stays until it is replaced, and what a person wrote stays in any case. */
export const reprocessImage: ApiUseCase<'reprocessImage'> = async (request, deps) => {
  const { params, body, user } = request;
  const outcome = await deps.edits.rerun({ userId: user.user_id, imageId: params.image_id }, body.stages);
  if (!outcome) throw new NotFound('image');
  if (outcome.state === 'refused') throw new Conflict(outcome.reason.message);
  await sendRerun(outcome.record, deps);
  const [image] = await viewImages(request, [outcome.record], deps);
  if (!image) throw new NotFound('image');
  return { status: 202, body: image };
};
