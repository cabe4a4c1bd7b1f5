import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // End-to-end suites start a whole stack each; two cores carry two at a time.
    maxWorkers: 2,
    // Only against hanging: no test waits for time to pass, but a busy machine may be many times slower.
    testTimeout: 120_000,
    hookTimeout: 240_000,
  },
});
