import type { Cluster, ClusterWords } from '../../../shared/adapters/clusters.ts';
import { MAX_NAME } from '../../../shared/contract/schemas.ts';
import { FIRST_NAMED_AT, nameFromTags } from '../../../shared/domain/cluster-naming.ts';
import { plainLine } from '../../../shared/domain/plain-text.ts';
import { InvalidRequest, NotFound } from '../../../shared/lambda/http/problems.ts';
import type { Deps } from '../deps.ts';
import { viewImages } from '../images/view.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { recordsById, shownOf, viewCluster } from './view.ts';

/** What a person says of a cluster, at once: from then on neither the model nor a re-clustering changes it. */
export const editCluster: ApiUseCase<'editCluster'> = async (request, deps) => {
  const { params, body, user } = request;
  const userId = user.user_id;
  const cluster = await deps.clusters.get(userId, params.cluster_id);
  if (!cluster) throw new NotFound('cluster');
  const { name, cover_image_id: cover } = body;
  const isMember = (imageId: string) => deps.clusters.isMember(userId, cluster.cluster_id, imageId);
  if (cover && !(await isMember(cover))) throw noMember(cover);

  const words = name === undefined ? undefined : await wordsOf(name, cluster, deps, userId);
  const edited = await deps.clusters.edit(userId, cluster.cluster_id, { words, cover }, deps.clock().toISOString());
  if (!edited) throw new NotFound('cluster');
  if (cover && !(await isMember(cover))) {
    // It has left while it was chosen.
    await deps.clusters.dropCover(userId, cluster.cluster_id, cover);
    throw noMember(cover);
  }
  if (words?.name_asked_at) await askForName(userId, edited, deps);

  const ids = shownOf(edited).slice(0, edited.newest.length);
  const records = await recordsById(userId, ids, deps);
  const images = await viewImages(
    request,
    ids.flatMap((imageId) => records.get(imageId) ?? []),
    deps,
  );
  return { status: 200, body: viewCluster(edited, images) };
};

const noMember = (received: string) =>
  new InvalidRequest([{ path: 'cover_image_id', expected: 'an image of this cluster', received }]);

/** `null`: named after its photos again, until the model has found a name. */
async function wordsOf(
  given: string | null,
  cluster: Cluster,
  deps: Deps,
  userId: string,
): Promise<ClusterWords | undefined> {
  if (given !== null) {
    const name = plainLine(given, MAX_NAME);
    if (name !== '') return { name, name_source: 'person' };
    throw new InvalidRequest([
      { path: 'name', expected: 'text that can be seen', received: 'only characters that cannot' },
    ]);
  }
  if (cluster.name_source !== 'person') return undefined;
  const [members, siblings] = await Promise.all([
    deps.images.getMany(userId, cluster.newest),
    deps.clusters.list(userId),
  ]);
  const others = siblings.filter(({ cluster_id }) => cluster_id !== cluster.cluster_id);
  const name = nameFromTags(members, new Set(others.map((other) => other.name)));
  const asks = deps.configured.azure && cluster.count >= FIRST_NAMED_AT;
  return { name, name_source: 'tags', name_asked_at: asks ? cluster.count : 0 };
}

async function askForName(userId: string, { cluster_id, name_asked_at }: Cluster, deps: Deps): Promise<void> {
  try {
    const asked = deps.newId();
    await deps.queues.jobs({ type: 'name_cluster', user_id: userId, cluster_id, revision: name_asked_at, asked });
  } catch (error) {
    // Its photos' tags name it meanwhile; organize asks again when it has grown.
    deps.logger.warn('a cluster waits for a name', { cluster_id, error: error as Error });
  }
}
