import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';

/** The log of one function, or of the gateway: one file, one line per entry, appended as they come. */
export interface LogFile {
  readonly path: string;
  /** Appends a line as it is. */
  line(text: string): void;
  /** Appends an entry of the platform's own, shaped like those of Lambda's JSON log format. */
  platform(type: string, record: object): void;
  close(): Promise<void>;
}

export function openLog(directory: string, name: string, clock: () => Date): LogFile {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, `${name}.log`);
  const file: WriteStream = createWriteStream(path, { flags: 'a' });
  const line = (text: string) => void file.write(`${text}\n`);
  return {
    path,
    line,
    platform: (type, record) => line(JSON.stringify({ time: clock().toISOString(), type: `platform.${type}`, record })),
    close: () => new Promise((resolve) => file.end(resolve)),
  };
}
