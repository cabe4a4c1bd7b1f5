import * as schemas from '../schemas.ts';
import type { Route } from './route.ts';

/** What the whole says about itself. */
export const serviceRoutes = [
  {
    id: 'stats',
    method: 'GET',
    path: '/stats',
    summary: 'Totals, counts by status, processing times, tokens and cost',
    tag: 'service',
    access: 'user',
    responses: { 200: schemas.stats },
  },
  {
    id: 'health',
    method: 'GET',
    path: '/health',
    summary: 'Which parts answer',
    tag: 'service',
    access: 'public',
    responses: { 200: schemas.health },
  },
  {
    id: 'openapi',
    method: 'GET',
    path: '/openapi.json',
    summary: 'This description',
    tag: 'service',
    access: 'public',
    responses: { 200: 'application/json' },
  },
  {
    id: 'docs',
    method: 'GET',
    path: '/docs',
    summary: 'This description, to read',
    tag: 'service',
    access: 'public',
    responses: { 200: 'text/html' },
    aliases: [{ path: '/redoc' }],
  },
] as const satisfies readonly Route[];
