import { LARGEST, makePhotos } from '../ingest/photos.ts';
import { bundle, bundled } from '../runner/bundle.ts';
import { CPU, PEAK_MEMORY, type Suite, WALL } from '../runner/suite.ts';

const WHOLE = 'bench/contenders/ingest/whole.ts';
const INGEST = 'whole ingest, places too';
/** What the function has (lib/pipeline.ts), in bytes. */
const MOST = 3008 * 2 ** 20;
const MEMORY = { MALLOC_ARENA_MAX: '2' };

/**
 * Memory for the largest JPEG that is accepted: nearly 50 MB and 100 megapixels, and progressive, so that its decoder has to hold the
 * coefficients of the whole picture.
 */
export const suite: Suite = {
  name: 'ingest-largest',
  title: 'Ingest of a progressive JPEG of 50 MB and 100 MP',
  contenders: [{ name: INGEST, command: [process.execPath, bundled(WHOLE), LARGEST, 'places'], env: MEMORY }],
  measures: [PEAK_MEMORY, CPU, WALL],
  goals: [{ what: 'ingest of a progressive JPEG of 50 MB and 100 MP', measure: PEAK_MEMORY, of: INGEST, most: MOST }],
  rounds: 3,
  prepare: async () => {
    await makePhotos();
    await bundle(WHOLE);
  },
};
