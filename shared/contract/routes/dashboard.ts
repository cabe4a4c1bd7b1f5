import * as z from 'zod';
import * as schemas from '../schemas.ts';
import type { Route } from './route.ts';

/** What a gallery amounts to, and what happened in it. Each answer is made of counters: bounded work, however large the gallery. */
export const dashboardRoutes = [
  {
    id: 'dashboardStats',
    method: 'GET',
    path: '/dashboard/stats',
    summary: 'A gallery on one screen: totals, statuses, types, uploads of the last twelve months, newest images',
    tag: 'dashboard',
    access: 'user',
    responses: { 200: schemas.dashboardStats },
  },
  {
    id: 'recentActivity',
    method: 'GET',
    path: '/dashboard/recent-activity',
    summary: 'What happened in the last 90 days, newest first',
    tag: 'dashboard',
    access: 'user',
    query: z.strictObject(schemas.pageQuery.shape),
    responses: { 200: schemas.activityPage },
  },
  {
    id: 'storageAnalysis',
    method: 'GET',
    path: '/dashboard/storage-analysis',
    summary: 'Bytes by type and by month of upload, the largest images, what near-duplicates take up',
    tag: 'dashboard',
    access: 'user',
    responses: { 200: schemas.storageAnalysis },
  },
  {
    id: 'locationAnalysis',
    method: 'GET',
    path: '/dashboard/location-analysis',
    summary: 'Countries, or the cities of one country, each with its images and its box on the map',
    tag: 'dashboard',
    access: 'user',
    query: schemas.locationQuery,
    responses: { 200: schemas.locationAnalysis },
  },
  {
    id: 'timeline',
    method: 'GET',
    path: '/timeline',
    summary: 'Months, or the days of one month, newest first, each with its count and a cover',
    tag: 'dashboard',
    access: 'user',
    query: schemas.timelineQuery,
    responses: { 200: schemas.timeline },
  },
  {
    id: 'memories',
    method: 'GET',
    path: '/memories',
    summary: 'Images taken on this day in other years',
    tag: 'dashboard',
    access: 'user',
    query: schemas.memoriesQuery,
    responses: { 200: schemas.memories },
  },
] as const satisfies readonly Route[];
