import * as z from 'zod';
import { image } from './images.ts';

const isDay = (value: string) => {
  const [year = 0, month = 0, day = 0] = value.split('-').map(Number);
  return day <= new Date(Date.UTC(year < 100 ? year + 400 : year, month, 0)).getUTCDate();
};

const monthPattern = /^\d{4}-(0[1-9]|1[0-2])$/;

export const timelineQuery = z
  .strictObject({
    month: z
      .string()
      .regex(monthPattern, 'expected a month such as 2024-05')
      .optional()
      .describe('The days of this month; it has no further pages'),
    limit: z.coerce.number().int().min(1).max(50).default(12).describe('Months'),
    cursor: z.string().regex(monthPattern, 'expected a next_cursor as the API gave it').optional(),
  })
  .refine(({ month, cursor }) => month === undefined || cursor === undefined, {
    path: ['cursor'],
    message: 'expected no cursor beside a month',
  });

export const timeline = z
  .object({
    items: z.array(
      z.object({
        date: z
          .string()
          .describe('YYYY-MM; with month= YYYY-MM-DD. As from= and to= of GET /search/images it finds the images'),
        count: z.int(),
        cover: image.nullable().describe('The latest of them; null where none could be found quickly'),
      }),
    ),
    next_cursor: z.string().nullable(),
  })
  .describe('By the local time they were taken, newest first. Archived images and those in the trash are left out')
  .meta({ id: 'Timeline' });
export type Timeline = z.infer<typeof timeline>;

export const memoriesQuery = z.strictObject({
  date: z
    .string()
    .regex(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, 'expected a day such as 2024-05-31')
    .refine(isDay, 'expected a day there is')
    .optional()
    .describe('Default: today, UTC'),
  limit: z.coerce.number().int().min(1).max(10).default(5).describe('Images of one year'),
});

export const memories = z
  .object({
    date: z.string(),
    items: z
      .array(
        z.object({ year: z.int(), years_ago: z.int().describe('Negative for later years'), images: z.array(image) }),
      )
      .describe('The newest year first, twenty at the most'),
  })
  .describe(
    'Images taken on this day in the hundred years up to today, but for the year asked for. Archived ones, those in the trash, and those ' +
      'whose only date is that of their upload are left out',
  )
  .meta({ id: 'Memories' });
export type Memories = z.infer<typeof memories>;
