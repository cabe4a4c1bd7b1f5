import { isShown } from '../../shared/domain/image.ts';
import type { createBringInLine } from './bring-in-line.ts';
import type { Batch, EventOf, OrganizeDeps } from './deps.ts';
import { createRebuildClusters } from './rebuild-clusters.ts';
import { createRebuildCounters } from './rebuild-counters.ts';
import { createRebuildPhotos } from './rebuild-photos.ts';
import { createRemoveStrays } from './remove-strays.ts';
import type { ShowClusters } from './show-clusters.ts';

/**
 * Brings derived data in line with the records where it is not known what is wrong with it: `npm run doctor` asks for it. Nothing that is
 * written by now is believed, so every part can be repeated, and one that died is made up for by asking again. Between two parts counters
 * may be wrong that were right before; a user's last part counts them.
 */
export function createRebuild(
  deps: OrganizeDeps,
  { show, setAside }: { show: ShowClusters; setAside: Parameters<typeof createBringInLine>[1] },
) {
  const rebuildPhotos = createRebuildPhotos(deps, setAside);
  const removeStrays = createRemoveStrays(deps);
  const rebuildClusters = createRebuildClusters(deps, show);
  const rebuildCounters = createRebuildCounters(deps);

  return async function rebuild(batch: Batch, event: EventOf<'rebuild'>): Promise<void> {
    const { userId } = batch;
    const { event_id, image_ids = [], strays = [], cluster_ids = [], untold = [], waiting, counters = false } = event;
    await deps.index.recover(userId);
    if (image_ids.length > 0) await rebuildPhotos(batch, image_ids);
    if (strays.length > 0) await removeStrays(userId, strays);
    if (cluster_ids.length > 0) await rebuildClusters.addUp(userId, cluster_ids);
    if (waiting) await rebuildClusters.remember(userId, waiting);
    if (untold.length > 0) await tell(userId, untold);
    if (counters) await rebuildCounters(userId, event_id);
    await deps.rebuilt.note(userId, event_id);
  };

  /** The feed tells that photos came, at the time of which their records know; once. */
  async function tell(userId: string, imageIds: readonly string[]): Promise<void> {
    const records = await deps.images.getMany(userId, imageIds, { consistent: true });
    const shown = records.filter(isShown).map(({ image_id, created_at, stages }) => {
      const at = stages.organize.finished_at ?? created_at;
      return { type: 'added' as const, at, image_id, by: 'rebuild' };
    });
    await deps.activities.note(userId, shown);
  }
}
