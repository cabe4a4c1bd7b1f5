import * as z from 'zod';
import { clusterId, imageId, timestamp } from './common.ts';
import { image } from './images.ts';

export const clusterSummary = z
  .object({
    cluster_id: clusterId,
    name: z.string(),
    name_source: z.enum(['tags', 'model', 'person']),
    count: z.int(),
    cover_image_id: imageId.nullable().describe('Chosen by its owner; null: the newest'),
    images: z.array(image).describe('The cover and the newest members; all of them: GET /images/clusters/{cluster_id}'),
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

export const MAX_NAME = 100;
const clusterName = z.string().trim().min(1).max(MAX_NAME);

/** What a person says of a cluster. */
export const clusterPatch = z
  .strictObject({
    name: clusterName.nullable().describe('null gives it back to the model'),
    cover_image_id: imageId.nullable().describe('One of its images; null: the newest'),
  })
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, 'expected at least one field to change')
  .meta({ id: 'ClusterPatch' });

export const MAX_MERGED = 50;
export const MAX_MOVED = 500;

export const clusterMerge = z
  .strictObject({
    into: clusterId.describe('Keeps its id, and its name unless only others were named by a person'),
    from: z.array(clusterId).min(1).max(MAX_MERGED).describe('Go, with all of their images, into that one'),
  })
  .refine(({ into, from }) => !from.includes(into), { path: ['from'], message: 'expected other clusters than into' })
  .meta({ id: 'ClusterMerge' });

export const clusterMove = z
  .strictObject({
    image_ids: z.array(imageId).min(1).max(MAX_MOVED),
    to: z
      .union([clusterId, z.strictObject({ name: clusterName }).describe('A new cluster of this name')])
      .nullable()
      .describe('null: out of every cluster. Images that were moved by hand stay where they are'),
  })
  .meta({ id: 'ClusterMove' });
