import { kept, monthOf, nextMonth } from '../../../shared/domain/quota.ts';
import { statsView } from '../../../shared/domain/summary.ts';
import { MOST_OPEN_FORMS, openForms } from '../../../shared/domain/upload-ledger.ts';
import type { ApiUseCase } from '../use-cases.ts';

/** The counters, and how much of their limits a person uses. */
export const stats: ApiUseCase<'stats'> = async ({ user }, { summaries, uploadLedgers, spendings, limits, clock }) => {
  const [counters, ledger, spent] = await Promise.all([
    summaries.get(user.user_id),
    uploadLedgers.get(user.user_id),
    spendings.thisMonth(user.user_id),
  ]);
  const now = clock();
  const { images, bytes } = kept(counters);
  const { forms } = openForms(ledger, now, limits.formLifetimeMs);
  const usage = {
    images: { used: images, limit: orNone(limits.images) },
    bytes: { used: bytes, limit: orNone(limits.bytes) },
    upload_forms: { used: forms, limit: MOST_OPEN_FORMS },
    ai: {
      month: monthOf(now),
      used_microusd: spent,
      limit_microusd: orNone(limits.aiMicroUsd),
      next_month_at: nextMonth(now).toISOString(),
    },
  };
  return { status: 200, body: { ...statsView(counters), usage } };
};

const orNone = (limit: number) => (Number.isFinite(limit) ? limit : null);
