import * as z from 'zod';
import * as schemas from '../schemas.ts';
import type { Route } from './route.ts';

/** Long work. */
export const jobRoutes = [
  {
    id: 'getJob',
    method: 'GET',
    path: '/jobs/{job_id}',
    summary: 'How far long work has come',
    tag: 'jobs',
    access: 'user',
    params: z.object({ job_id: schemas.jobId }),
    responses: { 200: schemas.job },
  },
] as const satisfies readonly Route[];
