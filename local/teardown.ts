/** What was started so far, to be stopped in reverse. */
export function createTeardown() {
  const steps: (() => unknown)[] = [];
  return {
    add: (step: () => unknown) => void steps.push(step),
    async run() {
      for (const step of steps.splice(0).reverse()) await step();
    },
  };
}

export type Teardown = ReturnType<typeof createTeardown>;

/**
 * Starts everything at once; the answers come in the same order. When one fails, the others are waited for, so that whatever did
 * start is known to the teardown before it runs.
 */
export async function startAll<T extends readonly (() => Promise<unknown>)[]>(
  steps: readonly [...T],
): Promise<{ [K in keyof T]: Awaited<ReturnType<T[K]>> }> {
  const results = await Promise.allSettled(steps.map((step) => step()));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return results.map((result) => (result.status === 'fulfilled' ? result.value : undefined)) as {
    [K in keyof T]: Awaited<ReturnType<T[K]>>;
  };
}
