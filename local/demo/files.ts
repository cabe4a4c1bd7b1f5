import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

export interface FoundFile {
  path: string;
  /** Relative to the folder asked for, with `/`. */
  name: string;
  bytes: number;
}

/**
 * Every file below `folder`, in a stable order; hidden ones (`.DS_Store`) are left out. What is a picture is for the pipeline to
 * say, which looks at the bytes. Throws where `folder` is no folder.
 */
export async function findFiles(folder: string): Promise<FoundFile[]> {
  const info = await stat(folder).catch(() => null);
  if (!info?.isDirectory())
    throw new Error(`Expected a folder of pictures, but ${folder} ${info ? 'is a file' : 'does not exist'}.`);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files: FoundFile[] = [];
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path).split(sep).join('/');
    if (!entry.isFile() || name.split('/').some((part) => part.startsWith('.'))) continue;
    files.push({ path, name, bytes: (await stat(path)).size });
  }
  return files.sort((a, b) => (a.name < b.name ? -1 : 1));
}
