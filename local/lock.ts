import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Another local stack uses the data folder. */
export class AlreadyRunning extends Error {
  override name = 'AlreadyRunning';
}

/** SQLite's SQLITE_BUSY. */
const BUSY = 5;
const LOCK = 'lock.db';
/** Says which process has it. */
const NOTE = 'lock.pid';

/**
 * Takes the data folder for this process. The lock is the operating system's, on a SQLite file: it ends with the process however
 * that ends, so nothing is ever left to clean up. Throws `AlreadyRunning`.
 * @returns a function that gives the folder back
 */
export function lockDataFolder(dataDir: string): () => void {
  mkdirSync(dataDir, { recursive: true });
  const release = hold(dataDir);
  writeFileSync(join(dataDir, NOTE), `${process.pid}\n`);
  return release;
}

/** Throws `AlreadyRunning` where a local stack uses the data folder. Makes nothing in it. */
export function assertFree(dataDir: string): void {
  if (existsSync(join(dataDir, LOCK))) hold(dataDir)();
}

function hold(dataDir: string): () => void {
  const database = new DatabaseSync(join(dataDir, LOCK), { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
    return () => database.close();
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode !== BUSY) throw error;
    const pid = readFileSync(join(dataDir, NOTE), 'utf8').trim();
    throw new AlreadyRunning(
      `A local stack already runs on ${dataDir} (process ${pid}). Stop it, or choose another --data folder.`,
    );
  }
}
