import type { StackMetrics } from '../stack.ts';

/** The value that `share` of the values do not exceed (nearest rank); `undefined` of none. */
function percentile(values: readonly number[], share: number): number | undefined {
  return [...values].sort((a, b) => a - b)[Math.max(0, Math.ceil(share * values.length) - 1)];
}

const sum = (values: readonly number[] | undefined): number =>
  (values ?? []).reduce((total, value) => total + value, 0);
const rounded = (value: number | undefined): string => (value === undefined ? '–' : String(Math.round(value)));

/** Columns as wide as they need to be, numbers to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
}

/** What the dashboard would show of a run, as text. */
export function metricsReport({ own, invocations, queues, oldestSeconds }: StackMetrics): string {
  const of = (name: string) => own.get(name) ?? [];
  const times = (name: string, values: readonly number[]) => [
    name,
    String(values.length),
    rounded(percentile(values, 0.5)),
    rounded(percentile(values, 0.95)),
  ];
  const outcomes = ['Done', 'Failed', 'Rejected', 'Duplicate', 'Expired'];
  const usd = sum(of('AiSpendUsd'));
  const sections: [title: string, rows: string[][]][] = [
    ['Photos', outcomes.map((outcome) => [outcome.toLowerCase(), String(sum(of(`Photos${outcome}`)))])],
    [
      'Milliseconds',
      [
        ['', 'count', 'p50', 'p95'],
        times('waiting', of('WaitMilliseconds')),
        ...['ingest', 'describe', 'faces', 'organize'].map((stage) =>
          times(stage, of(`StageMilliseconds stage=${stage}`)),
        ),
        times('whole photo', of('PhotoMilliseconds')),
      ],
    ],
    [
      'Azure OpenAI',
      [
        ['calls', String(sum(of('AzureCalls')))],
        ['turned away', String(sum(of('AzureThrottled')))],
        ['US dollars', usd.toFixed(4)],
      ],
    ],
    [
      'Queues',
      [
        ['', 'waiting', 'dead', 'oldest, s'],
        ...Object.entries(queues).map(([name, { waiting, dead }]) => [
          name,
          String(waiting),
          String(dead),
          rounded(oldestSeconds[name] ?? 0),
        ]),
      ],
    ],
    [
      'Functions',
      [
        ['', 'runs', 'errors', 'p95 ms'],
        ...Object.entries(invocations).map(([name, { errors, durations }]) => [
          name,
          String(durations.length),
          String(errors),
          rounded(percentile(durations, 0.95)),
        ]),
      ],
    ],
  ];
  return sections.map(([title, rows]) => ['', title, ...table(rows).map((line) => `  ${line}`)].join('\n')).join('\n');
}
