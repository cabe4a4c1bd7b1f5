import type { Ending } from './target.ts';

export interface Result extends Ending {
  /** `name#turn`: what `--replay` takes. */
  mutant: string;
  /** What was done to the file. */
  how: string;
  bytes: number;
}

interface Run {
  files: number;
  seed: number;
  minutes: number;
  peakMb: number;
  memoryMb: number;
}

const SLOWEST = 5;
export const HANGS_AFTER_SECONDS = 10;

/** The numbers of a fuzz run, as text. */
export function renderReport(results: readonly Result[], run: Run): string {
  const counts = [...Map.groupBy(results, ({ end }) => end)].map(([end, { length }]) => [end, length] as const);
  const by = (seconds: 'seconds' | 'cpuSeconds') => results.toSorted((a, b) => b[seconds] - a[seconds]);
  const bad = results.filter((result) => result.bad);
  const hangs = results.filter(({ seconds }) => seconds > HANGS_AFTER_SECONDS);
  const line = ({ mutant, seconds, cpuSeconds, how, end }: Result) =>
    `  ${seconds.toFixed(1)} s (${cpuSeconds.toFixed(1)} s computing)  ${mutant}  ${how}  → ${end}`;
  return [
    `${results.length} mutants of ${run.files} files, seed ${run.seed}, ${run.minutes.toFixed(1)} minutes`,
    ...counts.sort((a, b) => b[1] - a[1]).map(([end, count]) => `  ${String(count).padStart(6)}  ${end}`),
    `crashes, errors and deviations: ${bad.length}`,
    ...bad.map(line),
    `longer than ${HANGS_AFTER_SECONDS} s: ${hangs.length}; the slowest by the clock, and by computing:`,
    ...by('seconds').slice(0, SLOWEST).map(line),
    ...by('cpuSeconds').slice(0, SLOWEST).map(line),
    `most memory: ${run.peakMb} MB of the function's ${run.memoryMb} MB`,
  ].join('\n');
}
