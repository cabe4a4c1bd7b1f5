/** `node bench/contenders/recluster.ts K|auto|ml-kmeans`: clusters the bench's 10,001 vectors, and how well. */
import { kmeans } from 'ml-kmeans';
import { adjustedRandIndex } from '../../shared/domain/clustering/metrics.ts';
import { recluster } from '../../shared/domain/clustering/recluster.ts';
import { report } from '../runner/contender.ts';
import { asClasses, readData } from './cluster-data.ts';

const K = 40;
const { vectors, labels } = readData();
const how = process.argv[2] ?? 'auto';
const items = vectors.map((vector, n) => ({ image_id: String(n), vector }));
const plain = how === 'ml-kmeans' ? vectors.map((vector) => Array.from(vector)) : [];
let found: (string | number | null)[] = [];

await report(() => {
  if (how === 'ml-kmeans') found = kmeans(plain, K, { seed: 1 }).clusters;
  else {
    let ids = 0;
    const { clusters } = recluster(items, {
      k: how === 'auto' ? 'auto' : Number(how),
      seed: 1,
      newId: () => `c${++ids}`,
    });
    const where = new Map(clusters.flatMap((c) => c.image_ids.map((id) => [id, c.cluster_id] as const)));
    found = items.map(({ image_id }) => where.get(image_id) ?? null);
  }
  return {
    ari: adjustedRandIndex(labels, asClasses(found)),
    clusters: new Set(found.filter((id) => id !== null)).size,
  };
});
