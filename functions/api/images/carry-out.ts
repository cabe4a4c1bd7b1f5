import type { EditOutcome } from '../../../shared/adapters/image-edits.ts';
import type { BatchResult } from '../../../shared/contract/schemas.ts';
import type { ImageRecord } from '../../../shared/domain/image.ts';
import type { Deps } from '../deps.ts';

/** How many images are worked on at once. */
const AT_ONCE = 16;

type Result = Omit<BatchResult, 'image_id'>;
export const DONE: Result = { result: 'done' };
export const NOT_FOUND: Result = { result: 'not_found' };

/** What a batch does to one image, and what is left to be done once all have been seen to. */
export interface Action {
  run: (imageId: string) => Promise<Result>;
  finish?: () => Promise<void>;
}

/** Carries out an action on images, several at once; answers of each what became of it. */
export async function carryOut(
  ids: readonly string[],
  { run, finish }: Action,
  deps: Pick<Deps, 'logger'>,
): Promise<{ items: BatchResult[] }> {
  const results = new Map<string, Result>();
  const waiting = [...new Set(ids)];

  async function work(): Promise<void> {
    for (let imageId = waiting.pop(); imageId !== undefined; imageId = waiting.pop()) {
      try {
        results.set(imageId, await run(imageId));
      } catch (error) {
        deps.logger.error('an image of a batch could not be changed', { image_id: imageId, error: error as Error });
        results.set(imageId, FAILED);
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  await finish?.();
  return { items: ids.map((image_id) => ({ image_id, ...(results.get(image_id) ?? FAILED) })) };
}

const FAILED: Result = {
  result: 'refused',
  error: { code: 'failed', message: 'The fault is ours; it has been logged. Trying again may help.' },
};

/** What became of an image its owner wanted changed; one that was is noted in `changed`. */
export function edited(outcome: EditOutcome | null, changed: ImageRecord[]): Result {
  if (!outcome) return NOT_FOUND;
  if (outcome.state === 'refused') return { result: 'refused', error: outcome.reason };
  if (outcome.state === 'changed') changed.push(outcome.record);
  return DONE;
}
