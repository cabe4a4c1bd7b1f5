/**
 * What a suite of the bench is. Put one into `bench/suites/NAME.ts` as `export const suite: Suite`, and what its contenders run into
 * `bench/contenders/`: a contender is a process that does the work once and prints its figures as one line of JSON
 * (`report` in contender.ts does so for ours).
 */

export interface Contender {
  name: string;
  /** Program and arguments of a fresh process; its working directory is the repository. */
  command: readonly string[];
  /** Added to the environment. */
  env?: Readonly<Record<string, string>>;
  /** Why it cannot take part here. Said in the report; the goals it is needed for count as not measured. */
  skip?: string | undefined;
}

/** What a contender printed: `cpu_ms`, `wall_ms`, `peak_rss_bytes` and figures of its own. One that it printed as `null`, because it does not measure it, is left out. */
export type Figures = Readonly<Record<string, number>>;

/** A figure that is shown: its name in the contender's line, and how to write it. */
export interface Measure {
  field: string;
  title: string;
  unit: string;
  /** What a figure is divided by to be in that unit; 1 unless given. */
  per?: number;
}

export const CPU: Measure = { field: 'cpu_ms', title: 'CPU time', unit: 'ms' };
export const WALL: Measure = { field: 'wall_ms', title: 'time', unit: 'ms' };
export const PEAK_MEMORY: Measure = { field: 'peak_rss_bytes', title: 'peak memory', unit: 'MB', per: 1_000_000 };

/**
 * What must hold. Without `against`: the figure itself is bounded, in its contender's raw unit. With it: `most` bounds how many times the
 * other's figure it may be, `least` how many times the other's figure must be this one's (times as fast). The ratio is taken in each
 * round, between two runs that were neighbours; its median counts. Without a bound it is a comparison that is shown, the ratio of this
 * one's figure to the other's.
 */
export interface Goal {
  /** Completes the row: "whole ingest against a bare sharp loop". */
  what: string;
  measure: Measure;
  of: string;
  against?: string;
  most?: number;
  least?: number;
}

export interface Suite {
  name: string;
  title: string;
  contenders: readonly Contender[];
  measures: readonly Measure[];
  goals: readonly Goal[];
  /** How often each contender runs unless told otherwise; 5 unless given. */
  rounds?: number;
  /** Makes what the contenders read. May answer at once where it is there. */
  prepare?: () => Promise<void>;
}
