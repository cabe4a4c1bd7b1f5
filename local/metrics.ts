/**
 * What CloudWatch would make of a run of the local stack: metrics from the lines in embedded metric format that functions write, errors and
 * durations from their invocations, ages from the messages that are received.
 */

/** One metric: its name and dimensions (`StageMilliseconds stage=ingest`) → every value, in the order in which they came. */
export type Values = ReadonlyMap<string, readonly number[]>;

export interface Collected {
  readonly own: Values;
  /** By function. */
  readonly invocations: Readonly<Record<string, { errors: number; durations: readonly number[] }>>;
  /** The highest age of a message when it was received, in seconds, by the function it was for. */
  readonly oldestSeconds: Readonly<Record<string, number>>;
}

export interface MetricsCollector {
  line(alias: string, text: string): void;
  ended(alias: string, how: { readonly ok: boolean; readonly ms: number }): void;
  received(alias: string, ageSeconds: number): void;
  collected(): Collected;
}

interface EmbeddedMetrics {
  _aws: { CloudWatchMetrics: { Dimensions: string[][]; Metrics: { Name: string }[] }[] };
  [name: string]: unknown;
}

/** All lines in embedded metric format hold this, and hardly any other does. */
const MARK = '"CloudWatchMetrics"';

/** The values in one line, named; empty for any line that is no metric. */
export function readEmbedded(text: string): [name: string, values: number[]][] {
  if (!text.startsWith('{') || !text.includes(MARK)) return [];
  const line = JSON.parse(text) as EmbeddedMetrics;
  return line._aws.CloudWatchMetrics.flatMap(({ Dimensions, Metrics }) =>
    Metrics.flatMap(({ Name }) =>
      Dimensions.map((dimensions): [string, number[]] => {
        // There is but one deployment here.
        const told = dimensions.filter((name) => name !== 'deployment').map((name) => ` ${name}=${line[name]}`);
        return [Name + told.join(''), [line[Name]].flat().map(Number)];
      }),
    ),
  );
}

export function createMetricsCollector(): MetricsCollector {
  const own = new Map<string, number[]>();
  const invocations: Record<string, { errors: number; durations: number[] }> = {};
  const oldestSeconds: Record<string, number> = {};
  return {
    line(_, text) {
      for (const [name, values] of readEmbedded(text)) {
        const known = own.get(name) ?? [];
        known.push(...values);
        own.set(name, known);
      }
    },
    ended(alias, { ok, ms }) {
      const known = invocations[alias] ?? { errors: 0, durations: [] };
      if (!ok) known.errors += 1;
      known.durations.push(ms);
      invocations[alias] = known;
    },
    received(alias, ageSeconds) {
      oldestSeconds[alias] = Math.max(oldestSeconds[alias] ?? 0, ageSeconds);
    },
    collected: () => ({ own, invocations, oldestSeconds }),
  };
}
