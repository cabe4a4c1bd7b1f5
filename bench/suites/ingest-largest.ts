import { LARGEST, makePhotos } from '../ingest/photos.ts';
import { CPU, PEAK_MEMORY, type Suite, WALL } from '../runner/suite.ts';

const INGEST = 'whole ingest, places too';
/** What the function has (lib/pipeline.ts), in bytes. */
const MEMORY = 3008 * 2 ** 20;

/** Memory for the largest picture that is accepted: nearly 50 MB and 100 megapixels. */
export const suite: Suite = {
  name: 'ingest-largest',
  title: 'Ingest of a JPEG of 50 MB and 100 MP',
  contenders: [{ name: INGEST, command: [process.execPath, 'bench/contenders/ingest/whole.ts', LARGEST, 'places'] }],
  measures: [PEAK_MEMORY, CPU, WALL],
  goals: [{ what: 'ingest of a JPEG of 50 MB and 100 MP', measure: PEAK_MEMORY, of: INGEST, most: MEMORY }],
  rounds: 3,
  prepare: makePhotos,
};
