import type { Summary } from '../../local/statistics.ts';
import { amount, goalText } from './report.ts';
import { type Outcome, summaryOf } from './run.ts';
import type { Goal, Measure } from './suite.ts';
import { colorAt, drawing, MARGIN, rectangle, text, WIDTH, writePng } from './svg.ts';

const LABELS = 290;
const FIGURES = 210;
const BAR = 20;
const ROW = 30;
const GOAL_COLOR = '#c0392b';

interface Bar {
  name: string;
  color: string;
  /** Absent where it was skipped. */
  summary?: Summary;
  /** Where the bar must end before (`most`) or behind (`least`), and what that is called. */
  goals: { at: number; text: string; met: boolean | null }[];
}

/** Draws what was measured as an SVG: of each suite a group of bars for each figure that a goal is about, whiskers from min to max, goals dashed. */
export function drawChart(outcomes: readonly Outcome[], machine: string): string {
  let y = MARGIN + 44;
  const parts = [
    text(MARGIN, y - 22, 'Shoebox bench', { size: 22, bold: true }),
    text(MARGIN, y, machine, { faint: true }),
  ];
  for (const outcome of outcomes) {
    y += 44;
    parts.push(text(MARGIN, y, outcome.suite.title, { size: 17, bold: true }));
    for (const measure of charted(outcome)) {
      y += 26;
      parts.push(
        text(MARGIN, y, `${measure.title}, ${measure.unit}; median of ${outcome.rounds.length}, min to max`, {
          faint: true,
        }),
      );
      y += 10;
      const bars = barsOf(outcome, measure);
      parts.push(...drawBars(bars, measure, y));
      y += bars.length * ROW;
      for (const { name, goals } of bars) {
        for (const { text: says, met } of goals) {
          y += 18;
          const verdict = met === null ? 'not measured' : met ? 'met' : 'NOT met';
          parts.push(text(MARGIN + LABELS, y, `┆ goal of ${name}: ${says} – ${verdict}`, { color: GOAL_COLOR }));
        }
      }
    }
  }
  return drawing(y + MARGIN, parts);
}

/** Writes the chart as a PNG file. */
export async function writeChart(file: string, outcomes: readonly Outcome[], machine: string): Promise<void> {
  await writePng(file, drawChart(outcomes, machine));
}

/** What goals are about; where there are none, the first figure. */
function charted({ suite: { goals, measures } }: Outcome): Measure[] {
  const about = measures.filter(({ field }) =>
    goals.some(({ measure, most, least }) => measure.field === field && (most ?? least) !== undefined),
  );
  return about.length > 0 ? about : measures.slice(0, 1);
}

function barsOf(outcome: Outcome, { field }: Measure): Bar[] {
  return outcome.suite.contenders.map(({ name }, index) => {
    const summary = summaryOf(outcome, name, field);
    const goals = outcome.verdicts
      .filter(({ goal }) => goal.of === name && goal.measure.field === field)
      .flatMap(({ goal, met }) => {
        const at = goalAt(outcome, goal);
        return at === undefined ? [] : [{ at, text: goalText(goal), met }];
      });
    return { name, color: colorAt(index), goals, ...(summary && { summary }) };
  });
}

/** Where on the axis of its figure a goal lies. */
function goalAt(outcome: Outcome, { against, measure: { field }, most, least }: Goal): number | undefined {
  if (against === undefined) return most ?? least;
  if (most === undefined && least === undefined) return undefined;
  const other = summaryOf(outcome, against, field)?.median;
  if (other === undefined) return undefined;
  return least === undefined ? other * (most ?? 1) : other / least;
}

function drawBars(bars: readonly Bar[], { per = 1, unit }: Measure, top: number): string[] {
  const largest = Math.max(...bars.flatMap(({ summary, goals }) => [summary?.max ?? 0, ...goals.map(({ at }) => at)]));
  const scale = (WIDTH - 2 * MARGIN - LABELS - FIGURES) / (largest || 1);
  const x = (value: number) => MARGIN + LABELS + value * scale;
  return bars.flatMap(({ name, color, summary, goals }, index) => {
    const y = top + index * ROW;
    const middle = y + BAR / 2;
    const label = text(MARGIN + LABELS - 10, middle + 5, name, { end: true });
    if (!summary) return [label, text(x(0), middle + 5, 'skipped', { faint: true })];
    const { median, min, max } = summary;
    const end = Math.max(x(max), ...goals.map(({ at }) => x(at))) + 10;
    return [
      label,
      rectangle(x(0), y, Math.max(median * scale, 1), BAR, color),
      line(x(min), middle, x(max), middle, '#222222'),
      ...[min, max].map((value) => line(x(value), middle - 5, x(value), middle + 5, '#222222')),
      ...goals.map(({ at }) => line(x(at), y - 4, x(at), y + BAR + 4, GOAL_COLOR, '4 3')),
      text(end, middle + 5, `${amount(median / per)} ${unit}`),
    ];
  });
}

function line(x1: number, y1: number, x2: number, y2: number, color: string, dashes = 'none'): string {
  const width = dashes === 'none' ? 1.5 : 2.5;
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${color}" stroke-width="${width}" stroke-dasharray="${dashes}"/>`;
}
