import type { ApiUseCase } from '../use-cases.ts';
import { tokensOf } from './tokens.ts';

export const refresh: ApiUseCase<'refresh'> = async ({ body }, { sessions }) => {
  return { status: 200, body: tokensOf(await sessions.refresh(body.refresh_token)) };
};
