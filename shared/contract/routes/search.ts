import * as z from 'zod';
import * as schemas from '../schemas.ts';
import { imageParams } from './params.ts';
import type { Route } from './route.ts';

/** Finding photos. */
export const searchRoutes = [
  {
    id: 'duplicates',
    method: 'GET',
    path: '/images/duplicates',
    summary: 'Groups of images that look the same, the best one marked',
    tag: 'search',
    access: 'user',
    query: z.strictObject(schemas.pageQuery.shape),
    responses: { 200: schemas.duplicateGroups },
  },
  {
    id: 'search',
    method: 'GET',
    path: '/search/images',
    summary: 'Find images by words, tag, colour, date, place, camera, cluster, person, status, in any combination',
    tag: 'search',
    access: 'user',
    query: schemas.searchQuery,
    responses: { 200: schemas.searchPage },
    aliases: [{ path: '/search' }],
  },
  {
    id: 'suggest',
    method: 'GET',
    path: '/search/suggest',
    summary: 'Tags, places, cameras and names that begin with some letters',
    tag: 'search',
    access: 'user',
    query: schemas.suggestQuery,
    responses: { 200: schemas.suggestions },
  },
  {
    id: 'similar',
    method: 'GET',
    path: '/search/images/{image_id}/similar',
    summary: 'Images most like this one',
    tag: 'search',
    access: 'user',
    params: imageParams,
    query: schemas.similarQuery,
    responses: { 200: schemas.similarImages },
  },
] as const satisfies readonly Route[];
