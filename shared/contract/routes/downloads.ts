import * as schemas from '../schemas.ts';
import type { Route } from './route.ts';

/** Taking photos along. */
export const downloadRoutes = [
  {
    id: 'createDownload',
    method: 'POST',
    path: '/downloads',
    summary: 'Put originals into zips to fetch; the job’s result has their URLs (DownloadResult)',
    tag: 'jobs',
    access: 'user',
    body: { type: 'json', schema: schemas.downloadRequest },
    responses: { 200: schemas.job, 202: schemas.job },
    problems: [404, 409],
  },
] as const satisfies readonly Route[];
