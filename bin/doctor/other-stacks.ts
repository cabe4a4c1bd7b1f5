import { accessSync, constants, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/**
 * Data folders of other local stacks that run now, as a person may have meant one of them: those in the working directory, beside `data`, and
 * among the temporary folders, where the demo has its own.
 */
export function otherStacks(data: string): string[] {
  const own = resolve(data);
  const beside = [process.cwd(), dirname(own)].flatMap((folder) => foldersIn(folder).map((name) => join(folder, name)));
  const temporary = foldersIn(tmpdir()).filter((name) => name.startsWith('shoebox-'));
  const all = new Set([...beside, ...temporary.map((name) => join(tmpdir(), name, 'data'))]);
  return [...all].filter((folder) => folder !== own && runsOn(folder)).sort();
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? entry.name : []));
  } catch {
    return [];
  }
}

/** Whether a stack of this user has said there how it is reached, and its process is alive: one that was killed leaves its word behind. */
function runsOn(folder: string): boolean {
  try {
    accessSync(join(folder, 'connection.json'), constants.R_OK);
    return process.kill(Number.parseInt(readFileSync(join(folder, 'lock.pid'), 'utf8'), 10), 0);
  } catch {
    return false;
  }
}
