import type { ApiUseCase } from '../use-cases.ts';
import { tokensOf } from './tokens.ts';

export const signup: ApiUseCase<'signup'> = async ({ body }, { sessions }) => {
  return { status: 201, body: tokensOf(await sessions.signUp(body)) };
};
