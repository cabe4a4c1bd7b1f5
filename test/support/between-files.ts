import { afterAll, vi } from 'vitest';

// Metrics are lines among those a test prints; one that is about them takes this back.
process.env.POWERTOOLS_METRICS_DISABLED = 'true';

/** Files that share a process (see vitest.config.ts) find in it what a file of its own would: what one has replaced ends with it. */
afterAll(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.unstubAllEnvs();
});
