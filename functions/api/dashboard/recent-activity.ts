import type { ApiUseCase } from '../use-cases.ts';

export const recentActivity: ApiUseCase<'recentActivity'> = async ({ user, query }, { activities }) => {
  const { items, nextCursor } = await activities.list(user.user_id, query);
  return { status: 200, body: { items, next_cursor: nextCursor } };
};
