import { z } from 'zod';
import { clusterId, timestamp } from './common.ts';
import { image } from './images.ts';

export const clusterSummary = z
  .object({
    cluster_id: clusterId,
    name: z.string(),
    name_source: z.enum(['tags', 'model', 'person']),
    count: z.int(),
    images: z.array(image).describe('The newest members; all of them: GET /images/clusters/{cluster_id}'),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Cluster' });
export const clusterList = z.object({ items: z.array(clusterSummary) }).meta({ id: 'ClusterList' });
export const clusterDetail = clusterSummary
  .extend({ next_cursor: z.string().nullable() })
  .meta({ id: 'ClusterDetail' });

export const clusterRequest = z
  .strictObject({
    k: z
      .union([z.int().min(1).max(200), z.literal('auto')])
      .default('auto')
      .describe('How many clusters; auto lets the data decide'),
    names: z.boolean().default(true).describe('Ask the model for names'),
  })
  .meta({ id: 'ClusterRequest' });
export type ClusterRequest = z.infer<typeof clusterRequest>;
