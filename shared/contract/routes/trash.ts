import * as schemas from '../schemas.ts';
import { imageParams } from './params.ts';
import type { Route } from './route.ts';

/** What was deleted, and is kept for a while. */
export const trashRoutes = [
  {
    id: 'listTrash',
    method: 'GET',
    path: '/trash',
    summary: 'My images in the trash, latest trashed first',
    tag: 'images',
    access: 'user',
    query: schemas.trashQuery,
    responses: { 200: schemas.imagePage },
  },
  {
    id: 'emptyTrash',
    method: 'DELETE',
    path: '/trash',
    summary: 'Erase everything that is in the trash now, as a job',
    tag: 'images',
    access: 'user',
    responses: { 200: schemas.job, 202: schemas.job },
  },
  {
    id: 'restoreImage',
    method: 'POST',
    path: '/images/{image_id}/restore',
    summary: 'Take an image out of the trash; what is derived from it follows',
    tag: 'images',
    access: 'user',
    params: imageParams,
    responses: { 200: schemas.image },
  },
] as const satisfies readonly Route[];
