/** An event that has waited for so long stands in a line. Less is what a cold start and the queue's own delivery take. */
const LINE_MS = 3_000;
/** For so long a process that has seen a line takes it to be there. */
const REMEMBERED_MS = 60_000;

/**
 * What one process knows of the line before ingest. Of a line that is worked on, only the first have waited: judged one by one, those
 * behind them would be read in the order in which they came, as soon as the line is just that long.
 */
export function createLine() {
  let until = Number.NEGATIVE_INFINITY;
  return {
    /** Whether there is a line, as far as can be told from a message that waited from `sentAt` until now, and from those before it. */
    isThere(sentAt: Date, now: Date): boolean {
      const at = now.getTime();
      if (at - sentAt.getTime() > LINE_MS) until = at + REMEMBERED_MS;
      return at < until;
    },
  };
}
