import * as z from 'zod';
import { timestamp } from './common.ts';

const email = z.email().max(254);
const password = z.string().min(6).max(4096);
export const signupRequest = z
  .strictObject({ email, password, name: z.string().trim().min(1).max(100).optional() })
  .meta({ id: 'SignupRequest' });
/** OAuth2 password clients send further fields (`grant_type`, `scope`, …); they are let through and ignored. */
export const tokenRequest = z
  .object({ username: email, password: z.string().min(1).max(4096) })
  .meta({ id: 'TokenRequest' });
export const loginRequest = z
  .union([tokenRequest, z.object({ email, password: z.string().min(1).max(4096) })])
  .meta({ id: 'LoginRequest' });
export const refreshRequest = z
  .strictObject({ refresh_token: z.string().min(1).max(8192) })
  .meta({ id: 'RefreshRequest' });
export const tokens = z
  .object({
    access_token: z.string(),
    refresh_token: z.string(),
    expires_in: z.int().describe('Seconds'),
    token_type: z.literal('bearer'),
  })
  .meta({ id: 'Tokens' });
export type Tokens = z.infer<typeof tokens>;
export const me = z
  .object({
    user_id: z.string(),
    email: z.string().nullable(),
    name: z.string().nullable(),
    created_at: timestamp.nullable(),
  })
  .meta({ id: 'Me' });
export const verification = z
  .object({ valid: z.literal(true), user_id: z.string(), expires_at: timestamp })
  .meta({ id: 'Verification' });
