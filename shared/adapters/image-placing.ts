import { type ClusterAssignment, type ImageRecord, isGivenUp } from '../domain/image.ts';
import { purgeDue } from '../domain/trash.ts';
import { ALIVE, and, stageUnderWay, statusIn, unchangedSince } from './image-conditions.ts';
import { type ImageKey, type ImageRecords, itemKey } from './image-records.ts';
import { changeItem, pendingShard } from './table.ts';

/** What `organize` says of a photo once what is derived from it has followed. */
export function createImagePlacing({ table, tableName, observer, change }: ImageRecords) {
  /**
   * Takes a photo that has ended off the list of what is under way, unless it has changed since it was `seen`. One in the trash stays
   * there, for sweep to find it on the day it is to be erased.
   */
  async function settle(key: ImageKey, seen: ImageRecord): Promise<void> {
    const due = purgeDue(seen);
    await changeItem(table, tableName, itemKey(key), {
      ...(due === null
        ? { remove: ['shard', 'since', 'revived'] }
        : { set: { shard: pendingShard('image', key.imageId), since: due } }),
      condition: and(ALIVE, statusIn(seen.status), unchangedSince(seen)),
    });
  }

  return {
    settle,

    /**
     * Ends the organize stage, and the photo, as `done` says ({@link asDone}): what is derived from it says so already. One in the trash
     * has still to be settled. `null` where the photo has been deleted or changed since it was `seen`. One that was done without that
     * stage has it now.
     */
    async finish(key: ImageKey, seen: ImageRecord, done: ImageRecord): Promise<ImageRecord | null> {
      const { status, cluster, faces, processing_ms, stages } = done;
      const again = isGivenUp(seen);
      const open = again ? statusIn('done') : and(statusIn('processing'), stageUnderWay('organize'));
      const finished = await change(key, {
        set: { status, cluster, faces, processing_ms, 'stages.organize': stages.organize },
        remove: done.trashed_at ? [] : ['shard', 'since', 'revived'],
        condition: and(ALIVE, open, unchangedSince(seen)),
      });
      if (finished) {
        observer.stageEnded('organize', stages.organize);
        if (!again) observer.photoEnded(finished);
      }
      return finished;
    },

    /** Notes that a photo is about to leave its cluster. `null` where it has been deleted or changed since it was `seen`. */
    noteLeaving(key: ImageKey, seen: ImageRecord, cluster: ClusterAssignment): Promise<ImageRecord | null> {
      return change(key, { set: { cluster }, condition: and(ALIVE, unchangedSince(seen)) });
    },

    /** Notes the cluster, also on a photo that is being erased: erasing has to know what to take it out of. */
    setCluster(key: ImageKey, cluster: ClusterAssignment): Promise<ImageRecord | null> {
      return change(key, { set: { cluster }, condition: { expression: 'attribute_exists(sk)' } });
    },
  };
}
