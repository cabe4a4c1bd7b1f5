import * as z from 'zod';
import * as schemas from '../schemas.ts';
import type { Route } from './route.ts';

const albumParams = z.object({ album_id: schemas.albumId });
const sharedParams = z.object({ token: schemas.linkToken });
const sharedImageParams = sharedParams.extend({ image_id: schemas.imageId });
const signedQuery = z.object({
  exp: z.string().max(20).optional().describe('Expiry of a signed URL'),
  sig: z.string().max(128).optional().describe('Signature of a signed URL'),
});
const bytes = { 200: 'image/*', 206: 'image/*', 304: null } as const;

/** Links that open an album to whoever has them, and what they open. */
export const linkRoutes = [
  {
    id: 'createLink',
    method: 'POST',
    path: '/albums/{album_id}/links',
    summary: 'Share an album by a link',
    tag: 'albums',
    access: 'user',
    params: albumParams,
    body: { type: 'json', schema: schemas.linkRequest },
    responses: { 201: schemas.newLink },
    problems: [409],
  },
  {
    id: 'listLinks',
    method: 'GET',
    path: '/albums/{album_id}/links',
    summary: 'The links of an album, newest first',
    tag: 'albums',
    access: 'user',
    params: albumParams,
    query: z.strictObject(schemas.pageQuery.shape),
    responses: { 200: schemas.linkPage },
  },
  {
    id: 'revokeLink',
    method: 'DELETE',
    path: '/albums/{album_id}/links/{link_id}',
    summary: 'Take a link back, at once',
    tag: 'albums',
    access: 'user',
    params: albumParams.extend({ link_id: schemas.linkId }),
    responses: { 204: null },
  },
  {
    id: 'getShared',
    method: 'GET',
    path: '/shared/{token}',
    summary: 'What a link opens',
    tag: 'albums',
    access: 'link',
    linkNeeds: 'nothing',
    params: sharedParams,
    responses: { 200: schemas.shared },
  },
  {
    id: 'accessShared',
    method: 'POST',
    path: '/shared/{token}/access',
    summary: 'Give the password of a link',
    tag: 'albums',
    access: 'link',
    pace: 'password',
    linkNeeds: 'nothing',
    params: sharedParams,
    body: { type: 'json', schema: schemas.accessRequest },
    responses: { 200: schemas.accessAnswer },
  },
  {
    id: 'listSharedImages',
    method: 'GET',
    path: '/shared/{token}/images',
    summary: 'The images a link opens, in the album’s order',
    tag: 'albums',
    access: 'link',
    params: sharedParams,
    query: schemas.sharedImagesQuery,
    responses: { 200: schemas.sharedImagePage },
  },
  {
    id: 'getSharedImage',
    method: 'GET',
    path: '/shared/{token}/images/{image_id}',
    summary: 'One image a link opens',
    tag: 'albums',
    access: 'link',
    params: sharedImageParams,
    responses: { 200: schemas.sharedImage },
  },
  {
    id: 'sharedThumbnail',
    method: 'GET',
    path: '/shared/{token}/images/{image_id}/thumbnails/{size}',
    summary: 'A thumbnail by size, as in GET /images/{image_id}/thumbnails/{size}',
    tag: 'albums',
    access: 'link-media',
    params: sharedImageParams.extend({ size: z.enum(['small', 'medium', 'preview']) }),
    query: signedQuery,
    responses: bytes,
  },
  {
    id: 'sharedOriginal',
    method: 'GET',
    path: '/shared/{token}/images/{image_id}/original',
    summary:
      'An original, without its metadata unless the link shows locations; other kinds than JPEG, PNG and WebP as a preview',
    tag: 'albums',
    access: 'link-media',
    linkNeeds: 'download',
    params: sharedImageParams,
    query: signedQuery,
    responses: bytes,
  },
] as const satisfies readonly Route[];
