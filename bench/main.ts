/** `npm run bench`: the suites of `bench/suites`, contenders in fresh processes taking turns. */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readCommandLine, readWhole } from '../local/command-line.ts';
import { endOnSignals } from '../local/scratch.ts';
import { writeChart } from './runner/chart.ts';
import { busyMachine, machineFacts } from './runner/machine.ts';
import { renderReport } from './runner/report.ts';
import { type Outcome, runSuite } from './runner/run.ts';
import type { Suite } from './runner/suite.ts';

const SUITES = join(import.meta.dirname, 'suites');
const NAMES = readdirSync(SUITES)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => basename(file, '.ts'))
  .sort();

const USAGE = `npm run bench -- [SUITE…] [options]

Measures Shoebox beside others at the same work, each in fresh processes that take turns, and prints tables in Markdown. All suites
take an hour or so: name the ones wanted. Ends with 1 where a goal is missed, with 2 where a contender dies.

  SUITE…        ${NAMES.join(', ')}; the beginning of a name will do
  --rounds N    how often each contender runs (as the suite says, mostly 5)
  --json        all figures as JSON instead of tables
  --chart FILE  draw them there, as PNG
  --help        this text
`;

const { values, rounds, names } = readCommandLine(
  USAGE,
  {
    allowPositionals: true,
    options: { rounds: { type: 'string' }, json: { type: 'boolean' }, chart: { type: 'string' } },
  },
  ({ values, positionals }) => {
    const stranger = positionals.find((asked) => !NAMES.some((name) => name.startsWith(asked)));
    if (stranger !== undefined) {
      throw new RangeError(`No suite is called ${stranger}: there are ${NAMES.join(', ')}`);
    }
    return {
      values,
      rounds: values.rounds === undefined ? undefined : readWhole('rounds', values.rounds, 1),
      names: NAMES.filter((name) => positionals.length === 0 || positionals.some((asked) => name.startsWith(asked))),
    };
  },
);

async function main(): Promise<void> {
  const machine = machineFacts();
  const outcomes: Outcome[] = [];
  for (const name of names) {
    const { suite } = (await import(join(SUITES, `${name}.ts`))) as { suite: Suite };
    outcomes.push(
      await runSuite(suite, { ...(rounds && { rounds }), progress: (text) => console.error(`${suite.name}: ${text}`) }),
    );
  }
  console.log(
    values.json ? JSON.stringify({ machine, outcomes }, null, 2) : renderReport(outcomes, machine, busyMachine()),
  );
  if (values.chart) await writeChart(values.chart, outcomes, machine);
  if (outcomes.some(({ verdicts }) => verdicts.some(({ met }) => met === false))) process.exitCode = 1;
}

endOnSignals('Stopped.');
await main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 2;
});
