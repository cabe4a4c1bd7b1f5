import { existsSync } from 'node:fs';
import { makePhotos, PHOTOS } from '../ingest/photos.ts';
import { bundle, bundled } from '../runner/bundle.ts';
import { type Contender, CPU, type Goal, PEAK_MEMORY, type Suite, WALL } from '../runner/suite.ts';

/** As the function has it, and as sharp's manual advises wherever memory is glibc's. */
const MEMORY = { MALLOC_ARENA_MAX: '2' };
const PYTHON = '/usr/bin/python3';
const ours = (name: string, script: string, ...args: string[]): Contender => ({
  name,
  command: [process.execPath, bundled(`${script}.ts`), ...args],
  env: MEMORY,
});
const pillow = (name: string, way: string): Contender => ({
  name,
  command: [PYTHON, 'bench/contenders/ingest/pillow.py', PHOTOS, way],
  skip: pillowIsThere() ? undefined : 'needs Debian’s python3-pil (/usr/bin/python3 with PIL)',
});

function pillowIsThere(): boolean {
  return existsSync(PYTHON) && existsSync('/usr/lib/python3/dist-packages/PIL');
}

const CONTENDERS = ['whole', 'bare'].map((name) => `bench/contenders/ingest/${name}.ts`);
const INGEST = 'whole ingest';
const BARE = 'bare sharp';
const BARE_ONCE = 'bare sharp, decoding once';
const SERIAL = 'decoding and the large thumbnail alone';
const PILLOW = 'Pillow';
const PILLOW_BEST = 'Pillow at its best';
const PLACES = 'whole ingest, places too';

const goals: Goal[] = [
  { what: 'ingest of 12 MP JPEGs against bare sharp', measure: CPU, of: INGEST, against: BARE, most: 1.25 },
  { what: 'the same', measure: PEAK_MEMORY, of: INGEST, against: BARE, most: 1.5 },
  { what: 'the same against Pillow', measure: WALL, of: INGEST, against: PILLOW, least: 2 },
  { what: 'decoding and the large thumbnail alone, one after the other', measure: WALL, of: SERIAL, against: PILLOW },
  { what: 'the same against Pillow', measure: CPU, of: INGEST, against: PILLOW },
  { what: 'against bare sharp, decoding once', measure: CPU, of: INGEST, against: BARE_ONCE },
  { what: 'against bare sharp, decoding once', measure: PEAK_MEMORY, of: INGEST, against: BARE_ONCE },
  { what: 'against Pillow at its best', measure: WALL, of: INGEST, against: PILLOW_BEST },
];

/**
 * Everything that the ingest function does for sixteen photos of 12 megapixels but the network, against programs that make the two
 * thumbnails and nothing else. Goals are against what somebody writes after reading the manual: each thumbnail from the file, which both
 * libraries then decode at the smallest scale that will do. What somebody gets who measures and decodes only once is shown beside it.
 * What no order of work gets below is a row, too: each file decoded, and its large thumbnail encoded, one after the other.
 * The gazetteer, which a process loads once and not per photo, is a row of its own.
 */
export const suite: Suite = {
  name: 'ingest',
  title: 'Ingest of sixteen 12 MP JPEGs',
  contenders: [
    ours(INGEST, 'whole', PHOTOS),
    ours(BARE, 'bare', PHOTOS),
    ours(BARE_ONCE, 'bare', PHOTOS, 'once'),
    ours(SERIAL, 'bare', PHOTOS, 'serial'),
    pillow(PILLOW, 'manual'),
    pillow(PILLOW_BEST, 'best'),
    ours(PLACES, 'whole', PHOTOS, 'places'),
  ],
  measures: [CPU, WALL, PEAK_MEMORY],
  goals,
  prepare: async () => {
    await makePhotos();
    await bundle(...CONTENDERS);
  },
};
