import type { StackMetrics } from '../stack.ts';
import { percentile } from '../statistics.ts';

const sum = (values: readonly number[] | undefined): number =>
  (values ?? []).reduce((total, value) => total + value, 0);
const rounded = (value: number): string => (Number.isNaN(value) ? '–' : String(Math.round(value)));

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
  const sections: { title: string; rows: string[][]; notes: string[] }[] = [
    {
      title: 'Photos',
      rows: outcomes.map((outcome) => [outcome.toLowerCase(), String(sum(of(`Photos${outcome}`)))]),
      notes: ['by the status in which they ended; one that is run again ends again'],
    },
    {
      title: 'Milliseconds',
      rows: [
        ['', 'count', 'p50', 'p95'],
        times('waiting', of('WaitMilliseconds')),
        ...['ingest', 'describe', 'faces', 'organize'].map((stage) =>
          times(stage, of(`StageMilliseconds stage=${stage}`)),
        ),
        times('whole photo', of('PhotoMilliseconds')),
      ],
      notes: [
        'p50, p95: half of them, and 95 in 100, took no longer',
        'waiting: from when S3 told of the bytes until ingest looked at them',
        'ingest … organize: the run that ended the stage; not those before it that died or were told to wait',
        'whole photo: from when ingest looked at it until it was done, with all waiting between stages',
      ],
    },
    {
      title: 'Azure OpenAI',
      rows: [
        ['calls', String(sum(of('AzureCalls')))],
        ['turned away', String(sum(of('AzureThrottled')))],
        ['US dollars', usd.toFixed(4)],
      ],
      notes: [
        'calls: all of them, however they ended',
        'turned away: of these, met 429, a fault, no answer or a wrong key; the photo waits and is asked for again',
        'US dollars: what answered calls cost at list prices, also where the local emulator answers for nothing',
      ],
    },
    {
      title: 'Queues',
      rows: [
        ['', 'waiting', 'dead', 'oldest, s'],
        ...Object.entries(queues).map(([name, { waiting, dead }]) => [
          name,
          String(waiting),
          String(dead),
          rounded(oldestSeconds[name] ?? 0),
        ]),
      ],
      notes: [
        'waiting: messages there now, with those that are delayed or worked on; dead: given up (npm run redrive)',
        'oldest, s: the greatest age a message had when its function received it, since the stack started',
      ],
    },
    {
      title: 'Functions',
      rows: [
        ['', 'runs', 'errors', 'p95 ms'],
        ...Object.entries(invocations).map(([name, { errors, durations }]) => [
          name,
          String(durations.length),
          String(errors),
          rounded(percentile(durations, 0.95)),
        ]),
      ],
      notes: [
        'runs: how often it was called; one run may take several messages, or find nothing left to do',
        'errors: runs that crashed, died or ran out of time; a message that merely failed comes again and is none',
      ],
    },
  ];
  return sections
    .map(({ title, rows, notes }) =>
      ['', title, ...table(rows).map((line) => `  ${line}`), ...notes.map((note) => `    ${note}`)].join('\n'),
    )
    .join('\n');
}
