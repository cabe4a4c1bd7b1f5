import { Conflict, NotFound } from '../../../shared/lambda/http/problems.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { readEdit } from './read-edit.ts';
import { sendEdited } from './send-edited.ts';
import { viewImages } from './view.ts';

/** What a person says about a photo, at once on its record and locked there; searching follows. */
export const editImage: ApiUseCase<'editImage'> = async (request, deps) => {
  const { params, body, user } = request;
  const edit = readEdit(body);
  const outcome = await deps.edits.edit({ userId: user.user_id, imageId: params.image_id }, edit);
  if (!outcome) throw new NotFound('image');
  if (outcome.state === 'refused') throw new Conflict(outcome.reason.message);
  if (outcome.state === 'changed') await sendEdited([outcome.record], deps);
  const [image] = await viewImages(request, [outcome.record], deps);
  if (!image) throw new NotFound('image');
  return { status: 200, body: image };
};
