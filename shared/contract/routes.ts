import { z } from 'zod';
import * as schemas from './schemas.ts';

/**
 * Every route, once. The gateway's methods, the router, the validation, `/openapi.json` and `/docs` are made from this table;
 * paths are below `API_PREFIX`.
 */

/** Every path of the API begins with it. */
export const API_PREFIX = '/api/v1';

/** `user`: the gateway's authorizer. `media`: checked by the media function itself. `public`: nobody asks. */
export type Access = 'public' | 'user' | 'media';

export interface Route {
  id: string;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  summary: string;
  tag: 'auth' | 'images' | 'search' | 'clusters' | 'jobs' | 'service';
  access: Access;
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: { type: 'json' | 'form' | 'json-or-form'; schema: z.ZodType } | { type: 'multipart' };
  /** Schema by success status; `null` is an empty answer, a string is a content type of something else. */
  responses: Record<number, z.ZodType | string | null>;
  /** Statuses beyond those every route can answer (400, 401 unless public, 404 with parameters, 422, 429, 500). */
  problems?: readonly number[];
  /** Older spellings clients of other systems use. They answer the same and are marked deprecated. */
  aliases?: readonly { method?: Route['method']; path: string }[];
  deprecated?: boolean;
  /** The path to use instead of a deprecated one. */
  successor?: string;
}

const imageParams = z.object({ image_id: schemas.imageId });
const mediaQuery = z.object({
  exp: z.string().max(20).optional().describe('Expiry of a signed URL'),
  sig: z.string().max(128).optional().describe('Signature of a signed URL'),
  u: z.string().max(128).optional().describe('Owner a signed URL speaks for'),
});
const bytes = { 200: 'image/*', 206: 'image/*', 302: null, 304: null } as const;

