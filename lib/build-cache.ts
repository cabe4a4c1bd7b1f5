import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const REPOSITORY = resolve(import.meta.dirname, '..');

/** Where builds are kept between syntheses. `npm ci` empties it. */
export const BUILD_CACHE = join(REPOSITORY, 'node_modules', '.cache', 'shoebox');

const KEPT_UNUSED_MS = 24 * 60 * 60_000;

/**
 * The folder `<cache>/<kind>-<key>`, filled by `build` unless an earlier synthesis did. `key` must tell apart whatever changes
 * the result. The folder appears whole or not at all, also when two syntheses build it at once; others of its kind go when
 * nobody has used them for a day.
 */
export function buildOnce(cache: string, kind: string, key: string, build: (draft: string) => void): string {
  const finished = join(cache, `${kind}-${key}`);
  if (!existsSync(finished)) {
    mkdirSync(cache, { recursive: true });
    const draft = mkdtempSync(join(cache, 'draft-'));
    try {
      build(draft);
      keepFirst(draft, finished);
    } finally {
      rmSync(draft, { recursive: true, force: true });
    }
    removeUnused(cache, `${kind}-`);
  }
  const now = new Date();
  utimesSync(finished, now, now);
  return finished;
}

/** The second of two to finish uses what the first left. */
function keepFirst(draft: string, finished: string): void {
  try {
    renameSync(draft, finished);
  } catch (error) {
    if (!existsSync(finished)) throw error;
  }
}

function removeUnused(cache: string, prefix: string): void {
  for (const name of readdirSync(cache).filter((entry) => entry.startsWith(prefix))) {
    const folder = join(cache, name);
    const used = statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (Date.now() - used > KEPT_UNUSED_MS) rmSync(folder, { recursive: true, force: true });
  }
}
