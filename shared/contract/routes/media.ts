import * as z from 'zod';
import { faceNumber } from '../schemas.ts';
import { imageParams, mediaQuery } from './params.ts';
import type { Route } from './route.ts';

const bytes = { 200: 'image/*', 206: 'image/*', 302: null, 304: null } as const;

/** Bytes of photos: checked and answered by the media function. */
export const mediaRoutes = [
  {
    id: 'original',
    method: 'GET',
    path: '/images/{image_id}/original',
    summary: 'The very bytes that were uploaded',
    tag: 'images',
    access: 'media',
    params: imageParams,
    query: mediaQuery,
    responses: bytes,
  },
  {
    id: 'thumbnail',
    method: 'GET',
    path: '/images/{image_id}/thumbnail',
    summary: 'The small thumbnail (WebP, at most 200 px)',
    tag: 'images',
    access: 'media',
    params: imageParams,
    query: mediaQuery,
    responses: bytes,
  },
  {
    id: 'sizedThumbnail',
    method: 'GET',
    path: '/images/{image_id}/thumbnails/{size}',
    summary: 'A thumbnail by size: small (200 px), medium (800 px), or preview (2048 px, of HEIC and TIFF)',
    tag: 'images',
    access: 'media',
    params: imageParams.extend({ size: z.enum(['small', 'medium', 'preview']) }),
    query: mediaQuery,
    responses: bytes,
  },
  {
    id: 'face',
    method: 'GET',
    path: '/images/{image_id}/faces/{n}',
    summary: 'One of the faces in an image, by its number (WebP, 160 × 160 px)',
    tag: 'images',
    access: 'media',
    params: imageParams.extend({ n: faceNumber }),
    query: mediaQuery,
    responses: bytes,
  },
] as const satisfies readonly Route[];
