import { setTimeout as wait } from 'node:timers/promises';

/** What has not come for so long is asked for that much more seldom: asking takes processor time from what is waited for. */
const PART_OF_WAIT = 0.05;
const LONGEST_INTERVAL_MS = 500;

/**
 * Tries again and again until it does not throw; throws what it threw last once `timeout` ms are over. As vitest's, also outside a
 * test; but `interval`, in ms, is only the first one: it grows with the wait.
 */
export async function waitFor<T>(run: () => Promise<T>, { timeout, interval }: { timeout: number; interval: number }) {
  const since = performance.now();
  const until = since + timeout;
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (performance.now() >= until) throw error;
    }
    const waited = performance.now() - since;
    await wait(Math.max(interval, Math.min(waited * PART_OF_WAIT, LONGEST_INTERVAL_MS)));
  }
}
