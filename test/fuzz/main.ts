import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { seededRandom } from '../../shared/domain/clustering/random.ts';
import { sources } from './corpus.ts';
import { mutate, seedOf } from './mutate.ts';
import { HANGS_AFTER_SECONDS, type Result, renderReport } from './report.ts';
import { type Ending, startTarget } from './target.ts';

/**
 * Changes real files at random and has the ingest function read what comes of it: `npm run fuzz -- --files 200 --mutations 50`. With
 * `--results <file>` every ending is kept there, and a run that was broken off goes on where it was. `--replay <name>#<turn>` runs one
 * mutant, and `--save <file>` keeps its bytes.
 */

const TRIES = 3;

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '200' },
    mutations: { type: 'string', default: '50' },
    seed: { type: 'string', default: '1' },
    results: { type: 'string' },
    replay: { type: 'string' },
    save: { type: 'string' },
  },
});

const seed = Number(values.seed);
const files = await sources(Number(values.files));

function mutantOf(name: string, turn: number) {
  const random = seededRandom(seedOf(seed, name, turn));
  const other = files[Math.floor(random() * files.length)];
  const file = files.find((one) => one.name === name);
  if (!file || !other) throw new Error(`Expected one of the ${files.length} files, received ${name}`);
  return mutate(file.bytes, other.bytes, random);
}

function planned(): { name: string; turn: number }[] {
  const [, name = '', turn] = /^(.*)#(\d+)$/.exec(values.replay ?? '') ?? [];
  if (turn !== undefined) return [{ name, turn: Number(turn) }];
  // Each file once, then each again: a run that is broken off has seen all of them.
  return Array.from({ length: Number(values.mutations) }, (_, at) =>
    files.map((file) => ({ name: file.name, turn: at })),
  ).flat();
}

const results: Result[] =
  values.results && existsSync(values.results)
    ? readFileSync(values.results, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
    : [];
/** On a busy machine anything takes long now and then: what does is run again, and the shortest time counts. */
async function runOf(bytes: Buffer): Promise<Ending> {
  const endings: Ending[] = [];
  do {
    runs += 1;
    endings.push(await target.run(runs, bytes));
  } while (endings.length < TRIES && endings.every(({ bad, seconds }) => !bad && seconds > HANGS_AFTER_SECONDS));
  return endings.reduce((best, next) => (best.bad || best.seconds <= next.seconds ? best : next));
}

let runs = 0;
const before = new Set(results.map(({ mutant }) => mutant));
const left = planned().filter(({ name, turn }) => !before.has(`${name}#${turn}`));
const started = performance.now();
const target = await startTarget();
try {
  for (const [index, { name, turn }] of left.entries()) {
    const { bytes, how } = mutantOf(name, turn);
    if (values.save) writeFileSync(values.save, bytes);
    const ending = await runOf(bytes);
    const result: Result = { mutant: `${name}#${turn}`, how, bytes: bytes.length, ...ending };
    results.push(result);
    if (values.results) appendFileSync(values.results, `${JSON.stringify(result)}\n`);
    if (result.bad || result.seconds > HANGS_AFTER_SECONDS) console.log(JSON.stringify(result));
    else if ((index + 1) % 100 === 0) console.log(`${index + 1} of ${left.length} …`);
  }
} finally {
  await target.stop();
}
const run = { files: files.length, seed, minutes: (performance.now() - started) / 60_000 };
const { memoryMb } = target.definition;
console.log(renderReport(results, { ...run, peakMb: target.peakMb(), memoryMb }));
process.exitCode = results.some(({ bad, seconds }) => bad || seconds > HANGS_AFTER_SECONDS) ? 1 : 0;
