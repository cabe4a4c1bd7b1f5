import { asDone } from '../../shared/domain/as-done.ts';
import {
  type ClusterAssignment,
  type FaceAssignment,
  hasEnded,
  type ImageRecord,
  isGivenUp,
  isTerminal,
} from '../../shared/domain/image.ts';
import type { PeopleState } from '../../shared/domain/people/place.ts';
import type { Batch, OrganizeDeps } from './deps.ts';
import { createIndexPhotos } from './index-photos.ts';
import { createLeaveAlbums } from './leave-albums.ts';
import type { createSetAside } from './set-aside.ts';

/** A photo that has a place now and is about to be done. */
interface Finishing {
  record: ImageRecord;
  cluster: ClusterAssignment;
  /** Whose its faces are; absent where nobody has looked for any. */
  faces?: FaceAssignment[] | undefined;
}

/** What a batch has still to bring in line with its photos' records, each once. */
export interface OpenWork {
  finishing: Map<string, Finishing>;
  settling: Set<string>;
  /** Erased but for their index entries and records. */
  erasing: Set<string>;
  /** Who there is, as this work has made it so far. */
  people: PeopleState | null;
}

export const noWork = (): OpenWork => ({ finishing: new Map(), settling: new Set(), erasing: new Set(), people: null });

/** A photo may be edited while it is finished; more often than this in a row means trouble. */
const MOST_LOOKS = 5;

/** Whether a photo may be finished: its last stage is under way, or was given up. */
const isOpen = (record: ImageRecord) =>
  !record.deleted_at &&
  (isGivenUp(record) || (record.status === 'processing' && !hasEnded(record.stages.organize.state)));

/**
 * Writes what is derived from photos, then says on their records that they are done, or settled, or lets the records go: whoever
 * reads that a photo is done finds it. One pass for all of a batch, so that counters are written once. Answers the photos that were
 * once given up by organize: they can be found, but where they belong is still to be seen to.
 */
export function createBringInLine(deps: OrganizeDeps, setAside: ReturnType<typeof createSetAside>) {
  const { images, embeddings, faces: found, clock } = deps;
  const indexPhotos = createIndexPhotos(deps);
  const leaveAlbums = createLeaveAlbums(deps);

  return async function bringInLine(batch: Batch): Promise<ImageRecord[]> {
    const { userId, work } = batch;
    const { finishing, settling, erasing } = work;
    const others = [...settling].filter((id) => !finishing.has(id) && !erasing.has(id));
    const settled = await leaveAlbums(userId, await settledOf(batch, others));
    let due = [...finishing.values()].filter(({ record }) => !erasing.has(record.image_id));
    let along = [
      ...settled.map((record) => ({ image_id: record.image_id, record })),
      ...[...erasing].map((image_id) => ({ image_id, record: null })),
    ];
    const trashed = new Set<string>();
    for (let looks = 1; due.length > 0 || along.length > 0; looks += 1) {
      if (looks > MOST_LOOKS)
        throw new Error(`${due.length} photos changed ${MOST_LOOKS} times while they were finished`);
      const records = await leaveAlbums(
        userId,
        due.map(({ record }) => record),
      );
      due = due.map((photo, index) => ({ ...photo, record: records[index] ?? photo.record }));
      const finished = due.map((photo) => ({ ...photo, done: asDone(photo.record, photo, clock()) }));
      await indexPhotos(userId, [...along, ...finished.map(({ done }) => ({ image_id: done.image_id, record: done }))]);
      along = [];
      due = [];
      for (const { record, cluster, faces, done } of finished) {
        const key = { userId, imageId: record.image_id };
        if (await images.finish(key, record, done)) {
          if (done.trashed_at) trashed.add(done.image_id);
          continue;
        }
        const changed = await images.get(key);
        if (!changed) continue;
        if (isOpen(changed)) due.push({ record: changed, cluster, faces });
        // Whoever has deleted or given it up meanwhile sends an event that has to know the cluster.
        else await images.setCluster(key, cluster);
      }
    }
    for (const record of settled)
      if (!isGivenUp(record)) await images.settle({ userId, imageId: record.image_id }, record);
    for (const imageId of erasing) {
      await images.erase({ userId, imageId });
      // A run of describe, or of faces, that was late may have put something back.
      await embeddings.erase(userId, imageId);
      await found.erase(userId, imageId);
    }
    // Only now do their records say where they were placed, and so what to take them out of.
    if (trashed.size > 0) await bringInLine({ ...batch, work: { ...noWork(), settling: trashed } });
    return settled.filter(isGivenUp);
  };

  /** The records of photos that have ended. What is under way again, or being erased, has an event of its own behind this one. */
  async function settledOf(batch: Batch, ids: readonly string[]): Promise<ImageRecord[]> {
    if (ids.length === 0) return [];
    const records = await images.getMany(batch.userId, ids, { consistent: true });
    const ended = records.filter(({ status }) => isTerminal(status));
    const given = ended.filter(isGivenUp);
    const others = ended.filter((record) => !isGivenUp(record));
    // Meanwhile one may have been restored.
    const left = (await setAside(batch, others)).filter(({ status, deleted_at }) => isTerminal(status) && !deleted_at);
    return [...left, ...given];
  }
}
