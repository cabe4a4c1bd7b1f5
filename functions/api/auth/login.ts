import type { ApiUseCase } from '../use-cases.ts';
import { tokensOf } from './tokens.ts';

/** As `token`, for clients that name the address `email` or send JSON. */
export const login: ApiUseCase<'login'> = async ({ body }, { sessions }) => {
  const email = 'email' in body ? body.email : body.username;
  return { status: 200, body: tokensOf(await sessions.signIn({ email, password: body.password })) };
};
