import type { ApiUseCase } from '../use-cases.ts';
import { tokensOf } from './tokens.ts';

export const token: ApiUseCase<'token'> = async ({ body: { username, password } }, { sessions }) => {
  return { status: 200, body: tokensOf(await sessions.signIn({ email: username, password })) };
};
