/**
 * `npm run bench [-- NAME… --rounds N --json --chart FILE.png]`: the suites of `bench/suites`, or those named (or whose names begin
 * so), contenders in fresh processes taking turns. Prints tables in Markdown, or all figures as JSON. Ends with 1 where a goal is
 * missed, 2 where a contender dies.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeChart } from './runner/chart.ts';
import { machineFacts } from './runner/machine.ts';
import { renderReport } from './runner/report.ts';
import { type Outcome, runSuite } from './runner/run.ts';
import type { Suite } from './runner/suite.ts';

const SUITES = join(import.meta.dirname, 'suites');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string' }, json: { type: 'boolean' }, chart: { type: 'string' } },
});

async function chosenSuites(): Promise<Suite[]> {
  const files = (await readdir(SUITES)).filter((file) => file.endsWith('.ts')).sort();
  const suites: Suite[] = [];
  for (const file of files) suites.push(((await import(join(SUITES, file))) as { suite: Suite }).suite);
  const stranger = positionals.find((name) => !suites.some((suite) => suite.name.startsWith(name)));
  if (stranger)
    throw new Error(`No suite is called ${stranger}: there are ${suites.map(({ name }) => name).join(', ')}.`);
  return positionals.length > 0
    ? suites.filter((suite) => positionals.some((name) => suite.name.startsWith(name)))
    : suites;
}

function roundsAsked(): { rounds?: number } {
  if (values.rounds === undefined) return {};
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a whole number from 1.');
  return { rounds };
}

async function main(): Promise<void> {
  const machine = machineFacts();
  const asked = roundsAsked();
  const outcomes: Outcome[] = [];
  for (const suite of await chosenSuites()) {
    outcomes.push(await runSuite(suite, { ...asked, progress: (text) => console.error(`${suite.name}: ${text}`) }));
  }
  console.log(values.json ? JSON.stringify({ machine, outcomes }, null, 2) : renderReport(outcomes, machine));
  if (values.chart) await writeChart(values.chart, outcomes, machine);
  if (outcomes.some(({ verdicts }) => verdicts.some(({ met }) => met === false))) process.exitCode = 1;
}

await main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 2;
});
