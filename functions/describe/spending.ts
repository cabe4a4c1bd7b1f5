import type { NewId } from '../../shared/adapters/ids.ts';
import type { Spendings } from '../../shared/adapters/spendings.ts';
import { costMicroDollars, type Tokens } from '../../shared/domain/cost.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';

/** What describing one photo has cost so far, earlier runs included. */
export interface Spending {
  /** A call that was answered. It counts for its owner’s month at once, whatever becomes of the run. */
  add(model: string, tokens: Tokens): Promise<void>;
  /** As the stage's receipt has it; empty where nothing was bought. */
  total(): { tokens?: number; cost_microusd?: number };
}

export interface SpendingDeps {
  spendings: Pick<Spendings, 'count'>;
  newId: NewId;
}

export function openSpending(record: ImageRecord, { spendings, newId }: SpendingDeps): Spending {
  let { tokens = 0, cost_microusd = 0 } = record.stages.describe;
  return {
    async add(model, used) {
      const cost = costMicroDollars(model, used);
      tokens += used.input + used.output;
      cost_microusd += cost;
      await spendings.count(record.user_id, newId(), cost);
    },
    total: () => (tokens > 0 ? { tokens, cost_microusd } : {}),
  };
}
