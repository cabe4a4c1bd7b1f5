import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { type Summary, summarize } from '../../local/statistics.ts';
import type { Contender, Figures, Goal, Suite } from './suite.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const ROUNDS = 5;
/** Longer than any contender takes on a slow machine: only against hanging. */
const MOST_MINUTES = 20;
/** So much of what a dead contender complained about is shown. */
const LAST_WORDS = 2_000;

/** What one round's contenders printed, by name. */
export type Round = Readonly<Record<string, Figures>>;

export interface Verdict {
  goal: Goal;
  /** Over the rounds; absent where a contender was skipped, or does not measure it. */
  measured?: Summary;
  /** `null` where it was not measured, or nothing was asked for. */
  met: boolean | null;
}

export interface Outcome {
  suite: Suite;
  rounds: readonly Round[];
  verdicts: readonly Verdict[];
}

/**
 * Runs a suite: every contender once a round, each in a fresh process, one after the other, the order turned round every other round (A B,
 * B A, A B …), so that what slows the machine down for a while slows all of them. Throws an `Error` that names suite and contender
 * where one dies, prints no figures or leaves out one that is to be shown. `progress` is told who runs next.
 */
export async function runSuite(
  suite: Suite,
  { rounds = suite.rounds ?? ROUNDS, progress = () => {} }: { rounds?: number; progress?: (text: string) => void } = {},
): Promise<Outcome> {
  const running = suite.contenders.filter(({ skip }) => skip === undefined);
  for (const { name, skip } of suite.contenders) if (skip !== undefined) progress(`SKIPPED ${name}: ${skip}`);
  checkNames(suite);
  await suite.prepare?.();
  const done: Round[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const figures: Record<string, Figures> = {};
    for (const contender of round % 2 === 0 ? running : running.toReversed()) {
      progress(`round ${round + 1} of ${rounds}: ${contender.name}`);
      figures[contender.name] = await runContender(suite, contender);
    }
    done.push(figures);
  }
  return { suite, rounds: done, verdicts: suite.goals.map((goal) => judge(goal, done)) };
}

function checkNames({ name, contenders, goals }: Suite): void {
  for (const needed of goals.flatMap(({ of, against }) => [of, against ?? of])) {
    if (!contenders.some((contender) => contender.name === needed)) {
      throw new Error(`${name}: a goal speaks of "${needed}", which is no contender.`);
    }
  }
}

async function runContender({ name: suite, measures }: Suite, { name, command, env }: Contender): Promise<Figures> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: MOST_MINUTES * 60_000,
    killSignal: 'SIGKILL',
  });
  const out: string[] = [];
  const complaints: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => out.push(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => complaints.push(text));
  const fail = (how: string) => new Error(`${suite}: ${name} ${how}\n${complaints.join('').slice(-LAST_WORDS)}`.trim());
  const { promise, resolve: ended, reject } = Promise.withResolvers<string | null>();
  child.on('error', (error) => reject(fail(`could not be started: ${error.message}`)));
  child.on('close', (code, signal) => ended(code === 0 ? null : `ended with ${signal ?? `exit code ${code}`}.`));
  const died = await promise;
  if (died) throw fail(died);
  const line = lastLine(out.join(''));
  const missing = measures.find(({ field }) => line[field] !== null && !Number.isFinite(line[field]));
  if (missing) throw fail(`printed no figure "${missing.field}" as its last line.`);
  return Object.fromEntries(
    Object.entries(line).filter((entry): entry is [string, number] => typeof entry[1] === 'number'),
  );
}

/** The last line, if that is JSON; a contender's libraries may have printed something before. */
function lastLine(out: string): Record<string, unknown> {
  try {
    return JSON.parse(out.trimEnd().split('\n').at(-1) ?? '') ?? {};
  } catch {
    return {};
  }
}

function judge(goal: Goal, rounds: readonly Round[]): Verdict {
  const values = rounds.map((round) => goalFigure(goal, round));
  if (values.length === 0 || values.includes(undefined)) return { goal, met: null };
  const measured = summarize(values.filter((value) => value !== undefined));
  if (goal.most === undefined && goal.least === undefined) return { goal, measured, met: null };
  const { most = Number.POSITIVE_INFINITY, least = Number.NEGATIVE_INFINITY } = goal;
  return { goal, measured, met: measured.median <= most && measured.median >= least };
}

function goalFigure({ measure: { field }, of, against, least }: Goal, round: Round): number | undefined {
  const own = round[of]?.[field];
  if (against === undefined) return own;
  const other = round[against]?.[field];
  if (own === undefined || other === undefined) return undefined;
  return least === undefined ? own / other : other / own;
}

/** A contender's figure over the rounds; `undefined` where it was skipped, or does not measure it. */
export function summaryOf({ rounds }: Outcome, contender: string, field: string): Summary | undefined {
  const values = rounds.map((round) => round[contender]?.[field]).filter((value) => value !== undefined);
  return values.length > 0 ? summarize(values) : undefined;
}
