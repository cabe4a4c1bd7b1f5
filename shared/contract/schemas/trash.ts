import * as z from 'zod';
import { flag, pageQuery } from './common.ts';

export const deleteQuery = z.strictObject({
  permanent: flag.default(false).describe('true: erased at once, not moved to the trash'),
});

/** Where a page of the trash goes on: since when its last image lies there, and which that is. */
export const trashCursor = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z_[0-9a-f-]{36}$/, 'expected a next_cursor as the API gave it');

export const trashQuery = z.strictObject({ ...pageQuery.shape, cursor: trashCursor.optional() });
