import { createHash } from 'node:crypto';
import type { Clusters } from '../../shared/adapters/clusters.ts';
import type { Embeddings } from '../../shared/adapters/embeddings.ts';
import { uuidFrom } from '../../shared/adapters/ids.ts';
import type { Job } from '../../shared/adapters/jobs.ts';
import type { Background } from '../../shared/domain/clustering/background.ts';
import { keepNamed, type Previous } from '../../shared/domain/clustering/keep-named.ts';
import { recluster } from '../../shared/domain/clustering/recluster.ts';
import { statsOf } from '../../shared/domain/clustering/stats.ts';
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
    const afresh = recluster(items, {
      k: job.request.k,
      seed: createHash('sha256').update(job.job_id).digest().readUInt32LE(),
      previous,
      expected: background,
      newId: () => {
        founded += 1;
        return uuidFrom(`cluster:${job.job_id}:${founded}`);
      },
    });

    const { clusters: found, unassigned } = keepNamed(afresh.clusters, previous, items);
    const vectors = new Map(items.map(({ image_id, vector }) => [image_id, vector]));
    const exact = found.map(({ cluster_id, image_ids }) => {
      const members = image_ids.toSorted().flatMap((id) => vectors.get(id) ?? []);
      const { count, mean, m2 } = statsOf(cluster_id, members);
      return [cluster_id, { count, mean, m2 }];
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
      named: previous.flatMap(({ cluster_id, named }) => (named ? cluster_id : [])),
      exact: Object.fromEntries(exact),
      result: { images: items.length, clusters: found.length, unassigned: unassigned.length, moved: moves.length },
    };
  };

  async function currentClusters(userId: string) {
    const current: Previous[] = [];
    for (const { cluster_id, name_source } of await clusters.list(userId)) {
      const image_ids = await clusters.allMembers(userId, cluster_id);
      current.push({ cluster_id, image_ids, named: name_source === 'person' });
    }
    return current;
  }
}
