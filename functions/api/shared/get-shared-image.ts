import { isSharedIn } from '../../../shared/domain/share-link.ts';
import { NotFound } from '../../../shared/lambda/http/problems.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { viewShared } from './view.ts';

export const getSharedImage: ApiUseCase<'getSharedImage'> = async ({ link, params, apiUrl }, deps) => {
  const { images, shareSignatures } = deps;
  const record = await images.getVisible({ userId: link.link.owner, imageId: params.image_id });
  const [view] =
    record && isSharedIn(link.album, record) ? await viewShared([record], link, { apiUrl, shareSignatures }) : [];
  if (!view) throw new NotFound('image');
  return { status: 200, body: view };
};
