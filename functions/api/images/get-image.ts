import type { ImageView } from '../../../shared/contract/schemas.ts';
import type { ImageRecord } from '../../../shared/domain/image.ts';
import { NotFound } from '../../../shared/lambda/http/problems.ts';
import type { Deps } from '../deps.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { viewImages } from './view.ts';

export const getImage: ApiUseCase<'getImage'> = async (request, deps) => {
  const { params, user } = request;
  const record = await deps.images.getVisible({ userId: user.user_id, imageId: params.image_id });
  const [image] = record ? await viewImages(request, [record], deps) : [];
  if (!record || !image) throw new NotFound('image');
  return { status: 200, body: await withRawMetadata(image, record, deps) };
};

/**
 * Adds all that the file says about itself. It lies beside the record, in the bucket, so that lists stay small. Where it cannot be read,
 * the record is shown without it.
 */
async function withRawMetadata(
  image: ImageView,
  { raw_metadata }: ImageRecord,
  { objects, logger }: Pick<Deps, 'objects' | 'logger'>,
): Promise<ImageView> {
  const stored =
    raw_metadata &&
    (await objects.read(raw_metadata.key).catch((error: Error) => {
      logger.warn('a photo is shown without what its file says', { image_id: image.image_id, error });
      return null;
    }));
  if (!stored) return image;
  const raw = JSON.parse(new TextDecoder().decode(stored)) as Record<string, unknown>;
  return { ...image, metadata: { ...image.metadata, raw } };
}
