import { costMicroDollars, type Tokens } from '../../shared/domain/cost.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';

/** What describing one photo has cost so far, earlier runs included. */
export interface Spending {
  add(model: string, tokens: Tokens): void;
  /** As the stage's receipt has it; empty where nothing was bought. */
  total(): { tokens?: number; cost_microusd?: number };
}

export function openSpending(record: ImageRecord): Spending {
  let { tokens = 0, cost_microusd = 0 } = record.stages.describe;
  return {
    add(model, used) {
      tokens += used.input + used.output;
      cost_microusd += costMicroDollars(model, used);
    },
    total: () => (tokens > 0 ? { tokens, cost_microusd } : {}),
  };
}
