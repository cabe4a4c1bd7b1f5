import type { ApiUseCase } from '../use-cases.ts';
import { bearerOf } from './bearer.ts';

/** Asked of the identity service, not read from the token: a changed name shows at once. */
export const me: ApiUseCase<'me'> = async ({ headers, user }, { identity }) => {
  const { email, name, created_at } = await identity.lookup(bearerOf(headers));
  return { status: 200, body: { user_id: user.user_id, email, name, created_at } };
};
