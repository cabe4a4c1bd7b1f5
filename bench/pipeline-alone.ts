import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from '../functions/ingest/inspect.ts';
import { readTold, seePicture } from '../functions/ingest/picture.ts';
import { createPlaces } from '../shared/adapters/places.ts';
import { createTimeZones } from '../shared/adapters/time-zones.ts';
import type { ImageRecord } from '../shared/domain/image.ts';
import { createLogger } from '../shared/lambda/logger.ts';
import { meterCpu } from './runner/meter.ts';

/** What ingest does with the bytes of the pictures in a folder, and nothing else: forked by bench/pipeline.ts, answers by IPC. */
const [folder = ''] = process.argv.slice(2);
const deps = { places: createPlaces(), zones: createTimeZones() };
const logger = createLogger('bench', 'ERROR');
const record = { created_at: new Date().toISOString() } as ImageRecord;
const started = performance.now();
const cpu = meterCpu();
let images = 0;
for (const file of readdirSync(folder)) {
  const bytes = readFileSync(join(folder, file));
  try {
    const inspected = await inspect(bytes, createHash('sha256').update(bytes).digest('hex'));
    await seePicture(bytes, inspected);
    await readTold(deps, bytes, record, logger);
    images += 1;
  } catch {
    // Rejected by the stack as well.
  }
}
process.send?.({ images, cpu: cpu() / 1000, seconds: (performance.now() - started) / 1e3 });
