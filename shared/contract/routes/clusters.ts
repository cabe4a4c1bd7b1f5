import { z } from 'zod';
import * as schemas from '../schemas.ts';
import type { Route } from './route.ts';

/** Clusters. */
export const clusterRoutes = [
  {
    id: 'cluster',
    method: 'POST',
    path: '/images/cluster',
    summary: 'Cluster all images anew',
    tag: 'clusters',
    access: 'user',
    body: { type: 'json', schema: schemas.clusterRequest },
    responses: { 200: schemas.job, 202: schemas.job },
  },
  {
    id: 'listClusters',
    method: 'GET',
    path: '/images/clusters',
    summary: 'My clusters, largest first',
    tag: 'clusters',
    access: 'user',
    responses: { 200: schemas.clusterList },
  },
  {
    id: 'getCluster',
    method: 'GET',
    path: '/images/clusters/{cluster_id}',
    summary: 'One cluster and its images, newest first',
    tag: 'clusters',
    access: 'user',
    params: z.object({ cluster_id: schemas.clusterId }),
    query: z.strictObject(schemas.pageQuery.shape),
    responses: { 200: schemas.clusterDetail },
  },
] as const satisfies readonly Route[];
