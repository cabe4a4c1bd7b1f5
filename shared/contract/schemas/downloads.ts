import * as z from 'zod';
import { albumId, imageId, timestamp } from './common.ts';

export const MAX_DOWNLOAD_IDS = 10_000;

export const partNumber = z
  .string()
  .regex(/^[1-9][0-9]{0,4}$/, 'expected the number of a zip, from 1')
  .transform(Number);

export const downloadRequest = z
  .strictObject({
    image_ids: z.array(imageId).min(1).max(MAX_DOWNLOAD_IDS).optional().describe('These photos, in this order'),
    album_id: albumId.optional().describe('What is in an album, in its order; of a smart one, pass the ids it shows'),
    all: z.literal(true).optional().describe('Everything, newest first'),
    originals: z.literal(true).default(true).describe('The very bytes that were uploaded'),
  })
  .refine(
    ({ image_ids, album_id, all }) => [image_ids, album_id, all].filter((one) => one !== undefined).length === 1,
    {
      path: ['image_ids'],
      message: 'expected exactly one of image_ids, album_id and all',
    },
  )
  .meta({ id: 'DownloadRequest' });

/** What a job of type `download` answers as its `result` once it is done. */
export const downloadResult = z
  .object({
    images: z.int(),
    left_out: z.int().describe('Ids of photos that are gone, in the trash, or have no bytes'),
    problems: z.int().describe('Photos whose bytes are missing or differ from what was stored; see each manifest.json'),
    parts: z
      .array(
        z.object({
          url: z.string().nullable().describe('A whole zip each; null once the zips have been deleted'),
          bytes: z.int(),
          images: z.int(),
          expires_at: timestamp.nullable().describe('Of the URL; ask for the job again for new ones'),
        }),
      )
      .describe('With the photos under their own names, metadata/{name}.json, and manifest.json with SHA-256 of each'),
    available_until: timestamp.describe('When the zips are deleted'),
  })
  .meta({ id: 'DownloadResult' });
export type DownloadResult = z.infer<typeof downloadResult>;
