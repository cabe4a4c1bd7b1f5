import { faceKeysFrom } from '../../shared/domain/object-keys.ts';
import { noWork } from './bring-in-line.ts';
import type { Batch, EventOf, OrganizeDeps } from './deps.ts';

/** Erases all that is known of faces in photos: assignments, descriptors and crops; with the last of them, what is said of people. */
export function createEraseFaces(
  { faces, faceAssignments, people, undo, objects, jobs }: OrganizeDeps,
  bringInLine: (batch: Batch) => Promise<void>,
) {
  return async function eraseFaces(batch: Batch, event: EventOf<'faces_erased'>): Promise<void> {
    const { userId } = batch;
    for (const imageId of event.image_ids) {
      await faceAssignments.change({ userId, imageId }, (record) => (record.faces ? 'none' : null));
      await objects.remove(faceKeysFrom(userId, imageId, 0));
    }
    await bringInLine({ ...batch, work: { ...noWork(), settling: new Set(event.image_ids) } });
    // Last: a job that is repeated looks for photos by them.
    for (const imageId of event.image_ids) await faces.erase(userId, imageId);
    if (!event.last) return;
    const said = await people.list(userId);
    await people.forget(
      userId,
      said.map(({ person_id }) => person_id),
    );
    await undo.forget(userId, 'people');
    // Those of a part that died: sweep sends it again with the job.
    for await (const _ of faces.all(userId)) return;
    await jobs.finish(userId, event.job_id, {});
  };
}
