import * as z from 'zod';
import { ALBUM_KINDS, ALBUM_RULES, ALBUM_SORTS } from '../../domain/albums/album.ts';
import { MOST_HOURS_BETWEEN, MOST_KM_BETWEEN } from '../../domain/albums/events.ts';
import { albumId, imageId, page, timestamp } from './common.ts';
import { imageIds } from './edits.ts';
import { image } from './images.ts';
import { searchQuery } from './search.ts';

const { limit, cursor, q, tag, color, from, to, place, camera, cluster, person, status } = searchQuery.shape;

/** What a smart album looks for: the parameters of `GET /search/images`. */
const savedSearch = z
  .strictObject({ q, tag, color, from, to, place, camera, cluster, person, status, favorite: z.boolean().optional() })
  .refine((query) => Object.values(query).some((value) => value !== undefined), 'expected something to look for');

const rule = z.object({
  by: z.enum(ALBUM_RULES),
  place: z.string().optional().describe('country, or country/city'),
  month: z.string().optional().describe('YYYY-MM'),
  day: z.string().optional().describe('YYYY-MM-DD'),
  from: z.string().optional().describe('Of an event: local time of its first photo'),
  to: z.string().optional().describe('… and of its last'),
});

export const album = z
  .object({
    album_id: albumId,
    kind: z
      .enum(ALBUM_KINDS)
      .describe('manual: put together by hand; auto: kept up to date by a rule; smart: a saved search'),
    name: z.string(),
    description: z.string().nullable(),
    sort: z.enum(ALBUM_SORTS),
    count: z.int().nullable().describe('Images; null where that is only known by searching'),
    cover: image.nullable().describe('The image chosen, or the first'),
    cover_image_id: imageId.nullable().describe('The image chosen by hand'),
    rule: rule.nullable(),
    query: savedSearch.nullable(),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ id: 'Album' });
export type AlbumView = z.infer<typeof album>;
export const albumPage = page(album).meta({ id: 'AlbumPage' });

const albumIdCursor = z
  .string()
  .regex(/^[0-9a-f-]{36}$/, 'expected a next_cursor as the API gave it')
  .optional();
export const albumListQuery = z.strictObject({
  limit,
  cursor: albumIdCursor,
  kind: z.enum(ALBUM_KINDS).optional(),
});
export const albumImagesQuery = z.strictObject({ limit, cursor });
export const albumImages = page(image).meta({ id: 'AlbumImages' });

const name = z.string().trim().min(1).max(200);
const description = z.string().trim().min(1).max(2_000);
const manual = { name, description: description.optional(), image_ids: imageIds.optional() };

export const manualAlbumRequest = z.strictObject(manual).meta({ id: 'ManualAlbumRequest' });
export const albumRequest = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('manual'), ...manual }),
    z.strictObject({ kind: z.literal('smart'), name, description: description.optional(), query: savedSearch }),
  ])
  .meta({ id: 'AlbumRequest' });
export type AlbumRequest = z.infer<typeof albumRequest>;

export const albumPatch = z
  .strictObject({
    name,
    description: description.nullable(),
    cover_image_id: imageId.nullable().describe('null: the first image'),
    sort: z.enum(ALBUM_SORTS),
    query: savedSearch.describe('Of a smart album'),
  })
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, 'expected at least one field to change')
  .meta({ id: 'AlbumPatch' });
export type AlbumPatch = z.infer<typeof albumPatch>;

export const albumImagesPut = z
  .strictObject({
    ids: imageIds,
    after: imageId
      .nullable()
      .optional()
      .describe('Place them behind this image, null: first. Without it new images come last'),
  })
  .meta({ id: 'AlbumImagesPut' });
export const albumImagesDelete = z.strictObject({ ids: imageIds }).meta({ id: 'AlbumImagesDelete' });

export const autoAlbumsRequest = z
  .strictObject({
    by: z
      .array(z.enum(ALBUM_RULES))
      .max(ALBUM_RULES.length)
      .describe(
        'What albums are made by from now on; none: no more are made, those that are there stay. ' +
          `An event ends with a gap of more than ${MOST_HOURS_BETWEEN} hours or ${MOST_KM_BETWEEN} km`,
      ),
    min_images: z.int().min(1).max(10_000).default(3).describe('Images there have to be before an album is made'),
  })
  .meta({ id: 'AutoAlbumsRequest' });

const found = {
  name: z.string(),
  count: z.int(),
  album_id: albumId.nullable().describe('The automatic album of it, where there is one'),
  cover: image.nullable(),
};
export const placesPage = page(
  z.object({ by: z.enum(['country', 'city']), place: z.string().describe('country, or country/city'), ...found }),
).meta({ id: 'AlbumsByLocation' });
export const datesPage = page(
  z.object({ by: z.enum(['month', 'day']), date: z.string().describe('YYYY-MM or YYYY-MM-DD'), ...found }),
).meta({ id: 'AlbumsByDate' });
export const byLocationQuery = z.strictObject({ limit, cursor });
export const byDateQuery = z.strictObject({
  by: z.enum(['month', 'day']).default('month'),
  limit,
  cursor: z
    .string()
    .regex(/^\d{4}-\d{2}(-\d{2})?$/, 'expected a next_cursor as the API gave it')
    .optional(),
});
