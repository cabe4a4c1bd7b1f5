import { statsView } from '../../../shared/domain/summary.ts';
import type { ApiUseCase } from '../use-cases.ts';

export const stats: ApiUseCase<'stats'> = async ({ user }, { summaries }) => {
  return { status: 200, body: statsView(await summaries.get(user.user_id)) };
};
