import type { AzureOpenAIAdapter } from '../../shared/adapters/azure-openai.ts';
import type { Clustering } from '../../shared/adapters/clustering.ts';
import type { Clusters } from '../../shared/adapters/clusters.ts';
import type { Embeddings } from '../../shared/adapters/embeddings.ts';
import type { NewId } from '../../shared/adapters/ids.ts';
import type { Images } from '../../shared/adapters/images.ts';
import type { Queues } from '../../shared/adapters/queues.ts';
import type { Spendings } from '../../shared/adapters/spendings.ts';
import { clusterNamePromptVersion } from '../../shared/domain/cluster-name.ts';
import { similarityTo } from '../../shared/domain/clustering/stats.ts';
import { costMicroDollars } from '../../shared/domain/cost.ts';

export interface NameClusterDeps {
  clusters: Clusters;
  clustering: Clustering;
  embeddings: Embeddings;
  images: Images;
  queues: Queues;
  azure: AzureOpenAIAdapter;
  spendings: Pick<Spendings, 'thisMonth' | 'count'>;
  /** What one person may spend in a month, in micro-dollars. */
  aiMicroUsd: number;
  newId: NewId;
}

/** How many of the newest members are looked at, and how many descriptions, nearest the centroid, the model is shown. */
const CANDIDATES = 50;
const SHOWN = 10;

/**
 * Asks the model what a cluster should be called; `organize` gives it the name, unless a person has. Throws `AzureUnavailable`
 * where the model cannot be asked now. A model that declines leaves the name as it is.
 */
export function createNameCluster(deps: NameClusterDeps) {
  const { clusters, clustering, embeddings, images, queues, azure, spendings, aiMicroUsd, newId } = deps;
  return async function nameCluster(
    userId: string,
    clusterId: string,
    revision: number,
    asked?: string,
  ): Promise<void> {
    const siblings = await clusters.list(userId);
    const cluster = siblings.find(({ cluster_id }) => cluster_id === clusterId);
    // Gone, named by a person, or asked again at a larger size since.
    if (!cluster || cluster.name_source === 'person' || cluster.name_asked_at > revision) return;

    const descriptions = await typical(userId, clusterId);
    if (descriptions.length === 0) return;
    // It keeps the name its tags gave it, and is asked about again when it has doubled.
    if ((await spendings.thisMonth(userId)) >= aiMicroUsd) return;
    const outcome = await azure.nameCluster({
      descriptions,
      siblings: siblings.filter((other) => other !== cluster).map(({ name }) => name),
    });
    const { model, tokens } = outcome;
    if (model !== undefined && tokens) await spendings.count(userId, newId(), costMicroDollars(model, tokens));
    if (outcome.kind !== 'named') return;
    await queues.organize([
      {
        type: 'named',
        event_id: ['named', clusterId, revision, ...(asked ? [asked] : [])].join(':'),
        user_id: userId,
        cluster_id: clusterId,
        name: outcome.name,
        model: outcome.model,
        prompt_version: clusterNamePromptVersion,
      },
    ]);
  };

  /** Descriptions of the members that are most like the cluster as a whole. */
  async function typical(userId: string, clusterId: string): Promise<string[]> {
    const { imageIds } = await clusters.members(userId, clusterId, { limit: CANDIDATES });
    const [centroids, vectors, records] = await Promise.all([
      clustering.centroids(userId),
      embeddings.getMany(userId, imageIds),
      images.getMany(userId, imageIds),
    ]);
    const stats = centroids.get(clusterId)?.stats;
    const nearness = (imageId: string) => {
      const vector = vectors.get(imageId);
      return stats && vector ? similarityTo(stats, vector) : -1;
    };
    return records
      .filter(({ description }) => description !== undefined)
      .sort((a, b) => nearness(b.image_id) - nearness(a.image_id))
      .slice(0, SHOWN)
      .map(({ title, description }) => [title, description].filter(Boolean).join('. '));
  }
}
