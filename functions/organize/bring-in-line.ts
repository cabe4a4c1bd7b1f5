import { asDone } from '../../shared/domain/as-done.ts';
import { type ClusterAssignment, hasEnded, type ImageRecord, isTerminal } from '../../shared/domain/image.ts';
import type { OrganizeDeps } from './deps.ts';
import { createIndexPhotos } from './index-photos.ts';
import { createLeaveAlbums } from './leave-albums.ts';

/** A photo that has a place now and is about to be done. */
interface Finishing {
  record: ImageRecord;
  cluster: ClusterAssignment;
}

/** What a batch has still to bring in line with its photos' records, each once. */
export interface OpenWork {
  finishing: Map<string, Finishing>;
  settling: Set<string>;
  /** Erased but for their index entries and records. */
  erasing: Set<string>;
}

export const noWork = (): OpenWork => ({ finishing: new Map(), settling: new Set(), erasing: new Set() });

/** A photo may be edited while it is finished; more often than this in a row means trouble. */
const MOST_LOOKS = 5;

/**
 * Writes what is derived from photos, then says on their records that they are done, or settled, or lets the records go: whoever
 * reads that a photo is done finds it. One pass for all of a batch, so that counters are written once.
 */
export function createBringInLine(deps: OrganizeDeps) {
  const { images, embeddings, clock } = deps;
  const indexPhotos = createIndexPhotos(deps);
  const leaveAlbums = createLeaveAlbums(deps);

  return async function bringInLine(userId: string, { finishing, settling, erasing }: OpenWork): Promise<void> {
    const others = [...settling].filter((id) => !finishing.has(id) && !erasing.has(id));
    // What is under way again, or being erased, has an event of its own behind this one.
    const ended = (await recordsOf(userId, others)).filter(({ status }) => isTerminal(status));
    const settled = await leaveAlbums(userId, ended);
    let due = [...finishing.values()].filter(({ record }) => !erasing.has(record.image_id));
    let along = [
      ...settled.map((record) => ({ image_id: record.image_id, record })),
      ...[...erasing].map((image_id) => ({ image_id, record: null })),
    ];
    for (let looks = 1; due.length > 0 || along.length > 0; looks += 1) {
      if (looks > MOST_LOOKS)
        throw new Error(`${due.length} photos changed ${MOST_LOOKS} times while they were finished`);
      const records = await leaveAlbums(
        userId,
        due.map(({ record }) => record),
      );
      due = due.map((photo, index) => ({ ...photo, record: records[index] ?? photo.record }));
      const finished = due.map((photo) => ({ ...photo, done: asDone(photo.record, photo.cluster, clock()) }));
      await indexPhotos(userId, [...along, ...finished.map(({ done }) => ({ image_id: done.image_id, record: done }))]);
      along = [];
      due = [];
      for (const { record, cluster, done } of finished) {
        const key = { userId, imageId: record.image_id };
        if (await images.finish(key, record, done)) continue;
        const changed = await images.get(key);
        if (!changed) continue;
        const open = !changed.deleted_at && changed.status === 'processing' && !hasEnded(changed.stages.organize.state);
        if (open) due.push({ record: changed, cluster });
        // Whoever has deleted or given it up meanwhile sends an event that has to know the cluster.
        else await images.setCluster(key, cluster);
      }
    }
    for (const record of settled) await images.settle({ userId, imageId: record.image_id }, record);
    for (const imageId of erasing) {
      await images.erase({ userId, imageId });
      // A run of describe that was late may have put one back.
      await embeddings.erase(userId, imageId);
    }
  };

  async function recordsOf(userId: string, ids: readonly string[]): Promise<ImageRecord[]> {
    return ids.length === 0 ? [] : images.getMany(userId, ids, { consistent: true });
  }
}
