import { NotFound } from '../../../shared/lambda/http/problems.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { viewImages } from './view.ts';

export const getImage: ApiUseCase<'getImage'> = async (request, deps) => {
  const { params, user } = request;
  const record = await deps.images.getVisible({ userId: user.user_id, imageId: params.image_id });
  const [image] = record ? await viewImages(request, [record], deps) : [];
  if (!image) throw new NotFound('image');
  return { status: 200, body: image };
};
