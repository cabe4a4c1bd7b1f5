import { newUuid } from '../../shared/adapters/ids.ts';

const Real = Date;
/** Early in a month, so that none ends by itself. */
const START = Real.parse('2026-03-02T10:00:00.000Z');

/**
 * Puts a clock of its own in the place of this process's: it stands still but for {@link advance}. `skew` answers by how many milliseconds
 * whoever asks goes wrong. For good: the process is the harness's own.
 */
export function installTime(skew: () => number) {
  let now = START;
  class WorldDate extends Real {
    constructor(...given: unknown[]) {
      super(...((given.length === 0 ? [now + skew()] : given) as [number]));
    }
    static override now(): number {
      return now + skew();
    }
    static override [Symbol.hasInstance](value: unknown): boolean {
      return value instanceof Real;
    }
  }
  globalThis.Date = WorldDate as DateConstructor;
  return {
    now: () => now,
    advance(milliseconds: number): void {
      now += milliseconds;
    },
    restart(): void {
      now = START;
    },
  };
}
export type Time = ReturnType<typeof installTime>;

/**
 * UUIDs of a process grow, whatever its clock says: what is made after time was turned back would name the latest moment ever seen. A moment
 * that is later than any, and from then on earlier than any, makes them begin anew.
 */
export function forgetIds(): void {
  const { now } = Date;
  let looks = 0;
  const moment = {
    valueOf() {
      looks += 1;
      return looks === 1 ? Number.POSITIVE_INFINITY : 0;
    },
  };
  Date.now = () => moment as unknown as number;
  newUuid();
  Date.now = now;
}
