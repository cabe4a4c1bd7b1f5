import * as z from 'zod';
import * as schemas from '../schemas.ts';

/** Path parameters of several routes. */
export const imageParams = z.object({ image_id: schemas.imageId });

/** What a signed URL of the media function brings along. */
export const mediaQuery = z.object({
  exp: z.string().max(20).optional().describe('Expiry of a signed URL'),
  sig: z.string().max(128).optional().describe('Signature of a signed URL'),
  u: z.string().max(128).optional().describe('Owner a signed URL speaks for'),
  at: z.string().max(20).optional().describe('Session a signed URL was made in, by when it began: it ends with it'),
});
