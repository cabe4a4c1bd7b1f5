import * as z from 'zod';
import { imageId, page, timestamp } from './common.ts';
import { place } from './images.ts';

export const linkId = z.string().regex(/^[0-9a-f-]{36}$/, 'expected a link id as the API gave it');

const DAY_SECONDS = 86_400;
export const MAX_LINK_SECONDS = 365 * DAY_SECONDS;

export const linkRequest = z
  .strictObject({
    expires_in: z.int().min(60).max(MAX_LINK_SECONDS).optional().describe('Seconds; 30 days unless said'),
    expires_at: timestamp.optional().describe('Instead of expires_in: within a year'),
    password: z.string().min(4).max(200).optional(),
    download: z.boolean().default(false).describe('Whether originals may be fetched'),
    location: z
      .boolean()
      .default(false)
      .describe('Whether positions and places are shown, and originals keep what their files say about themselves'),
    name: z.string().min(1).max(100).optional().describe('For its owner; visitors do not see it'),
  })
  .refine(({ expires_in, expires_at }) => expires_in === undefined || expires_at === undefined, {
    path: ['expires_at'],
    message: 'expected expires_in or expires_at, not both',
  })
  .meta({ id: 'LinkRequest' });
export const DEFAULT_LINK_SECONDS = 30 * DAY_SECONDS;

export const link = z
  .object({
    link_id: linkId,
    name: z.string().nullable(),
    password: z.boolean().describe('Whether it asks for one'),
    download: z.boolean(),
    location: z.boolean(),
    expires_at: timestamp,
    created_at: timestamp,
  })
  .meta({ id: 'Link' });
export type LinkView = z.infer<typeof link>;
export const linkPage = page(link).meta({ id: 'LinkPage' });

export const newLink = link
  .extend({
    token: z.string().describe('Shown this once; whoever has it sees the album'),
    url: z.string().describe('Where it is read: GET /shared/{token}'),
  })
  .meta({ id: 'NewLink' });

/** Whatever is no token of ours is answered like one that was taken back. */
export const linkToken = z.string().max(200);

export const shared = z
  .object({
    locked: z.boolean().describe('A password is needed: POST /shared/{token}/access'),
    album: z
      .object({ name: z.string(), description: z.string().nullable(), count: z.int().nullable() })
      .nullable()
      .describe('null while locked'),
    download: z.boolean(),
    location: z.boolean(),
    expires_at: timestamp,
  })
  .meta({ id: 'Shared' });

export const accessRequest = z.strictObject({ password: z.string().max(200) }).meta({ id: 'AccessRequest' });
export const accessAnswer = z
  .object({ access: z.string().describe('Send it as header Share-Access'), expires_at: timestamp })
  .meta({ id: 'Access' });

const url = z.string().describe('Opens without further headers until urls_expire_at, unless the link is taken back');

export const sharedImage = z
  .object({
    image_id: imageId,
    title: z.string().nullable(),
    description: z.string().nullable(),
    taken_at: z.string().nullable(),
    content_type: z.string(),
    bytes: z.int(),
    width: z.int().nullable(),
    height: z.int().nullable(),
    placeholder: z.string().nullable().describe('ThumbHash, base64'),
    thumbnails: z.object({ small: url, medium: url, preview: url.nullable() }).nullable(),
    original: z
      .object({
        url,
        form: z
          .enum(['original', 'stripped', 'preview'])
          .describe(
            'The very bytes; the same without their metadata; or a WebP instead, where metadata cannot be taken out',
          ),
      })
      .nullable()
      .describe('null where the link does not allow downloads'),
    urls_expire_at: timestamp,
    place: place.nullable().describe('null unless the link shows locations'),
    gps: z.object({ lat: z.number(), lon: z.number(), altitude: z.number().optional() }).nullable(),
  })
  .meta({ id: 'SharedImage' });
export type SharedImage = z.infer<typeof sharedImage>;
export const sharedImagePage = page(sharedImage).meta({ id: 'SharedImagePage' });
/** The cursors of albums. */
export const sharedImagesQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().max(2000).optional(),
});
