import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawChart, writeChart } from '../../bench/runner/chart.ts';
import { busyMachine } from '../../bench/runner/machine.ts';
import { renderReport } from '../../bench/runner/report.ts';
import { type Outcome, runSuite } from '../../bench/runner/run.ts';
import { type Contender, CPU, type Goal, PEAK_MEMORY, type Suite } from '../../bench/runner/suite.ts';

const folder = mkdtempSync(join(tmpdir(), 'bench-runner-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Notes its name, and prints the CPU time of its turn: one of the list after another. */
const FAKE = `
  const { appendFileSync, readFileSync } = require('node:fs');
  const [log, name, times] = process.argv.slice(1);
  appendFileSync(log, name + ' ' + process.pid + '\\n');
  const turn = readFileSync(log, 'utf8').split('\\n').filter((line) => line.startsWith(name + ' ')).length - 1;
  console.log('a library says hello');
  console.log(JSON.stringify({ cpu_ms: JSON.parse(times)[turn], peak_rss_bytes: 5_000_000 }));
`;
const fake = (log: string, name: string, times: number[]): Contender => ({
  name,
  command: [process.execPath, '-e', FAKE, join(folder, log), name, JSON.stringify(times)],
});
const script = (name: string, code: string): Contender => ({ name, command: [process.execPath, '-e', code] });
const suiteOf = (contenders: Contender[], goals: Goal[] = []): Suite => ({
  name: 'fakes',
  title: 'Fakes <at work>',
  contenders,
  measures: [CPU, PEAK_MEMORY],
  goals,
});

const GOALS: Goal[] = [
  { what: 'ours against theirs', measure: CPU, of: 'ours', against: 'theirs', most: 1.25 },
  { what: 'ours, faster', measure: CPU, of: 'ours', against: 'theirs', least: 1.5 },
  { what: 'ours alone', measure: PEAK_MEMORY, of: 'ours', most: 4_000_000 },
];

describe('three rounds of two contenders', () => {
  let outcome: Outcome;
  beforeAll(async () => {
    const contenders = [fake('turns', 'ours', [10, 30, 21]), fake('turns', 'theirs', [20, 40, 20])];
    outcome = await runSuite(suiteOf(contenders, GOALS), { rounds: 3 });
  });

  it('runs them in turns, the order turned round every other round, each time in a process of its own', () => {
    const turns = readFileSync(join(folder, 'turns'), 'utf8').trim().split('\n');
    expect(turns.map((turn) => turn.split(' ')[0])).toEqual(['ours', 'theirs', 'theirs', 'ours', 'ours', 'theirs']);
    expect(new Set(turns).size).toBe(6);
  });

  it('judges by the median of the ratios within a round, not by the ratio of medians', () => {
    const [most, least, alone] = outcome.verdicts;
    expect(most).toMatchObject({ met: true, measured: { median: 0.75, min: 0.5, max: 1.05 } });
    expect(least?.measured?.median).toBeCloseTo(4 / 3);
    expect([least?.met, alone?.met]).toEqual([false, false]);
  });

  it('says so in tables', () => {
    const lines = renderReport([outcome], 'a machine').split('\n');
    expect(lines).toContain('| ours against theirs | ≤ 1.25 × the CPU time of theirs | 0.75 (0.5 – 1.05) × | yes |');
    expect(lines).toContain('| ours alone | peak memory ≤ 4 MB | 5 (5 – 5) MB | **no** |');
    expect(lines).toContain('| ours | 21 (10 – 30) | 5 (5 – 5) |');
  });

  it('draws them: bars to scale, goals where they lie, words from outside escaped', async () => {
    const svg = drawChart([outcome], 'a machine');
    const widths = [...svg.matchAll(/width="([\d.]+)" height="20"/g)].map(([, width]) => Number(width));
    expect(widths[1]! / widths[0]!).toBeCloseTo(20 / 21);
    expect(svg).toContain('Fakes &#60;at work&#62;');
    expect(svg.match(/stroke-dasharray="4 3"/g)).toHaveLength(3);
    const file = join(folder, 'chart.png');
    await writeChart(file, [outcome], 'a machine');
    expect(readFileSync(file).subarray(1, 4).toString()).toBe('PNG');
  });
});

it('compares without judging where nothing is asked for', async () => {
  const goals: Goal[] = [{ what: 'beside theirs', measure: CPU, of: 'ours', against: 'theirs' }];
  const contenders = [fake('beside', 'ours', [30]), fake('beside', 'theirs', [20])];
  const outcome = await runSuite(suiteOf(contenders, goals), { rounds: 1 });
  expect(outcome.verdicts[0]).toMatchObject({ met: null, measured: { median: 1.5 } });
  expect(renderReport([outcome], '')).toContain('| beside theirs | (CPU time) | 1.5 (1.5 – 1.5) × | – |');
});

it('shows – for what a contender says it does not measure, = where both bounds are one, and one round as such', async () => {
  const goals: Goal[] = [
    { what: 'the same', measure: PEAK_MEMORY, of: 'ours', least: 3_000_000, most: 3_000_000 },
    { what: 'no figure of theirs', measure: CPU, of: 'ours', most: 1 },
  ];
  const ours = script('ours', 'console.log(`{"cpu_ms":null,"peak_rss_bytes":3000000}`)');
  const outcome = await runSuite(suiteOf([ours], goals), { rounds: 1 });
  const said = renderReport([outcome], '', 'The machine was busy.');
  expect(said).toContain('| the same | peak memory = 3 MB | 3 (3 – 3) MB | yes |');
  expect(said).toContain('| no figure of theirs | CPU time ≤ 1 ms | – | not measured |');
  expect(said).toContain('| ours | – | 3 (3 – 3) |');
  expect(said).toContain('(1 round; median');
  expect(said).not.toContain('busy');
});

it('says of a busy machine that it was, where a goal is missed', async () => {
  const goals: Goal[] = [{ what: 'ours', measure: CPU, of: 'ours', most: 5 }];
  const outcome = await runSuite(suiteOf([fake('busy', 'ours', [10])], goals), { rounds: 1 });
  const busy = busyMachine(7.5, 2);
  expect(busy).toMatch(/^The machine was busy \(load 7\.5 on 2 cores\)/);
  expect(busyMachine(2, 2)).toBeUndefined();
  expect(renderReport([outcome], 'a machine', busy)).toContain(busy);
});

it('takes the mean of the two in the middle of an even number of rounds', async () => {
  const goals: Goal[] = [{ what: 'ours', measure: CPU, of: 'ours', most: 15 }];
  const { verdicts } = await runSuite(suiteOf([fake('even', 'ours', [10, 20])], goals), { rounds: 2 });
  expect(verdicts[0]).toMatchObject({ met: true, measured: { median: 15 } });
});

it('leaves out who cannot take part, loudly, and calls what it was needed for not measured', async () => {
  const said: string[] = [];
  const theirs = { ...fake('skipped', 'theirs', []), skip: 'is not installed' };
  const suite = suiteOf([fake('skipped', 'ours', [10]), theirs], GOALS);
  const outcome = await runSuite(suite, { rounds: 1, progress: (text) => said.push(text) });
  expect(said).toContain('SKIPPED theirs: is not installed');
  expect(outcome.verdicts.map(({ met }) => met)).toEqual([null, null, false]);
  expect(renderReport([outcome], '')).toMatch(/\| theirs \| – \| – \| skipped: is not installed \|/);
  expect(drawChart([outcome], '')).toContain('>skipped<');
});

it.each<[string, Contender, RegExp]>([
  [
    'dies',
    script('ours', 'console.error("no memory left"); process.exit(3)'),
    /^fakes: ours .*exit code 3\.\nno memory/,
  ],
  ['is killed', script('ours', 'process.kill(process.pid, "SIGKILL")'), /^fakes: ours ended with SIGKILL/],
  ['prints nothing', script('ours', ''), /^fakes: ours printed no figure "cpu_ms"/],
  [
    'leaves a figure out',
    script('ours', 'console.log(`{"cpu_ms":1}`)'),
    /^fakes: ours printed no figure "peak_rss_bytes"/,
  ],
  ['is not there', { name: 'ours', command: ['/nowhere/ours'] }, /^fakes: ours could not be started/],
])('ends with an error that says who and why where one %s', async (_, contender, message) => {
  await expect(runSuite(suiteOf([contender]), { rounds: 1 })).rejects.toThrow(message);
});

it('refuses a goal for nobody', async () => {
  const goals: Goal[] = [{ what: 'ours', measure: CPU, of: 'somebody', most: 1 }];
  await expect(runSuite(suiteOf([], goals))).rejects.toThrow('"somebody", which is no contender');
});
