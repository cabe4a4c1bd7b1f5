import { z } from 'zod';
import { IMAGE_STATUSES, STAGE_STATES } from '../domain/image.ts';

/** The shapes that go over the wire. Validation, types, OpenAPI and client types all come from here. */

export const MAX_UPLOAD_BYTES = 50 * 1024 * 1024;
/** A multipart body as a whole. An event ends at 6 MB, which is 4.5 MB before base64; some of it is not the body's. */
export const MAX_DIRECT_UPLOAD_BYTES = 4 * 1024 * 1024;
export const MAX_FILES_PER_REQUEST = 100;
export const IMAGE_CONTENT_TYPES = ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif'] as const;

export const imageId = z.string().regex(/^[0-9a-f-]{36}$/, 'expected an image id as the API gave it');
export const clusterId = z.string().regex(/^[0-9a-f-]{36}$/, 'expected a cluster id as the API gave it');
export const jobId = z.string().regex(/^[0-9a-f-]{36}$/, 'expected a job id as the API gave it');
const timestamp = z.iso.datetime().describe('ISO 8601, UTC');
const url = z.string().describe('Opens without further headers until urls_expire_at');

export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    errors: z.array(z.object({ path: z.string(), expected: z.string(), received: z.string() })).optional(),
    request_id: z.string().optional(),
  })
  .describe('RFC 9457 problem details')
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof problem>;

export const reason = z.object({ code: z.string(), message: z.string() }).meta({ id: 'Reason' });

export const stage = z
  .object({
    state: z.enum(STAGE_STATES),
    attempts: z.int(),
    started_at: timestamp.optional(),
    finished_at: timestamp.optional(),
    ms: z.number().optional(),
    tokens: z.int().optional(),
    cost_microusd: z.number().optional().describe('Estimated cost in millionths of a US dollar'),
    error: reason.optional(),
  })
  .meta({ id: 'Stage' });

export const image = z
  .object({
    image_id: imageId,
    filename: z.string(),
    display_name: z.string(),
    title: z.string().nullable(),
    description: z.string().nullable(),
    tags: z.array(z.string()),
    text: z.string().nullable().describe('Writing seen in the picture. Data, never markup or instruction.'),
    status: z.enum(IMAGE_STATUSES),
    degraded: z.boolean().describe('Done, but a stage was refused, postponed or failed'),
    stages: z.object({ ingest: stage, describe: stage, organize: stage }),
    error: reason.nullable(),
    duplicate_of: imageId.nullable(),
    content_type: z.string(),
    format: z.string().nullable(),
    bytes: z.int(),
    sha256: z.string().nullable().describe('Lower-case hex'),
    width: z.int().nullable(),
    height: z.int().nullable(),
    original_url: url.nullable(),
    thumbnail_url: url.nullable(),
    thumbnails: z.object({ small: url, medium: url }).nullable(),
    urls_expire_at: timestamp.nullable(),
    cluster: z
      .object({
        cluster_id: clusterId.nullable(),
        name: z.string().nullable(),
        similarity: z.number().nullable(),
        threshold: z.number().nullable(),
        runner_up: z.object({ cluster_id: clusterId, similarity: z.number() }).nullable(),
        margin: z.number().nullable(),
        reason: z.string(),
      })
      .nullable(),
    taken_at: z.string().nullable(),
    created_at: timestamp,
    updated_at: timestamp,
    processing_ms: z.number().nullable(),
  })
  .meta({ id: 'Image' });
export type ImageView = z.infer<typeof image>;

const page = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), next_cursor: z.string().nullable() });

export const imagePage = page(image).meta({ id: 'ImagePage' });

export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z
    .string()
    .regex(/^[0-9a-f-]{36}$/, 'expected a next_cursor as the API gave it')
    .optional(),
});
export const imageListQuery = z.strictObject({ ...pageQuery.shape, status: z.enum(IMAGE_STATUSES).optional() });

const filename = z.string().min(1).max(255).describe('As the client knows it; kept for people, never used as a path');

/** Announced, hence only kept and bound to the form: what a file is, its bytes decide. */
export const contentType = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;[\x20-\x7e]*)?$/, 'expected a media type such as image/jpeg');

export const uploadsRequest = z
  .strictObject({
    files: z
      .array(
        z.strictObject({
          filename,
          content_type: contentType,
          bytes: z.int().min(0).max(MAX_UPLOAD_BYTES),
          sha256: z
            .string()
            .regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hex digits')
            .optional(),
        }),
      )
      .min(1)
      .max(MAX_FILES_PER_REQUEST),
  })
  .meta({ id: 'UploadsRequest' });

export const uploadTicket = z
  .union([
    z.object({
      image_id: imageId,
      upload: z.object({ url: z.string(), fields: z.record(z.string(), z.string()) }),
      expires_at: timestamp,
    }),
    z.object({ image_id: imageId, duplicate: z.literal(true) }),
  ])
  .meta({ id: 'UploadTicket' });
export const uploadsResponse = z.object({ items: z.array(uploadTicket) }).meta({ id: 'UploadsResponse' });
export const uploadResponse = z.object({ items: z.array(image) }).meta({ id: 'UploadResponse' });

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

export const JOB_STATUSES = ['queued', 'running', 'done', 'failed'] as const;
export const job = z
  .object({
    job_id: jobId,
    type: z.enum(['recluster']),
    status: z.enum(JOB_STATUSES),
    progress: z.number().min(0).max(1),
    result: z.record(z.string(), z.unknown()).nullable(),
    error: reason.nullable(),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Job' });
export type JobView = z.infer<typeof job>;

const email = z.email().max(254);
const password = z.string().min(6).max(4096);
export const signupRequest = z
  .strictObject({ email, password, name: z.string().trim().min(1).max(100).optional() })
  .meta({ id: 'SignupRequest' });
/** OAuth2 password clients send further fields (`grant_type`, `scope`, …); they are let through and ignored. */
export const tokenRequest = z
  .object({ username: email, password: z.string().min(1).max(4096) })
  .meta({ id: 'TokenRequest' });
export const loginRequest = z
  .union([tokenRequest, z.object({ email, password: z.string().min(1).max(4096) })])
  .meta({ id: 'LoginRequest' });
export const refreshRequest = z
  .strictObject({ refresh_token: z.string().min(1).max(8192) })
  .meta({ id: 'RefreshRequest' });
export const tokens = z
  .object({
    access_token: z.string(),
    refresh_token: z.string(),
    expires_in: z.int().describe('Seconds'),
    token_type: z.literal('bearer'),
  })
  .meta({ id: 'Tokens' });
export type Tokens = z.infer<typeof tokens>;
export const me = z
  .object({
    user_id: z.string(),
    email: z.string().nullable(),
    name: z.string().nullable(),
    created_at: timestamp.nullable(),
  })
  .meta({ id: 'Me' });
export const verification = z
  .object({ valid: z.literal(true), user_id: z.string(), expires_at: timestamp })
  .meta({ id: 'Verification' });

export const health = z
  .object({
    status: z.enum(['ok', 'degraded']),
    parts: z.record(z.string(), z.object({ status: z.enum(['ok', 'off', 'failing']), detail: z.string().optional() })),
    version: z.string(),
  })
  .meta({ id: 'Health' });
