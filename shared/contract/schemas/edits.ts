import * as z from 'zod';
import { LIMITS } from '../../domain/description.ts';
import { STAGES } from '../../domain/image.ts';
import { albumId, imageId, reason } from './common.ts';
import { job } from './service.ts';

export const MAX_BATCH = 500;

const words = (longest: number) => z.string().trim().min(1).max(longest);
const tags = z.array(words(LIMITS.tag)).max(LIMITS.tags);

/** Whether a wall time is one a clock can show: parsing alone takes 30 February for 1 March. */
function exists(value: string): boolean {
  const time = Date.parse(`${value}Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value);
}

/** What a person says. `null` takes it back: the field is open to the model, or to the file's own data, again. */
export const imagePatch = z
  .strictObject({
    display_name: words(255).nullable(),
    title: words(LIMITS.title).nullable(),
    description: words(LIMITS.description).nullable(),
    tags: tags.nullable(),
    favorite: z.boolean(),
    archived: z.boolean(),
    taken_at: z
      .string()
      .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/, 'expected local time such as 2024-05-31T18:04:59')
      .refine(exists, 'expected a day and time that exist')
      .nullable(),
    taken_at_offset: z
      .string()
      .regex(/^[+-](0\d|1[0-4]):[0-5]\d$/, 'expected an offset from UTC such as +02:00')
      .nullable(),
    place: z
      .strictObject({
        city: words(100).optional(),
        region: words(100).optional(),
        country: words(100).optional(),
        country_code: z
          .string()
          .regex(/^[A-Z]{2}$/, 'expected an ISO 3166-1 alpha-2 code such as PT')
          .optional(),
      })
      .nullable(),
  })
  .partial()
  .refine((patch) => Object.keys(patch).length > 0, 'expected at least one field to change')
  .refine(
    ({ taken_at, taken_at_offset }) => taken_at_offset === undefined || taken_at !== undefined,
    'taken_at_offset is given together with taken_at',
  )
  .meta({ id: 'ImagePatch' });
export type ImagePatch = z.infer<typeof imagePatch>;

const stages = z
  .array(z.enum(STAGES))
  .min(1)
  .max(STAGES.length)
  .default([...STAGES])
  .describe('Which to run again; what is derived from photos is always brought up to date');

export const reprocessRequest = z.strictObject({ stages }).meta({ id: 'ReprocessRequest' });

export const reprocessAllRequest = z
  .strictObject({
    status: z
      .enum(['failed', 'degraded', 'done'])
      .optional()
      .describe('Photos that ended like this. Without status and model: all that are done'),
    model: z.string().min(1).max(100).optional().describe('Photos described by this model'),
    prompt_version: z.string().min(1).max(100).optional().describe('… under this version of the prompt'),
    stages,
    dry_run: z.boolean().default(false).describe('Only say how many photos it would be, and what it would cost'),
  })
  .refine(
    ({ model, prompt_version }) => prompt_version === undefined || model !== undefined,
    'prompt_version is given together with model',
  )
  .meta({ id: 'ReprocessAllRequest' });
export type ReprocessAllRequest = z.infer<typeof reprocessAllRequest>;

export const reprocessEstimate = z
  .object({
    dry_run: z.literal(true),
    images: z.int(),
    estimated_cost_microusd: z.number(),
    basis: z.string().describe('What the estimate rests on'),
  })
  .meta({ id: 'ReprocessEstimate' });

/** Without `dry_run`, a job that was waited for until it had ended. */
export const reprocessAnswer = z.union([reprocessEstimate, job]).meta({ id: 'ReprocessAnswer' });

export const imageIds = z.array(imageId).min(1).max(MAX_BATCH);
const ids = imageIds;
const albums = z.array(albumId).max(20).default([]);
/** A batch that would change nothing is a slip of whoever wrote it. */
const changesSome = ({ add, remove }: { add: string[]; remove: string[] }) => add.length + remove.length > 0;
const SOME = { path: ['add'], error: 'something to add or to remove' };
export const batchRequest = z
  .discriminatedUnion('action', [
    z.strictObject({ action: z.literal('edit'), ids, changes: imagePatch }),
    z
      .strictObject({ action: z.literal('tag'), ids, add: tags.default([]), remove: tags.default([]) })
      .refine(changesSome, SOME),
    z.strictObject({ action: z.literal('reprocess'), ids, stages }),
    z.strictObject({ action: z.literal('album'), ids, add: albums, remove: albums }).refine(changesSome, SOME),
    z.strictObject({
      action: z.literal('delete'),
      ids,
      permanent: z.boolean().default(false).describe('true: erased at once, not moved to the trash'),
    }),
    z.strictObject({ action: z.literal('restore'), ids }),
  ])
  .meta({ id: 'BatchRequest' });
export type BatchRequest = z.infer<typeof batchRequest>;

export const batchResponse = z
  .object({
    items: z.array(
      z.object({ image_id: imageId, result: z.enum(['done', 'not_found', 'refused']), error: reason.optional() }),
    ),
  })
  .describe('One entry per id, in the order in which they were given')
  .meta({ id: 'BatchResponse' });
export type BatchResult = z.infer<typeof batchResponse>['items'][number];
