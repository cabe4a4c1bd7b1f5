import { type ImageRecord, isShown } from '../../../shared/domain/image.ts';
import { type Likeness, likeness } from '../../../shared/domain/search/likeness.ts';
import { NotFound } from '../../../shared/lambda/http/problems.ts';
import { viewImages } from '../images/view.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { likelyAlike } from './likely-alike.ts';

/** The photos most like one, by embedding, colours, tags and looks, each weighted as asked. Only `done` ones. */
export const similar: ApiUseCase<'similar'> = async (request, deps) => {
  const { params, query, user } = request;
  const userId = user.user_id;
  const { limit, ...weights } = query;
  const record = await deps.images.getVisible({ userId, imageId: params.image_id });
  if (!record) throw new NotFound('image');

  const own = await deps.embeddings.getMany(userId, [record.image_id]);
  const embedding = own.get(record.image_id);
  const ids = await likelyAlike(userId, { ...record, embedding }, weights, deps);
  const [records, embeddings] = await Promise.all([
    deps.images.getMany(userId, ids, { consistent: true }),
    deps.embeddings.getMany(userId, ids),
  ]);

  const best = records
    .filter(isShown)
    .map((other) => ({
      other,
      ...likeness({ ...record, embedding }, { ...other, embedding: embeddings.get(other.image_id) }, weights),
    }))
    .filter(({ similarity }) => similarity > 0)
    .sort(mostAlike)
    .slice(0, limit);
  const views = await viewImages(
    request,
    best.map(({ other }) => other),
    deps,
  );
  const items = views.flatMap((view, index) => {
    const { similarity, parts } = best[index] ?? {};
    return similarity === undefined || !parts ? [] : [{ ...view, similarity, parts }];
  });
  return { status: 200, body: { items } };
};

type Compared = Likeness & { other: ImageRecord };

const mostAlike = (one: Compared, other: Compared) =>
  other.similarity - one.similarity || (one.other.image_id < other.other.image_id ? 1 : -1);
