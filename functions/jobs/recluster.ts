import { createHash } from 'node:crypto';
import type { Clusters } from '../../shared/adapters/clusters.ts';
import type { Embeddings } from '../../shared/adapters/embeddings.ts';
import { uuidFrom } from '../../shared/adapters/ids.ts';
import type { Job } from '../../shared/adapters/jobs.ts';
import type { Background } from '../../shared/domain/clustering/background.ts';
import { recluster } from '../../shared/domain/clustering/recluster.ts';
import type { Waiting } from '../../shared/domain/clustering/waiting.ts';
import { intoParts, type RegroupPlan } from '../../shared/domain/regroup-plan.ts';

export interface ReclusterDeps {
  embeddings: Embeddings;
  clusters: Clusters;
  /** Similarity of unrelated images, as the embeddings in use are known for. */
  background: Background;
}

/** Plans a re-clustering. */
export function createRecluster({ embeddings, clusters, background }: ReclusterDeps) {
  return async function planFor(userId: string, job: Job<'recluster'>): Promise<RegroupPlan> {
    const items: Waiting[] = [];
    for await (const item of embeddings.all(userId)) items.push(item);
    const previous = await currentClusters(userId);
    const current = new Map(previous.flatMap(({ cluster_id, image_ids }) => image_ids.map((id) => [id, cluster_id])));

    let founded = 0;
    const { clusters: found, unassigned } = recluster(items, {
      k: job.request.k,
      seed: createHash('sha256').update(job.job_id).digest().readUInt32LE(),
      previous,
      expected: background,
      newId: () => {
        founded += 1;
        return uuidFrom(`cluster:${job.job_id}:${founded}`);
      },
    });

    const targets: [string, string | null][] = [
      ...found.flatMap(({ cluster_id, image_ids }) => image_ids.map((id): [string, string] => [id, cluster_id])),
      ...unassigned.map((id): [string, null] => [id, null]),
    ];
    const moves = targets
      .map(([id, to]) => ({ id, from: current.get(id) ?? null, to }))
      .filter(({ from, to }) => from !== to);
    return {
      kind: 'recluster',
      space: 'clusters',
      names: job.request.names,
      parts: intoParts(moves),
      groups: {},
      exact: Object.fromEntries(
        found.map(({ cluster_id, stats: { count, mean, m2 } }) => [cluster_id, { count, mean, m2 }]),
      ),
      result: { images: items.length, clusters: found.length, unassigned: unassigned.length, moved: moves.length },
    };
  };

  async function currentClusters(userId: string) {
    const current: { cluster_id: string; image_ids: string[] }[] = [];
    for (const { cluster_id } of await clusters.list(userId))
      current.push({ cluster_id, image_ids: await clusters.allMembers(userId, cluster_id) });
    return current;
  }
}
