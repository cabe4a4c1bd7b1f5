import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { readCommandLine, readWhole } from '../../local/command-line.ts';
import { seededRandom } from '../../shared/domain/clustering/random.ts';
import { sources } from './corpus.ts';
import { mutate, seedOf } from './mutate.ts';
import { HANGS_AFTER_SECONDS, type Result, renderReport } from './report.ts';
import { type Ending, startTarget } from './target.ts';

const USAGE = `npm run fuzz -- [options]

Changes real files at random and has the ingest function read what comes of it. Ends with 1 if any ends badly
or takes too long.

  --files N       so many files, of all formats (200)
  --mutations N   mutants of each (50)
  --seed N        of the changes (1)
  --results FILE  every ending is kept there, and a run that was broken off goes on where it was
  --replay NAME#N one mutant only, as a report names it
  --save FILE     keep the bytes of a mutant there
  --help          this text
`;

const TRIES = 3;

const { values, asked } = readCommandLine(
  USAGE,
  {
    options: {
      files: { type: 'string', default: '200' },
      mutations: { type: 'string', default: '50' },
      seed: { type: 'string', default: '1' },
      results: { type: 'string' },
      replay: { type: 'string' },
      save: { type: 'string' },
    },
  },
  ({ values }) => ({
    values,
    asked: {
      files: readWhole('files', values.files, 1),
      mutations: readWhole('mutations', values.mutations, 1),
      seed: readWhole('seed', values.seed, 0),
      replay: values.replay === undefined ? undefined : mutantNamed(values.replay),
    },
  }),
);

/** Throws `RangeError` for what is no name of a mutant. */
function mutantNamed(replay: string): { name: string; turn: number } {
  const [, name, turn] = /^(.+)#(\d+)$/.exec(replay) ?? [];
  if (name && turn) return { name, turn: Number(turn) };
  throw new RangeError(`--replay: expected a file's name, # and a number, received "${replay}"`);
}

const { seed } = asked;
const files = await sources(asked.files);

function mutantOf(name: string, turn: number) {
  const random = seededRandom(seedOf(seed, name, turn));
  const other = files[Math.floor(random() * files.length)];
  const file = files.find((one) => one.name === name);
  if (!file || !other) throw new Error(`Expected one of the ${files.length} files, received ${name}`);
  return mutate(file.bytes, other.bytes, random);
}

function planned(): { name: string; turn: number }[] {
  if (asked.replay) return [asked.replay];
  // Each file once, then each again: a run that is broken off has seen all of them.
  return Array.from({ length: asked.mutations }, (_, at) =>
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
