import type { z } from 'zod';
import type { Access, LinkNeeds } from '../../domain/authorize.ts';

export type { Access } from '../../domain/authorize.ts';

export const PACES = ['sign-in', 'password', 'upload', 'work'] as const;
export type Pace = (typeof PACES)[number];

export interface Route {
  id: string;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  summary: string;
  tag: 'auth' | 'images' | 'search' | 'clusters' | 'albums' | 'people' | 'jobs' | 'dashboard' | 'service';
  access: Access;
  /** Where it may be asked for less often than others. What answers 202 starts long work, and need not say so. */
  pace?: Pace;
  /** Of a route that links open. */
  linkNeeds?: LinkNeeds;
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: { type: 'json' | 'form' | 'json-or-form'; schema: z.ZodType } | { type: 'multipart' };
  /** Schema by success status; `null` is an empty answer, a string is a content type of something else. */
  responses: Record<number, z.ZodType | string | null>;
  /** Statuses beyond those every route can answer (400, 401 unless public, 404 with parameters, 422, 429, 500). */
  problems?: readonly number[];
  /** Older spellings clients of other systems use. They answer the same and are marked deprecated. */
  aliases?: readonly { method?: Route['method']; path: string }[];
  deprecated?: boolean;
  /** The path to use instead of a deprecated one. */
  successor?: string;
}
