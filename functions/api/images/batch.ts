import type { BatchRequest, BatchResult } from '../../../shared/contract/schemas.ts';
import { hasEnded, type ImageRecord } from '../../../shared/domain/image.ts';
import { stagesToRun } from '../../../shared/domain/rerun.ts';
import { albumAction } from '../albums/membership.ts';
import type { Deps } from '../deps.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { readEdit } from './read-edit.ts';
import { sendEdited } from './send-edited.ts';
import { sendRemoved } from './send-removed.ts';
import { sendRerun } from './send-rerun.ts';

/** How many images are worked on at once. */
const AT_ONCE = 16;

type Result = Omit<BatchResult, 'image_id'>;
const DONE: Result = { result: 'done' };
const NOT_FOUND: Result = { result: 'not_found' };

/** What a batch does to one image, and what is left to be done once all have been seen to. */
export interface Action {
  run: (imageId: string) => Promise<Result>;
  finish?: () => Promise<void>;
}

/** The same for many images, each by itself: one that cannot be changed does not keep the others from it. May be repeated. */
export const batch: ApiUseCase<'batch'> = async ({ body, user }, deps) => {
  const action = await actionOf(body, user.user_id, deps);
  return { status: 200, body: await carryOut(body.ids, action, deps) };
};

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

async function actionOf(request: BatchRequest, userId: string, deps: Deps): Promise<Action> {
  const changed: ImageRecord[] = [];
  switch (request.action) {
    case 'edit': {
      const edit = readEdit(request.changes, 'changes.');
      return {
        run: async (imageId) => edited(await deps.edits.edit({ userId, imageId }, edit), changed),
        finish: () => sendEdited(changed, deps),
      };
    }
    case 'tag':
      return {
        run: async (imageId) => edited(await deps.edits.tag({ userId, imageId }, request), changed),
        finish: () => sendEdited(changed, deps),
      };
    case 'reprocess':
      return {
        async run(imageId) {
          const outcome = await deps.edits.rerun({ userId, imageId }, request.stages);
          if (outcome?.state !== 'refused')
            return outcome ? sendRerun(outcome.record, deps).then(() => DONE) : NOT_FOUND;
          // A batch that is repeated finds its photos on the very way it has sent them.
          const { record, reason } = outcome;
          const toCome = stagesToRun(record, request.stages).every((name) => !hasEnded(record.stages[name].state));
          return record.status === 'processing' && toCome ? DONE : { result: 'refused', error: reason };
        },
      };
    case 'album':
      return albumAction(userId, { ...request, ids: [...new Set(request.ids)] }, deps);
    case 'delete':
      return {
        async run(imageId) {
          const record = await deps.images.markDeleted({ userId, imageId });
          if (record) changed.push(record);
          return record ? DONE : NOT_FOUND;
        },
        finish: () => sendRemoved(changed, deps),
      };
  }
}

export function edited(outcome: Awaited<ReturnType<Deps['edits']['edit']>>, changed: ImageRecord[]): Result {
  if (!outcome) return NOT_FOUND;
  if (outcome.state === 'refused') return { result: 'refused', error: outcome.reason };
  if (outcome.state === 'changed') changed.push(outcome.record);
  return DONE;
}
