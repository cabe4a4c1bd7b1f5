import { setTimeout as wait } from 'node:timers/promises';

/** Tries again and again until it does not throw; throws what it threw last once `timeout` ms are over. As vitest's, also outside a test. */
export async function waitFor<T>(run: () => Promise<T>, { timeout, interval }: { timeout: number; interval: number }) {
  const until = performance.now() + timeout;
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (performance.now() >= until) throw error;
    }
    await wait(interval);
  }
}
