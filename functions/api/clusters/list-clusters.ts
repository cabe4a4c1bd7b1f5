import { viewImages } from '../images/view.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { recordsById, shownOf, viewCluster } from './view.ts';

/** Images one answer may show: with their signed URLs about 6 KB each, of the 6 MB an answer may have. */
const MOST_IMAGES = 400;

/** All clusters, largest first, each with its cover and newest images: up to 12, fewer where there are many clusters. */
export const listClusters: ApiUseCase<'listClusters'> = async (request, deps) => {
  const userId = request.user.user_id;
  const clusters = await deps.clusters.list(userId);
  const each = Math.max(1, Math.floor(MOST_IMAGES / Math.max(1, clusters.length)));
  const shown = clusters.map((cluster, index) => (index < MOST_IMAGES ? shownOf(cluster).slice(0, each) : []));

  const records = await recordsById(userId, shown.flat(), deps);
  // Of these images the names are known: they are the clusters' own.
  const names = new Map(clusters.map(({ cluster_id, name }) => [cluster_id, name]));
  const views = await viewImages(request, [...records.values()], {
    urlsOf: deps.urlsOf,
    namesOf: async (_, { people }) => ({ ...(await deps.namesOf(userId, { clusters: [], people })), clusters: names }),
  });
  const viewById = new Map(views.map((view) => [view.image_id, view]));
  const items = clusters.map((cluster, index) =>
    viewCluster(
      cluster,
      (shown[index] ?? []).flatMap((imageId) => viewById.get(imageId) ?? []),
    ),
  );
  return { status: 200, body: { items } };
};
