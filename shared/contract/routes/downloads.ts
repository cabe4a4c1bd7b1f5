import * as z from 'zod';
import * as schemas from '../schemas.ts';
import { mediaQuery } from './params.ts';
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
  {
    id: 'downloadPart',
    method: 'GET',
    path: '/downloads/{job_id}/parts/{part}',
    summary: 'One zip of a download, by its number from 1; the job’s result has its URL',
    tag: 'jobs',
    access: 'media',
    params: z.object({ job_id: schemas.jobId, part: schemas.partNumber }),
    query: mediaQuery,
    responses: { 200: 'application/zip', 206: 'application/zip', 302: null, 304: null },
  },
] as const satisfies readonly Route[];
