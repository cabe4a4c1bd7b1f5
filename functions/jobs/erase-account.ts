import type { Departures } from '../../shared/adapters/departures.ts';
import type { Clock } from '../../shared/adapters/ids.ts';

/** One kind of what is kept of somebody. */
export interface ErasingStep {
  name: string;
  /** Erases what there is, or some of it: answers whether there may be more. May be repeated, and finds nothing then. */
  erase: (userId: string) => Promise<boolean>;
}

export interface EraseAccountDeps {
  departures: Departures;
  /** In the order in which they are taken. */
  steps: readonly ErasingStep[];
  clock: Clock;
  /** No step is begun, or gone on with, when a run has taken so many milliseconds. */
  runMs: number;
}

/**
 * Milliseconds after an account was deleted by which nothing that began before can still write: an upload form lives an hour, a
 * function a quarter of one, and what dies half-way has been delivered again. Then is looked for the last time.
 */
const LAST_LOOK_MS = 2 * 3_600_000;

/**
 * Erases everything of an account that was deleted, step by step. Nothing is noted on the way: what is gone is not found again, so a
 * run that dies is simply repeated from the start. It ends with a look that began when nothing could come after it. Answers `more`
 * where the rest is left to the next run. Where somebody has asked for another look meanwhile, that is sweep's to begin: messages
 * that come late do so in numbers, and one look, minutes later, is for all of them.
 */
export function createEraseAccount({ departures, steps, clock, runMs }: EraseAccountDeps) {
  return async function run(userId: string): Promise<'ended' | 'more'> {
    const begun = clock().getTime();
    const departure = await departures.get(userId);
    // A repeated message, or one that comes when all has been done.
    if (!departure?.since || Date.parse(departure.since) > begun) return 'ended';
    await departures.touch(userId);
    for (const { erase } of steps) {
      for (let more = true; more; ) {
        if (clock().getTime() - begun >= runMs) return 'more';
        more = await erase(userId);
      }
    }
    const seen = (await departures.get(userId)) ?? departure;
    const last = Date.parse(departure.deleted_at) + LAST_LOOK_MS;
    await departures.settle(userId, { ...seen, asked: departure.asked ?? 0 }, begun < last ? new Date(last) : null);
    return 'ended';
  };
}
