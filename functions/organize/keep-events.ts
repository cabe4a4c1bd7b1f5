import { eventIdOf } from '../../shared/adapters/auto-albums.ts';
import type { Events } from '../../shared/adapters/events.ts';
import { addToEvents, removeFromEvents } from '../../shared/domain/albums/events.ts';
import type { IndexChange } from './index-change.ts';
import { createTimeline, type EventChanges } from './timeline.ts';

const TAKEN = 'TAKEN#';

/** Whether a list is the order of taking: written from the journal, so that it always agrees with the events. */
export const isTimeline = (list: string): boolean => list.startsWith(TAKEN);

/** What these changes of photos mean for their owner's events. Reads a few neighbours of each; writes nothing. `pass`: no two passes have the same number. */
export async function eventsAfter(
  userId: string,
  changes: readonly IndexChange[],
  events: Events,
  pass: number,
): Promise<EventChanges> {
  let made = 0;
  const timeline = createTimeline(userId, events, (start) => {
    made += 1;
    return eventIdOf(start, `${pass}:${made}`);
  });
  for (const { before, after, puts, deletes } of changes) {
    const came = puts.filter(({ list }) => isTimeline(list));
    // One that stays in its place, with another position, leaves and comes again.
    const left = [...deletes, ...came].filter(({ list }) => isTimeline(list) && before.lists[list] !== undefined);
    for (const { list } of left) await removeFromEvents(timeline, keyOf(list, after.image_id));
    for (const { list, lat, lon } of came) await addToEvents(timeline, { key: keyOf(list, after.image_id), lat, lon });
  }
  return timeline.changes();
}

const keyOf = (list: string, imageId: string) => `${list.slice(TAKEN.length)}#${imageId}`;
