/** Wakes those who wait for messages when something in their queue changes. */
export interface Waiters {
  wake(queue: string): void;
  /** Resolves on the next wake of `queue`, at `deadline` (ms since the epoch), or when `signal` aborts. */
  wait(queue: string, deadline: number, signal: AbortSignal): Promise<void>;
  wakeAll(): void;
}

export function createWaiters(clock: () => Date): Waiters {
  const waiting = new Map<string, Set<() => void>>();
  const wake = (queue: string) => {
    for (const resume of [...(waiting.get(queue) ?? [])]) resume();
  };
  return {
    wake,
    wakeAll: () => {
      for (const queue of [...waiting.keys()]) wake(queue);
    },
    wait(queue, deadline, signal) {
      return new Promise((resolve) => {
        const ofQueue = waiting.get(queue) ?? new Set();
        waiting.set(queue, ofQueue);
        const resume = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', resume);
          ofQueue.delete(resume);
          resolve();
        };
        const timer = setTimeout(resume, Math.max(0, deadline - clock().getTime()));
        signal.addEventListener('abort', resume);
        ofQueue.add(resume);
        if (signal.aborted) resume();
      });
    },
  };
}
