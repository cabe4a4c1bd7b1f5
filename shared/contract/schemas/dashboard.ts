import * as z from 'zod';
import { ACTIVITY_TYPES } from '../../domain/activities.ts';
import { IMAGE_STATUSES } from '../../domain/image.ts';
import { imageId, page, timestamp } from './common.ts';
import { image } from './images.ts';

/** Whether it is the base64url of a text. */
const isText = (value: string) =>
  Buffer.from(Buffer.from(value, 'base64url').toString()).toString('base64url') === value;

const month = z.string().describe('YYYY-MM, UTC');
const inGallery = 'What lies in the trash, or has not become done, is left out';

const byType = z
  .array(
    z.object({
      type: z.string().describe('Format as its bytes say: jpeg, heic …'),
      images: z.int(),
      bytes: z.int().describe('Of the originals'),
      thumbnail_bytes: z.int(),
    }),
  )
  .describe(`Most bytes first. ${inGallery}`);
const byMonth = z.array(z.object({ month, images: z.int(), bytes: z.int().describe('Of the originals') }));

export const dashboardStats = z
  .object({
    images: z.int().describe('Uploads that have ended, however they did'),
    bytes: z.int().describe('Of all originals that are kept'),
    favorites: z.int(),
    archived: z.int(),
    degraded: z.int(),
    by_status: z.partialRecord(z.enum(IMAGE_STATUSES), z.int()).describe('Statuses in which photos have ended'),
    by_type: byType,
    uploads: byMonth.describe(`The last twelve months by upload, this one first, empty ones included. ${inGallery}`),
    newest: z.array(image).describe('Up to six'),
    updated_at: timestamp.nullable().describe('When the counters last changed'),
  })
  .meta({ id: 'DashboardStats' });
export type DashboardStats = z.infer<typeof dashboardStats>;

export const activity = z
  .object({
    activity_id: z.string(),
    type: z.enum(ACTIVITY_TYPES),
    at: timestamp,
    image_id: imageId.optional().describe('May have been erased since'),
    subject: z
      .object({
        kind: z.string().describe('What it is about besides an image: job, album, person …'),
        id: z.string(),
        name: z.string().optional().describe('As it was called then'),
      })
      .optional(),
  })
  .meta({ id: 'Activity' });
export const activityPage = page(activity).meta({ id: 'ActivityPage' });
export type ActivityPage = z.infer<typeof activityPage>;

export const storageAnalysis = z
  .object({
    images: z.int(),
    bytes: z.int().describe('Of the originals'),
    thumbnail_bytes: z.int(),
    by_type: byType,
    by_month: byMonth.describe('By upload, newest first, empty ones left out; ten years at the most'),
    largest: z.array(image).describe('Ten at the most, the largest original first'),
    near_duplicates: z
      .object({ images: z.int(), bytes: z.int() })
      .describe(
        'Images that look like another that is better (more pixels, then more bytes, then earlier): what one could do without. ' +
          'GET /images/duplicates shows them',
      ),
  })
  .describe(inGallery)
  .meta({ id: 'StorageAnalysis' });
export type StorageAnalysis = z.infer<typeof storageAnalysis>;

const box = z
  .object({ south: z.number(), west: z.number(), north: z.number(), east: z.number() })
  .nullable()
  .describe(
    'Degrees; west is greater than east where it crosses the 180th meridian. Of whole cells, so that it gives away no position: ' +
      '1° for countries and all together, 0.1° for cities. null where no image has a position',
  );
const located = { images: z.int(), box };

export const locationQuery = z.strictObject({
  country: z.string().trim().min(1).max(100).optional().describe('Cities of one country: its id as the answer has it'),
  limit: z.coerce.number().int().min(1).max(100).default(50),
  cursor: z
    .string()
    .max(700)
    .regex(/^[\w-]+$/, 'expected a next_cursor as the API gave it')
    .refine(isText, 'expected a next_cursor as the API gave it')
    .optional(),
});

export const locationAnalysis = z
  .object({
    ...located,
    countries: z
      .array(
        z.object({
          id: z.string().describe('To ask for its cities with'),
          country: z.string().nullable().describe('null: of a place whose country nobody named'),
          country_code: z.string().nullable().describe('ISO 3166-1 alpha-2'),
          ...located,
          cities: z
            .array(z.object({ city: z.string(), region: z.string().nullable(), ...located }))
            .describe('By name: the first five, or with country= a page of them'),
          more_cities: z.boolean(),
        }),
      )
      .describe('In the order of their ids; with country= that one alone'),
    next_cursor: z.string().nullable().describe('For more countries, or with country= for more of its cities'),
  })
  .describe('Archived images count, as searching finds them; what lies in the trash does not')
  .meta({ id: 'LocationAnalysis' });
export type LocationAnalysis = z.infer<typeof locationAnalysis>;
