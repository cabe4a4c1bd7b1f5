import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { quickenReads } from '../../../local/emulators/dynamodb-store.ts';

interface Level {
  open(): Promise<void>;
  put(key: string, value: string): Promise<void>;
  values(range: object): { nextv(most: number): Promise<unknown[]> };
  createValueStream(range: object): Readable;
  close(): Promise<void>;
}

// CommonJS without types.
const { create } = (() => {
  quickenReads();
  return createRequire(import.meta.url)('dynalite/db') as { create(options: object): { readonly db: Level } };
})();

test('a query that stops early lets go of what it read from: LevelDB keeps everything that was written since for it', async () => {
  const { db } = create({});
  await db.open();
  for (let key = 0; key < 300; key += 1) await db.put(`t~${String(key).padStart(3, '0')}`, `"${key}"`);
  const { values } = db;
  let reading: ReturnType<typeof values> | undefined;
  db.values = (range) => {
    reading = values.call(db, range);
    return reading;
  };
  const stream = db.createValueStream({});
  await once(stream, 'data');
  stream.destroy();
  await once(stream, 'close');
  await expect(reading?.nextv(1)).rejects.toThrow(/not open/i);
  await db.close();
});
