import { defineConfig } from 'vitest/config';

/** They hold whole stacks, or models of a hundred megabytes: what they leave behind goes with their process. */
const ALONE = ['test/e2e/**/*.test.ts', 'test/faces/**/*.test.ts', 'test/local/emulators/azure/**/*.test.ts'];

export default defineConfig({
  test: {
    // End-to-end suites start a whole stack each; two cores carry two at a time.
    maxWorkers: 2,
    // Only against hanging: no test waits for time to pass, but a busy machine may be many times slower.
    testTimeout: 120_000,
    hookTimeout: 240_000,
    projects: [
      { extends: true, test: { name: 'alone', include: ALONE } },
      // A process, the AWS SDK and the CDK anew for each file would be a third of all processor time.
      {
        extends: true,
        test: {
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: ALONE,
          isolate: false,
          setupFiles: ['test/support/between-files.ts'],
        },
      },
    ],
  },
});
