import { NotFound } from '../../../shared/lambda/http/problems.ts';
import { viewImages } from '../images/view.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { recordsById, viewCluster } from './view.ts';

export const getCluster: ApiUseCase<'getCluster'> = async (request, deps) => {
  const { params, query, user } = request;
  const userId = user.user_id;
  const cluster = await deps.clusters.get(userId, params.cluster_id);
  if (!cluster) throw new NotFound('cluster');
  const { imageIds, nextCursor } = await deps.clusters.members(userId, cluster.cluster_id, query);
  const records = await recordsById(userId, imageIds, deps);
  // In the members' order; those being erased are left out.
  const members = imageIds.flatMap((imageId) => records.get(imageId) ?? []);
  const images = await viewImages(request, members, deps);
  return { status: 200, body: { ...viewCluster(cluster, images), next_cursor: nextCursor } };
};
