import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Object bodies as files, named by ids of ours (never by keys, which may be hostile). */
export interface Blobs {
  /** Where to write a body that is still arriving. */
  incoming(): string;
  /** Takes an arrived file over; answers its id. */
  adopt(path: string): string;
  path(id: string): string;
  remove(id: string): void;
}

/** Opens the blob folder; what a killed process left half-written, or wrote but never entered, is removed. */
export function openBlobs(directory: string, newId: () => string, known: (id: string) => boolean): Blobs {
  const incoming = join(directory, 'incoming');
  const blobs = join(directory, 'blobs');
  rmSync(incoming, { recursive: true, force: true });
  mkdirSync(incoming, { recursive: true });
  mkdirSync(blobs, { recursive: true });
  const path = (id: string) => join(blobs, id.slice(-2), id);
  for (const folder of readdirSync(blobs)) {
    for (const id of readdirSync(join(blobs, folder))) if (!known(id)) rmSync(join(blobs, folder, id));
  }
  return {
    path,
    incoming: () => join(incoming, newId()),
    adopt(from) {
      const id = newId();
      mkdirSync(dirname(path(id)), { recursive: true });
      renameSync(from, path(id));
      return id;
    },
    remove: (id) => rmSync(path(id), { force: true }),
  };
}
