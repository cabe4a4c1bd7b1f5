import type { BatchRequest } from '../../../shared/contract/schemas.ts';
import { hasEnded, type ImageRecord } from '../../../shared/domain/image.ts';
import { stagesToRun } from '../../../shared/domain/rerun.ts';
import { albumAction } from '../albums/membership.ts';
import type { Deps } from '../deps.ts';
import type { ApiUseCase } from '../use-cases.ts';
import { type Action, carryOut, DONE, edited, NOT_FOUND } from './carry-out.ts';
import { readEdit } from './read-edit.ts';
import { sendEdited } from './send-edited.ts';
import { sendRemoved } from './send-removed.ts';
import { sendRerun } from './send-rerun.ts';

/** The same for many images, each by itself: one that cannot be changed does not keep the others from it. May be repeated. */
export const batch: ApiUseCase<'batch'> = async ({ body, user }, deps) => {
  const action = await actionOf(body, user.user_id, deps);
  return { status: 200, body: await carryOut(body.ids, action, deps) };
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
