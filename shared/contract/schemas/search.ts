import * as z from 'zod';
import { IMAGE_STATUSES } from '../../domain/image.ts';
import { clusterId, flag, imageId, oneWayToPage, pageNumber, personId } from './common.ts';
import { image } from './images.ts';

const limit = z.coerce.number().int().min(1).max(100).default(20);
const cursor = z
  .string()
  .max(6_000)
  .regex(/^[\w-]+$/, 'expected a next_cursor as the API gave it')
  .optional();
const word = z.string().trim().min(1).max(100);
const day = z
  .string()
  .regex(
    /^\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01])(T([01]\d|2[0-3]):[0-5]\d:[0-5]\d)?)?)?$/,
    'expected 2024, 2024-05, 2024-05-31 or 2024-05-31T18:00:00',
  );
const weight = z.coerce.number().min(0).max(1);

export const searchQuery = z
  .strictObject({
    q: z.string().trim().min(1).max(200).optional().describe('Words: looked for as they stand, and by meaning'),
    tag: z.string().trim().min(1).max(200).optional().describe('Tags, separated by commas; all must be there'),
    color: z.string().trim().min(1).max(40).optional().describe('#rrggbb, or the name of a colour as photos have it'),
    from: day.optional().describe('Taken then or later, local time'),
    to: day.optional().describe('Taken then or before; a year, month or day is meant whole'),
    place: word.optional().describe('City, region or country; several, separated by commas, narrow each other'),
    camera: word.optional().describe('Maker, model, or both'),
    cluster: clusterId.optional(),
    person: personId.optional(),
    status: z
      .enum([...IMAGE_STATUSES, 'degraded'])
      .optional()
      .describe('Default: done'),
    favorite: flag.optional(),
    limit,
    cursor,
    page: pageNumber,
  })
  .refine(...oneWayToPage);
export type SearchQuery = z.infer<typeof searchQuery>;

export const SEARCH_REASONS = [
  'word',
  'meaning',
  'tag',
  'color',
  'date',
  'place',
  'camera',
  'cluster',
  'person',
  'status',
  'favorite',
] as const;

export const searchPage = z
  .object({
    items: z.array(
      image.extend({
        score: z.number().nullable().describe('Comparable within one search only; null where nothing is ranked'),
        matched: z
          .array(
            z.object({
              by: z.enum(SEARCH_REASONS),
              value: z.string().describe('What of the query matched: the word, the tag, the colour'),
              in: z.array(z.string()).optional().describe('Fields in which a word was found'),
              score: z.number().optional(),
            }),
          )
          .describe('Why this is here'),
      }),
    ),
    next_cursor: z.string().nullable(),
    meaning: z
      .enum(['searched', 'unavailable', 'not_asked'])
      .describe('unavailable: the model did not answer, only words were looked for'),
  })
  .meta({ id: 'SearchPage' });
export type SearchPage = z.infer<typeof searchPage>;

export const suggestQuery = z.strictObject({
  prefix: z.string().trim().min(1).max(50),
  limit: z.coerce.number().int().min(1).max(20).default(10),
});
export const SUGGESTION_KINDS = ['tag', 'place', 'camera', 'name'] as const;
export const suggestions = z
  .object({
    items: z.array(
      z.object({ text: z.string(), kind: z.enum(SUGGESTION_KINDS), count: z.int().describe('Photos it would find') }),
    ),
  })
  .meta({ id: 'Suggestions' });

export const similarQuery = z
  .strictObject({
    limit: z.coerce.number().int().min(1).max(50).default(10),
    embedding: weight.default(0.6).describe('Weight of meaning'),
    palette: weight.default(0.2).describe('Weight of colours'),
    tags: weight.default(0.1).describe('Weight of tags in common'),
    phash: weight.default(0.1).describe('Weight of looking the same'),
  })
  .refine(
    ({ embedding, palette, tags, phash }) => embedding + palette + tags + phash > 0,
    'expected at least one weight above 0',
  );
export type SimilarQuery = z.infer<typeof similarQuery>;

const part = z.number().min(0).max(1).nullable();
export const similarImages = z
  .object({
    items: z.array(
      image.extend({
        similarity: z.number().min(0).max(1),
        parts: z
          .object({ embedding: part, palette: part, tags: part, phash: part })
          .describe('Each 0 to 1; null where one of the two has none. What only one has counts as 0'),
      }),
    ),
  })
  .meta({ id: 'SimilarImages' });
export type SimilarImages = z.infer<typeof similarImages>;

export const duplicateGroups = z
  .object({
    items: z.array(
      z.object({
        best: imageId.describe('Most pixels, then most bytes, then the first'),
        images: z.array(image).describe('The best one first'),
      }),
    ),
    next_cursor: z.string().nullable(),
  })
  .meta({ id: 'DuplicateGroups' });
