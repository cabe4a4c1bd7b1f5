import { afterAll, vi } from 'vitest';

/** Files that share a process (see vitest.config.ts) find in it what a file of its own would: what one has replaced ends with it. */
afterAll(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
});
