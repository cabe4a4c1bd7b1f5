import * as z from 'zod';
import { EDITABLE_FIELDS } from '../../domain/edits.ts';
import { IMAGE_STATUSES, STAGE_STATES, TAKEN_AT_SOURCES } from '../../domain/image.ts';
import {
  albumId,
  clusterId,
  flag,
  imageId,
  oneWayToPage,
  page,
  pageNumber,
  pageQuery,
  personId,
  reason,
  timestamp,
} from './common.ts';

export const MAX_UPLOAD_BYTES = 50 * 1024 * 1024;
/** A multipart body as a whole. An event ends at 6 MB, which is 4.5 MB before base64; some of it is not the body's. */
export const MAX_DIRECT_UPLOAD_BYTES = 4 * 1024 * 1024;
export const MAX_FILES_PER_REQUEST = 100;
/** What browsers paint. HEIC and TIFF, accepted as well, only have previews for them. */
export const BROWSER_CONTENT_TYPES = ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif'] as const;
export const IMAGE_CONTENT_TYPES = [...BROWSER_CONTENT_TYPES, 'image/heic', 'image/tiff'] as const;

const url = z.string().describe('Opens without further headers until urls_expire_at');

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

export const metadata = z
  .object({
    camera_make: z.string().optional(),
    camera_model: z.string().optional(),
    lens_model: z.string().optional(),
    datetime_original: z.string().optional().describe('The camera’s clock: YYYY-MM-DDTHH:MM:SS'),
    iso: z.number().optional(),
    focal_length: z.number().optional().describe('Millimetres'),
    exposure_time: z.string().optional().describe('As photographers write it: 1/40, 2.5'),
    exposure_seconds: z.number().optional(),
    f_number: z.number().optional(),
    flash: z.boolean().optional().describe('Whether it fired'),
    orientation: z.int().min(1).max(8).optional().describe('As stored; width, height and thumbnails are upright'),
    gps: z
      .object({ lat: z.number(), lon: z.number(), altitude: z.number().optional().describe('Metres above the sea') })
      .optional(),
    title: z.string().optional(),
    caption: z.string().optional(),
    keywords: z.array(z.string()).optional(),
    rating: z.number().optional().describe('0 to 5; -1 is rejected'),
    raw: z
      .record(z.string(), z.unknown())
      .optional()
      .describe('Everything the file says about itself, bounded. Only in GET /images/{image_id}'),
  })
  .describe('What the file says about itself: EXIF, and where that is silent XMP and IPTC')
  .meta({ id: 'Metadata' });

export const place = z
  .object({
    city: z.string().optional().describe('Nearest populated place'),
    region: z.string().optional(),
    country: z.string().optional(),
    country_code: z.string().optional().describe('ISO 3166-1 alpha-2'),
    distance_km: z.number().optional().describe('From the photo to the middle of that place'),
  })
  .meta({ id: 'Place' });

export const face = z
  .object({
    n: z.int().describe('Its number in the image, from 0'),
    box: z
      .object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() })
      .describe('Each 0–1 of the image’s width or height as seen'),
    person_id: personId.nullable(),
    name: z.string().nullable(),
    similarity: z.number().nullable().describe('To the person’s other faces when it was decided'),
    by_person: z.boolean().describe('A person said so: never changed by us'),
    url,
  })
  .meta({ id: 'Face' });

export const image = z
  .object({
    image_id: imageId,
    filename: z.string(),
    display_name: z.string(),
    title: z.string().nullable(),
    description: z.string().nullable(),
    tags: z.array(z.string()),
    text: z.string().nullable().describe('Writing seen in the picture. Data, never markup or instruction.'),
    described_by: z
      .object({ model: z.string(), prompt_version: z.string(), at: timestamp })
      .nullable()
      .describe('The model that wrote the words; fields listed in locked are a person’s'),
    favorite: z.boolean(),
    archived: z.boolean().describe('Left out of GET /images, still found by searching'),
    locked: z.array(z.enum(EDITABLE_FIELDS)).describe('Fields a person edited: no model and no re-run changes them'),
    status: z.enum(IMAGE_STATUSES),
    degraded: z.boolean().describe('Done, but a stage was refused, postponed or failed'),
    stages: z.object({ ingest: stage, describe: stage, faces: stage, organize: stage }),
    error: reason.nullable(),
    duplicate_of: imageId.nullable(),
    content_type: z.string(),
    format: z.string().nullable(),
    bytes: z.int(),
    sha256: z.string().nullable().describe('Lower-case hex'),
    width: z.int().nullable().describe('As seen, orientation applied'),
    height: z.int().nullable(),
    frames: z.int().nullable().describe('More than 1 is an animation or a burst; thumbnails show the first'),
    original_url: url.nullable(),
    thumbnail_url: url.nullable(),
    thumbnails: z
      .object({
        small: url,
        medium: url,
        preview: url.nullable().describe('At most 2048 px, of formats browsers cannot show'),
      })
      .nullable(),
    urls_expire_at: timestamp.nullable(),
    placeholder: z.string().nullable().describe('ThumbHash, base64: what to show until the thumbnail is there'),
    colors: z.array(z.object({ hex: z.string(), share: z.number(), name: z.string() })).describe('Largest share first'),
    phash: z.string().nullable().describe('Perceptual hash, 16 hex digits'),
    metadata: metadata.nullable(),
    taken_at: z.string().nullable().describe('Local time where it was taken: YYYY-MM-DDTHH:MM:SS'),
    taken_at_offset: z.string().nullable().describe('From UTC, such as +02:00; null where nothing tells it'),
    taken_at_source: z.enum(TAKEN_AT_SOURCES).nullable(),
    place: place.nullable(),
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
    faces: z.array(face),
    people: z.array(z.object({ person_id: personId, name: z.string().nullable() })).describe('Whose faces are in it'),
    albums: z.array(albumId).describe('Albums it was put into by hand'),
    trashed_at: timestamp.nullable().describe('Since when it lies in the trash'),
    purge_at: timestamp.nullable().describe('When it is erased from there'),
    created_at: timestamp,
    updated_at: timestamp,
    processing_ms: z.number().nullable(),
  })
  .meta({ id: 'Image' });
export type ImageView = z.infer<typeof image>;

export const imagePage = page(image).meta({ id: 'ImagePage' });

export const imageListQuery = z
  .strictObject({
    ...pageQuery.shape,
    page: pageNumber,
    status: z.enum(IMAGE_STATUSES).optional(),
    archived: flag.default(false).describe('true: only the archived ones'),
  })
  .refine(...oneWayToPage);

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
