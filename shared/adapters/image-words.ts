import { foundBeside } from '../domain/edits.ts';
import { hasEnded, type ImageRecord, type Stage } from '../domain/image.ts';
import { ALIVE, and, editedAsIn, ofGeneration, stageUnderWay } from './image-conditions.ts';
import type { ImageKey } from './image-records.ts';
import type { Change, Condition } from './table.ts';

/** What a model said about a photo. */
export type ModelWords = Required<
  Pick<ImageRecord, 'title' | 'description' | 'tags' | 'text' | 'display_name' | 'described_by'>
>;

interface Records {
  get: (key: ImageKey) => Promise<ImageRecord | null>;
  change: (key: ImageKey, change: Change) => Promise<ImageRecord | null>;
}

/** The one write by which words reach a record. */
export function createKeepWords({ get, change }: Records) {
  /**
   * Stores a model's words, bought for the photo as it was `begun`, before the stage ends, so that a later run need not buy them
   * again. The first of a generation stay, and what a person has locked stays in any case. Answers the record with the words that
   * count, or `null` where the photo is gone, or has been sent on a new round.
   */
  return async function keepWords(
    key: ImageKey,
    words: ModelWords,
    spent: Pick<Stage, 'tokens' | 'cost_microusd'>,
    begun: ImageRecord,
  ): Promise<ImageRecord | null> {
    const { generation } = begun;
    const first: Condition = {
      expression: 'attribute_not_exists(described_in) OR described_in < :generation',
      values: { ':generation': generation },
    };
    for (let seen: ImageRecord | null = begun; seen; seen = await get(key)) {
      if (seen.deleted_at || seen.generation !== generation) return null;
      if (seen.described_in === generation || hasEnded(seen.stages.describe.state)) return seen;
      const { tokens, cost_microusd } = spent;
      const { set, remove } = foundBeside(seen, { ...words, described_in: generation });
      const kept = await change(key, {
        set: { ...set, 'stages.describe.tokens': tokens, 'stages.describe.cost_microusd': cost_microusd },
        remove,
        condition: and(ALIVE, stageUnderWay('describe'), ofGeneration(seen), editedAsIn(seen), first),
      });
      if (kept) return kept;
    }
    return null;
  };
}
