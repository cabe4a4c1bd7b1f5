import * as z from 'zod';

/** What several schemas are made of. */

export const imageId = z.string().regex(/^[0-9a-f-]{36}$/, 'expected an image id as the API gave it');
export const clusterId = z.string().regex(/^[0-9a-f-]{36}$/, 'expected a cluster id as the API gave it');
export const albumId = z.string().regex(/^[0-9a-f-]{36}$/, 'expected an album id as the API gave it');
export const personId = z.string().regex(/^[0-9a-f-]{36}$/, 'expected a person id as the API gave it');
export const jobId = z.string().regex(/^[0-9a-f-]{36}$/, 'expected a job id as the API gave it');
/** Numbers begin at 0; no photo has more than fifty. */
export const faceNumber = z
  .string()
  .regex(/^(0|[1-4]?[0-9])$/, 'expected the number of a face as the API gave it')
  .transform(Number);
/** Its fraction of a second could else be of any length. */
const LONGEST_TIME = 40;
export const timestamp = z.iso.datetime().max(LONGEST_TIME).describe('ISO 8601, UTC');

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

/** Lists answer `items` and, where more follow, a `next_cursor` to pass as `cursor`. */
export const page = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), next_cursor: z.string().nullable() });

const limit = z.coerce.number().int().min(1).max(100).default(20);

export const pageQuery = z.object({
  limit,
  cursor: z
    .string()
    .regex(/^[0-9a-f-]{36}$/, 'expected a next_cursor as the API gave it')
    .optional(),
});

/** How far one can go by number: what lies before a page has to be read again. */
const MOST_BY_PAGE = 1_000;

/** For clients that count pages. Only a cursor goes on where the last page ended, whatever was added meanwhile. */
export const pageNumber = z.coerce.number().int().min(1).max(MOST_BY_PAGE).optional().describe('Instead of a cursor');

interface Paged {
  cursor?: string | undefined;
  page?: number | undefined;
  limit: number;
}

/** Refines a query that takes a cursor and a page number: one of them, and not too far by number. */
export const oneWayToPage: [(query: Paged) => boolean, { path: string[]; message: string }] = [
  ({ cursor, page = 1, limit }) => (cursor === undefined ? page * limit <= MOST_BY_PAGE : page === 1),
  {
    path: ['page'],
    message: `expected no page beside a cursor, and page × limit of at most ${MOST_BY_PAGE}; go on with next_cursor`,
  },
];

/** `true` and `false` as queries spell them. */
export const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
