import { createHash } from 'node:crypto';
import type { Clusters } from '../../shared/adapters/clusters.ts';
import type { Embeddings } from '../../shared/adapters/embeddings.ts';
import { uuidFrom } from '../../shared/adapters/ids.ts';
import type { Job, Jobs } from '../../shared/adapters/jobs.ts';
import type { Objects } from '../../shared/adapters/objects.ts';
import type { Queues } from '../../shared/adapters/queues.ts';
import type { Background } from '../../shared/domain/clustering/background.ts';
import { recluster } from '../../shared/domain/clustering/recluster.ts';
import type { Waiting } from '../../shared/domain/clustering/waiting.ts';
import { jobKey } from '../../shared/domain/object-keys.ts';
import { intoParts, parsePlan, type ReclusterPlan, storePlan } from '../../shared/domain/recluster-plan.ts';

export interface ReclusterDeps {
  jobs: Jobs;
  embeddings: Embeddings;
  clusters: Clusters;
  objects: Objects;
  queues: Queues;
  /** Similarity of unrelated images, as the embeddings in use are known for. */
  background: Background;
}

/**
 * Plans a re-clustering and hands it to `organize` in parts. The plan is written once: a repeated message sends the same plan
 * again, whatever has happened to the gallery meanwhile.
 */
export function createRecluster({ jobs, embeddings, clusters, objects, queues, background }: ReclusterDeps) {
  return async function run(userId: string, jobId: string): Promise<void> {
    const job = await jobs.get(userId, jobId);
    if (job?.type !== 'recluster' || job.status === 'done' || job.status === 'failed') return;
    await jobs.advance(userId, jobId, Math.max(job.progress, 0.1));

    const key = jobKey(userId, jobId);
    let plan = await read(key);
    if (!plan) {
      const fresh = await planFor(userId, job);
      // Lost to another run of the same job: its plan counts.
      plan = (await objects.writeOnce(key, storePlan(fresh), 'application/json')) ? fresh : await read(key);
    }
    if (!plan) throw new Error(`The plan of job ${jobId} vanished between writing and reading it`);

    const parts = plan.parts.length;
    await queues.organize(
      plan.parts.map((_, part) => ({
        type: 'reclustered' as const,
        event_id: `reclustered:${jobId}:${part}`,
        user_id: userId,
        job_id: jobId,
        plan_key: key,
        part,
        parts,
      })),
    );
  };

  async function read(key: string): Promise<ReclusterPlan | null> {
    const stored = await objects.read(key);
    return stored ? parsePlan(stored) : null;
  }

  async function planFor(userId: string, job: Job<'recluster'>): Promise<ReclusterPlan> {
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
      .filter(([imageId, clusterId]) => (current.get(imageId) ?? null) !== clusterId)
      .map(([image_id, cluster_id]) => ({ image_id, cluster_id }));
    return {
      names: job.request.names,
      parts: intoParts(moves),
      exact: Object.fromEntries(
        found.map(({ cluster_id, stats: { count, mean, m2 } }) => [cluster_id, { count, mean, m2 }]),
      ),
      result: { images: items.length, clusters: found.length, unassigned: unassigned.length, moved: moves.length },
    };
  }

  async function currentClusters(userId: string) {
    const current: { cluster_id: string; image_ids: string[] }[] = [];
    for (const { cluster_id } of await clusters.list(userId)) {
      const image_ids: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await clusters.members(userId, cluster_id, { limit: 1000, cursor });
        image_ids.push(...page.imageIds);
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      current.push({ cluster_id, image_ids });
    }
    return current;
  }
}
