import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * Opens (or makes) one SQLite file and applies `schema` (idempotent statements).
 * Write-ahead logging with `synchronous = NORMAL` keeps every committed write through a killed process; only a power
 * cut may take the last ones, which a laptop's emulator can afford.
 */
export function openDatabase(path: string, schema: string): DatabaseSync {
  mkdirSync(dirname(path), { recursive: true });
  const database = new DatabaseSync(path, { enableForeignKeyConstraints: true, timeout: 5000 });
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
  database.exec(schema);
  return database;
}

/** Runs `work` in one transaction; rolls back when it throws. `work` must be synchronous, so nothing interleaves. */
export function transaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

/**
 * Takes `directory` for this process alone, until the answered function is called or the process ends, however it ends
 * (the lock is the operating system's, on a file in the folder).
 * @throws Error naming the folder when another process has it
 */
export function lockDirectory(directory: string): () => void {
  mkdirSync(directory, { recursive: true });
  const database = new DatabaseSync(join(directory, 'lock'), { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    throw new Error(
      `The data folder ${directory} is in use by another local stack. Stop that one, or choose another folder.`,
      { cause: error },
    );
  }
  return () => database.close();
}
