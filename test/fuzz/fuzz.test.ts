import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { inspect } from '../../functions/ingest/inspect.ts';
import { readTold, seePicture } from '../../functions/ingest/picture.ts';
import { createTimeZones } from '../../shared/adapters/time-zones.ts';
import { seededRandom } from '../../shared/domain/clustering/random.ts';
import { framed, openFacePicture } from '../../shared/imaging/face-picture.ts';
import { RASTER_SIDE } from '../../shared/imaging/raster.ts';
import { UnacceptablePicture } from '../../shared/imaging/unacceptable.ts';
import { visualEmbedding } from '../../shared/imaging/visual-embedding.ts';
import { createLogger } from '../../shared/lambda/logger.ts';
import { imageRecord } from '../support/records.ts';
import { drawnSources, type Source } from './corpus.ts';
import { CHANGES, mutate, seedOf } from './mutate.ts';

/** A small part of `npm run fuzz`, in this process, on drawn pictures. */
const SEED = 1;
const TURNS = 8;
const HANGS_AFTER_MS = 10_000;

const telling = { places: { nearest: async () => null }, zones: createTimeZones() };
const logger = createLogger('fuzz', 'ERROR');

/** What ingest does with bytes, and the stages behind it that decode again. Answers `done`, or the code it is refused with. */
async function read(bytes: Uint8Array): Promise<string> {
  try {
    const { thumbnails } = await seePicture(bytes, await inspect(bytes, undefined));
    const { raw } = await readTold(telling, bytes, imageRecord('fuzz', 1), logger);
    expect(raw?.length ?? 0).toBeLessThanOrEqual(64 * 1024);
    expect(Math.max(thumbnails.medium.width, thumbnails.medium.height)).toBeLessThanOrEqual(RASTER_SIDE);
    expect((await visualEmbedding(thumbnails.medium.bytes)).every(Number.isFinite)).toBe(true);
    await openFacePicture(thumbnails.preview?.bytes ?? bytes).then(framed);
    return 'done';
  } catch (error) {
    if (!(error instanceof UnacceptablePicture)) throw error;
    return error.code;
  }
}

function mutantOf(files: readonly Source[], file: Source, turn: number) {
  const random = seededRandom(seedOf(SEED, file.name, turn));
  const other = files[Math.floor(random() * files.length)] ?? file;
  return mutate(file.bytes, other.bytes, random);
}

test('whatever is changed in a file, it is read or refused, soon, and nothing else happens', async () => {
  const files = await drawnSources(1);
  const ends = new Map<string, number>();
  const changes = new Set<string>();
  for (let turn = 0; turn < TURNS; turn += 1) {
    for (const file of files) {
      const { bytes, how } = mutantOf(files, file, turn);
      const started = performance.now();
      const end = await read(bytes).catch((error: Error) => {
        throw new Error(`${file.name}#${turn} (${how}): ${error.message}`, { cause: error });
      });
      expect(performance.now() - started, `${file.name}#${turn} (${how})`).toBeLessThan(HANGS_AFTER_MS);
      ends.set(end, (ends.get(end) ?? 0) + 1);
      for (const change of how.split(', ')) changes.add(change);
    }
  }
  // Both happen often, else the changes would be too coarse or too fine to find anything.
  expect(ends.get('done')).toBeGreaterThan(10);
  expect(ends.get('corrupt')).toBeGreaterThan(10);
  expect([...changes].sort()).toEqual(Object.keys(CHANGES).sort());
});

test('a mutant is made of its seed alone', async () => {
  const digest = async () => {
    const files = await drawnSources(1);
    const hash = createHash('sha256');
    for (const file of files) for (let turn = 0; turn < 5; turn += 1) hash.update(mutantOf(files, file, turn).bytes);
    return hash.digest('hex');
  };
  expect(await digest()).toBe(await digest());
});
