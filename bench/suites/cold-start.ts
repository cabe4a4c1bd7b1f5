import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleFolders, FUNCTIONS } from '../bundles.ts';
import { type Contender, CPU, type Suite, WALL } from '../runner/suite.ts';
import { FUNCTION_SETTINGS } from '../settings.ts';

const ROOT = join(import.meta.dirname, '../..');
const EMPTY = join(ROOT, 'node_modules/.cache/shoebox/empty-handler');
mkdirSync(EMPTY, { recursive: true });
writeFileSync(join(EMPTY, 'handler.mjs'), 'export const handler = async () => {};\n');

/** All modules; maps and files that are no code are left out. */
const codeBytes = (folder: string) =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.mjs'))
    .reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);

function contender(name: string, folder: string, ...args: string[]): Contender {
  return {
    name,
    command: [process.execPath, 'bench/contenders/cold-start.ts', join(folder, 'handler.mjs'), ...args],
    env: {
      ...FUNCTION_SETTINGS,
      // As deployed, but for the layer.
      NODE_OPTIONS: '--enable-source-maps',
      NODE_PATH: join(ROOT, 'node_modules'),
      NODE_COMPILE_CACHE: '',
      CODE_BYTES: String(codeBytes(folder)),
    },
  };
}

const folders = bundleFolders();
const folderOf = (name: string) => folders.get(name) ?? '';

export const suite: Suite = {
  name: 'cold-start',
  title: 'cold start: import of the bundled handler to ready, fresh process, source maps on, no compile cache',
  contenders: [
    contender('an empty handler', EMPTY),
    ...FUNCTIONS.map((name) => contender(name, folderOf(name))),
    contender('api, first page of 100 images answered', folderOf('api'), 'page'),
  ],
  measures: [WALL, CPU, { field: 'code_bytes', title: 'code', unit: 'kB', per: 1000 }],
  // Of processor time on a core here: wall time depends on what else runs, and 1,024 MB of Lambda are 0.58 of a core.
  goals: (['authorizer', 'api'] as const).map((of) => ({
    what: `cold start of ${of} (an empty handler takes under 3 ms)`,
    measure: CPU,
    of,
    most: 150,
  })),
};
