import type { OrganizeEvent } from '../../shared/contract/messages.ts';
import { createApplyPlan } from './apply-plan.ts';
import { createBringInLine, noWork } from './bring-in-line.ts';
import type { Batch, EventOf, OrganizeDeps } from './deps.ts';
import { createEraseFaces } from './erase-faces.ts';
import { createErasePhoto } from './erase-photo.ts';
import { createMakeAlbums } from './make-albums.ts';
import { createMoveFaces } from './move-faces.ts';
import { createMovePhotos } from './move-photos.ts';
import { createPlacePhotos } from './place-photos.ts';
import { createRebuild } from './rebuild.ts';
import { openSession, type Session } from './session.ts';
import { createSetAside } from './set-aside.ts';
import { createShowClusters } from './show-clusters.ts';

/**
 * Applies a batch of one user's events, in order: the only writer of derived data. Throws where any could not be applied;
 * the whole batch may then be repeated, and what was applied stays applied once.
 */
export function createOrganize(deps: OrganizeDeps) {
  const show = createShowClusters(deps);
  const { placePhotos, placeAgain } = createPlacePhotos(deps, show);
  const erasePhoto = createErasePhoto(deps, show);
  const movePhotos = createMovePhotos(deps, show);
  const makeAlbums = createMakeAlbums(deps);
  const setAside = createSetAside(deps, show);
  const bringInLine = createBringInLine(deps, setAside);
  const rebuild = createRebuild(deps, { show, setAside });
  const bringWhole = async (batch: Batch): Promise<void> => {
    const given = await bringInLine(batch);
    if (given.length === 0) return;
    // Behind all the rest: it has killed this function before.
    const again: Batch = { ...batch, work: noWork() };
    await placeAgain(again, given);
    await bringInLine(again);
  };
  const applyPart = createApplyPlan(deps, { clusters: movePhotos, people: createMoveFaces(deps, bringWhole) });
  const eraseFaces = createEraseFaces(deps, bringWhole);

  return async function organize(userId: string, events: readonly OrganizeEvent[]): Promise<void> {
    let opened: Session | undefined;
    const session = async () => {
      opened ??= await openSession(deps, userId);
      return opened;
    };
    let batch: Batch = { userId, session, work: noWork() };
    /** What has been begun with photos one by one is finished, before an event that looks at all of them. */
    const finish = async () => {
      await bringWhole(batch);
      batch = { ...batch, work: noWork() };
    };
    for (const run of runs(events)) {
      switch (run.type) {
        case 'described':
          await placePhotos(batch, run.events);
          break;
        case 'removed':
          await erasePhoto(batch, run.event);
          break;
        case 'settled':
        case 'edited':
          batch.work.settling.add(run.event.image_id);
          break;
        case 'regrouped':
          await finish();
          await applyPart(batch, run.event);
          break;
        case 'faces_erased':
          await finish();
          await eraseFaces(batch, run.event);
          break;
        case 'review':
          await finish();
          await movePhotos.reviewCluster(batch, run.event);
          break;
        case 'named':
          await show.applyName(userId, run.event);
          break;
        case 'auto_albums':
          await finish();
          await makeAlbums(userId, run.event);
          break;
        case 'album_kept':
          await finish();
          await endKeeping(userId, run.event);
          break;
        case 'rebuild':
          await finish();
          await rebuild(batch, run.event);
          // It may have written what was read before.
          opened = undefined;
          break;
      }
    }
    await finish();
  };

  /** From now on an album that became manual shows what is on its photos' records. */
  async function endKeeping(userId: string, { album_id, job_id, images }: EventOf<'album_kept'>): Promise<void> {
    const album = await deps.albums.get(userId, album_id);
    if (album?.keeping?.job_id === job_id) await deps.albums.change(userId, album_id, { set: {}, remove: ['keeping'] });
    await deps.jobs.finish(userId, job_id, { images });
  }
}

type Run =
  | { type: 'described'; events: EventOf<'described'>[] }
  | { type: 'removed'; event: EventOf<'removed'> }
  | { type: 'settled'; event: EventOf<'settled'> }
  | { type: 'edited'; event: EventOf<'edited'> }
  | { type: 'regrouped'; event: EventOf<'regrouped'> }
  | { type: 'faces_erased'; event: EventOf<'faces_erased'> }
  | { type: 'review'; event: EventOf<'review'> }
  | { type: 'named'; event: EventOf<'named'> }
  | { type: 'auto_albums'; event: EventOf<'auto_albums'> }
  | { type: 'album_kept'; event: EventOf<'album_kept'> }
  | { type: 'rebuild'; event: EventOf<'rebuild'> };

/** Neighbouring `described` events together, all others one by one, in the order in which they came. */
function runs(events: readonly OrganizeEvent[]): Run[] {
  const all: Run[] = [];
  for (const event of events) {
    const previous = all.at(-1);
    if (event.type === 'described') {
      if (previous?.type === 'described') previous.events.push(event);
      else all.push({ type: 'described', events: [event] });
    } else {
      all.push({ type: event.type, event } as Run);
    }
  }
  return all;
}
