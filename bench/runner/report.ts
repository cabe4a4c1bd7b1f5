import type { Summary } from '../../local/statistics.ts';
import { type Outcome, summaryOf, type Verdict } from './run.ts';
import type { Goal, Measure } from './suite.ts';

/** What was found as Markdown: a table of the goals, then of each suite what was measured. Where a goal is missed `busy` is said, too. */
export function renderReport(outcomes: readonly Outcome[], machine: string, busy?: string): string {
  const rows = outcomes.flatMap(({ verdicts }) => verdicts).map(verdictRow);
  const goals = table(['what', 'goal', 'median (min – max)', 'met'], rows);
  const missed = outcomes.some(({ verdicts }) => verdicts.some(({ met }) => met === false));
  const excuse = missed && busy ? [busy] : [];
  return [`Measured on ${machine}.`, goals, ...excuse, ...outcomes.map(renderFigures)].join('\n\n');
}

function verdictRow({ goal, measured, met }: Verdict): string[] {
  const { per = 1, unit } = goal.measure;
  const figure = (value: number) => (goal.against === undefined ? amount(value / per) : amount(value));
  const result = measured ? `${spread(measured, figure)} ${goal.against === undefined ? unit : '×'}` : '–';
  return [goal.what, goalText(goal), result, verdictText({ goal, met })];
}

export function verdictText({ goal: { most, least }, met }: Pick<Verdict, 'goal' | 'met'>): string {
  if (most === undefined && least === undefined) return '–';
  return met === null ? 'not measured' : met ? 'yes' : '**no**';
}

/** "≤ 1.25 × the CPU time of theirs", "≥ 50 × as fast as theirs by CPU time", "CPU time ≤ 15 ms". */
export function goalText({ measure: { title, unit, per = 1 }, against, most, least }: Goal): string {
  if (most === undefined && least === undefined) return `(${title})`;
  if (against === undefined) {
    if (least !== undefined && least === most) return `${title} = ${amount(least / per)} ${unit}`;
    const bounds = [
      ...(least === undefined ? [] : [`≥ ${amount(least / per)} ${unit}`]),
      ...(most === undefined ? [] : [`≤ ${amount(most / per)} ${unit}`]),
    ];
    return `${title} ${bounds.join(', ')}`;
  }
  return least === undefined
    ? `≤ ${amount(most ?? 0)} × the ${title} of ${against}`
    : `≥ ${amount(least)} × as fast as ${against} by ${title}`;
}

function renderFigures(outcome: Outcome): string {
  const { title, contenders, measures } = outcome.suite;
  const rows = contenders.map(({ name, skip }) => [
    name,
    ...measures.map((measure) => {
      const summary = summaryOf(outcome, name, measure.field);
      return summary ? spread(summary, (value) => amount(value / (measure.per ?? 1))) : '–';
    }),
    ...(contenders.some((contender) => contender.skip) ? [skip ? `skipped: ${skip}` : ''] : []),
  ]);
  const rounds = `${outcome.rounds.length} ${outcome.rounds.length === 1 ? 'round' : 'rounds'}`;
  const heads = measures.map(headOf);
  const remarks = contenders.some((contender) => contender.skip) ? ['remark'] : [];
  return `**${title}** (${rounds}; median, min – max)\n\n${table(['contender', ...heads, ...remarks], rows)}`;
}

const headOf = ({ title, unit }: Measure) => `${title} (${unit})`;

function spread({ median, min, max }: Summary, figure: (value: number) => string): string {
  return `${figure(median)} (${figure(min)} – ${figure(max)})`;
}

/** Three digits that count, thousands apart. */
export function amount(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return Math.abs(value) >= 0.1 || value === 0
    ? value.toLocaleString('en-US', { maximumFractionDigits: digits })
    : value.toPrecision(2);
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  return [heads, heads.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
