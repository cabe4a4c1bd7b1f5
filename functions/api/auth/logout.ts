import type { ApiUseCase } from '../use-cases.ts';

export const logout: ApiUseCase<'logout'> = async ({ user }, { sessions }) => {
  await sessions.logout(user);
  return { status: 204, body: null };
};
