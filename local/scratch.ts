import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder of this process's own among the temporary ones, its name beginning with `prefix`; gone when the process ends by itself. */
export function openScratch(prefix: string): string {
  const folder = mkdtempSync(join(tmpdir(), prefix));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

/**
 * Ends the process on a signal as `process.exit` does, so that what is to be tidied up when it ends is. Says so where `words` are given,
 * and calls `last`, which cannot wait for anything.
 */
export function endOnSignals(words?: string, last?: () => void): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => {
      if (words) process.stderr.write(`${words}\n`);
      last?.();
      process.exit(130);
    });
  }
}
