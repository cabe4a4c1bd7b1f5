import type { z } from 'zod';

/** `user`: the gateway's authorizer. `media`: checked by the media function itself. `public`: nobody asks. */
export type Access = 'public' | 'user' | 'media';

export interface Route {
  id: string;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  summary: string;
  tag: 'auth' | 'images' | 'search' | 'clusters' | 'people' | 'jobs' | 'service';
  access: Access;
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
