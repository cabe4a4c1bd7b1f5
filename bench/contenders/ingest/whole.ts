/**
 * The whole use case of the ingest function over every file of a folder, one photo after another as on Lambda: everything but the
 * network. The stores around it answer at once and keep nothing; the file is what the bucket holds. With `places` the photos' positions
 * are looked up too, as in the function, whose process loads the gazetteer once; else they lie nowhere.
 */
import { readdirSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createIngest, type IngestDeps } from '../../../functions/ingest/ingest.ts';
import { createPlaces } from '../../../shared/adapters/places.ts';
import { createTimeZones } from '../../../shared/adapters/time-zones.ts';
import { freshStages, type ImageRecord } from '../../../shared/domain/image.ts';
import { createLogger } from '../../../shared/lambda/logger.ts';
import { report } from '../../runner/contender.ts';

const [folder = '', way] = process.argv.slice(2);
const files = readdirSync(folder).sort();
const AT = '2026-01-01T12:00:00.000Z';

let current = '';
let record: ImageRecord;
let accepted = 0;
let thumbnailBytes = 0;

const images = {
  get: async () => record,
  beginIngest: async () => record,
  noteChecksum: async () => record,
  endStage: async (_key: unknown, _stage: string, _outcome: unknown, facts: Partial<ImageRecord>) => {
    const stages = { ...record.stages, ingest: { ...record.stages.ingest, state: 'done' } };
    record = { ...record, ...facts, stages } as ImageRecord;
    const { small, medium } = record.thumbnails ?? {};
    if (!small || !medium || !record.phash || !record.placeholder) throw new Error(`${current} was not read`);
    accepted += 1;
    thumbnailBytes += small.bytes + medium.bytes;
    return record;
  },
};
const objects = {
  bucket: 'bench',
  head: async () => ({ bytes: statSync(current).size, outdated: false }),
  read: () => readFile(current),
  write: async () => {},
  writeOnce: async () => true,
  remove: async () => {},
};
const nothing = async () => {};
const places = way === 'places' ? createPlaces() : { nearest: async () => null };

const ingest = createIngest({
  images,
  objects,
  checksums: { owner: async () => null, claim: async () => true, release: async () => true },
  edits: {},
  queues: { describe: nothing, faces: nothing, organize: nothing, restored: nothing },
  findsFaces: true,
  places,
  zones: createTimeZones(),
} as unknown as IngestDeps);
const logger = createLogger('ingest', 'ERROR');

await report(async () => {
  for (const [number, file] of files.entries()) {
    current = join(folder, file);
    const key = { userId: 'bench', imageId: `018d0000-0000-7000-8000-${String(number).padStart(12, '0')}` };
    const { size } = statSync(current);
    record = {
      user_id: key.userId,
      image_id: key.imageId,
      status: 'queued',
      generation: 0,
      stages: freshStages(),
      filename: file,
      display_name: file,
      expected: { content_type: 'image/jpeg', bytes: size },
      upload_expires_at: AT,
      created_at: AT,
      updated_at: AT,
    };
    await ingest(key, logger);
  }
  if (accepted !== files.length) throw new Error(`Expected ${files.length} photos accepted, got ${accepted}.`);
  return { photos: accepted, thumbnail_bytes: thumbnailBytes };
});
