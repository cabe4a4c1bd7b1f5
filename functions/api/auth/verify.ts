import type { ApiUseCase } from '../use-cases.ts';

/** Whoever gets here has passed the authorizer and the session check. */
export const verify: ApiUseCase<'verify'> = async ({ user }) => {
  const expires_at = new Date(user.exp * 1000).toISOString();
  return { status: 200, body: { valid: true, user_id: user.user_id, expires_at } };
};
