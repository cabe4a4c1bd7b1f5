import { z } from 'zod';
import * as schemas from '../schemas.ts';

/** Path parameters of several routes. */
export const imageParams = z.object({ image_id: schemas.imageId });