export const routes = [
  {
    id: 'signup',
    method: 'POST',
    path: '/auth/signup',
    summary: 'Create an account and sign in',
    tag: 'auth',
    access: 'public',
    body: { type: 'json', schema: schemas.signupRequest },
    responses: { 201: schemas.tokens },
    problems: [409],
  },
  {
    id: 'token',
    method: 'POST',
    path: '/auth/token',
    summary: 'Sign in as OAuth2 password clients do',
    tag: 'auth',
    access: 'public',
    body: { type: 'form', schema: schemas.tokenRequest },
    responses: { 200: schemas.tokens },
    problems: [401],
  },
  {
    id: 'login',
    method: 'POST',
    path: '/auth/login',
    summary: 'Sign in, as older clients do',
    tag: 'auth',
    access: 'public',
    deprecated: true,
    successor: '/auth/token',
    body: { type: 'json-or-form', schema: schemas.loginRequest },
    responses: { 200: schemas.tokens },
    problems: [401],
  },
  {
    id: 'refresh',
    method: 'POST',
    path: '/auth/refresh',
    summary: 'A new access token for a refresh token',
    tag: 'auth',
    access: 'public',
    body: { type: 'json', schema: schemas.refreshRequest },
    responses: { 200: schemas.tokens },
    problems: [401],
  },
  {
    id: 'me',
    method: 'GET',
    path: '/auth/me',
    summary: 'Who am I',
    tag: 'auth',
    access: 'user',
    responses: { 200: schemas.me },
  },
  {
    id: 'verify',
    method: 'GET',
    path: '/auth/verify',
    summary: 'Whether the token is still good',
    tag: 'auth',
    access: 'user',
    responses: { 200: schemas.verification },
  },
  {
    id: 'logout',
    method: 'POST',
    path: '/auth/logout',
    summary: 'End every session, at once',
    tag: 'auth',
    access: 'user',
    responses: { 204: null },
  },
  {
    id: 'createUploads',
    method: 'POST',
    path: '/images/uploads',
    summary: 'Presigned forms for uploading straight to S3',
    tag: 'images',
    access: 'user',
    body: { type: 'json', schema: schemas.uploadsRequest },
    responses: { 200: schemas.uploadsResponse },
  },
  {
    id: 'upload',
    method: 'POST',
    path: '/images/upload',
    summary: 'Upload small files through the API, as multipart `files`',
    tag: 'images',
    access: 'user',
    body: { type: 'multipart' },
    responses: { 202: schemas.uploadResponse },
    problems: [413],
    aliases: [{ path: '/images/upload-multiple' }],
  },
  {
    id: 'listImages',
    method: 'GET',
    path: '/images',
    summary: 'My images, newest first',
    tag: 'images',
    access: 'user',
    query: schemas.imageListQuery,
    responses: { 200: schemas.imagePage },
    aliases: [{ path: '/images/list' }],
  },
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
    id: 'getImage',
    method: 'GET',
    path: '/images/{image_id}',
    summary: 'One image',
    tag: 'images',
    access: 'user',
    params: imageParams,
    responses: { 200: schemas.image },
    aliases: [{ path: '/images/{image_id}/view' }],
  },
  {
    id: 'editImage',
    method: 'PATCH',
    path: '/images/{image_id}',
    summary: 'Correct what is said about an image; what a person wrote is locked against every re-run',
    tag: 'images',
    access: 'user',
    params: imageParams,
    body: { type: 'json', schema: schemas.imagePatch },
    responses: { 200: schemas.image },
  },
  {
    id: 'reprocessImage',
    method: 'POST',
    path: '/images/{image_id}/reprocess',
    summary: 'Run all stages, or those named, again',
    tag: 'images',
    access: 'user',
    params: imageParams,
    body: { type: 'json', schema: schemas.reprocessRequest },
    responses: { 202: schemas.image },
    problems: [409],
  },
  {
    id: 'reprocessImages',
    method: 'POST',
    path: '/images/reprocess',
    summary: 'Run stages again on many images; dry_run says how many and what it would cost',
    tag: 'images',
    access: 'user',
    body: { type: 'json', schema: schemas.reprocessAllRequest },
    responses: { 200: schemas.reprocessAnswer, 202: schemas.job },
  },
  {
    id: 'batch',
    method: 'POST',
    path: '/images/batch',
    summary: 'Edit, tag, reprocess or delete up to 500 images',
    tag: 'images',
    access: 'user',
    body: { type: 'json', schema: schemas.batchRequest },
    responses: { 200: schemas.batchResponse },
  },
  {
    id: 'search',
    method: 'GET',
    path: '/search/images',
    summary: 'Find images by words, tag, colour, date, place, camera, cluster, status, in any combination',
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
  {
    id: 'stats',
    method: 'GET',
    path: '/stats',
    summary: 'Totals, counts by status, processing times, tokens and cost',
    tag: 'service',
    access: 'user',
    responses: { 200: schemas.stats },
  },
  {
    id: 'deleteImage',
    method: 'DELETE',
    path: '/images/{image_id}',
    summary: 'Erase an image and everything derived from it',
    tag: 'images',
    access: 'user',
    params: imageParams,
    responses: { 204: null },
  },
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
    id: 'getJob',
    method: 'GET',
    path: '/jobs/{job_id}',
    summary: 'How far long work has come',
    tag: 'jobs',
    access: 'user',
    params: z.object({ job_id: schemas.jobId }),
    responses: { 200: schemas.job },
  },
  {
    id: 'health',
    method: 'GET',
    path: '/health',
    summary: 'Which parts answer',
    tag: 'service',
    access: 'public',
    responses: { 200: schemas.health },
  },
  {
    id: 'openapi',
    method: 'GET',
    path: '/openapi.json',
    summary: 'This description',
    tag: 'service',
    access: 'public',
    responses: { 200: 'application/json' },
  },
  {
    id: 'docs',
    method: 'GET',
    path: '/docs',
    summary: 'This description, to read',
    tag: 'service',
    access: 'public',
    responses: { 200: 'text/html' },
    aliases: [{ path: '/redoc' }],
  },
] as const satisfies readonly Route[];

export type RouteId = (typeof routes)[number]['id'];

/** What the gateway needs to know of a route or of an alias. */
export interface Endpoint {
  id: RouteId;
  method: Route['method'];
  path: string;
  access: Access;
  deprecated: boolean;
  /** Where clients of a deprecated endpoint should go. */
  successor?: string;
}

/** Every method and path that is served, aliases included. */
export const endpoints: readonly Endpoint[] = (routes as readonly (Route & { id: RouteId })[]).flatMap((route) => [
  {
    id: route.id,
    method: route.method,
    path: route.path,
    access: route.access,
    deprecated: route.deprecated ?? false,
    ...(route.successor && { successor: route.successor }),
  },
  ...(route.aliases ?? []).map((alias) => ({
    id: route.id,
    method: alias.method ?? route.method,
    path: alias.path,
    access: route.access,
    deprecated: true,
    successor: route.path,
  })),
]);
