import { Duration } from 'aws-cdk-lib';
import { Dashboard, GraphWidget, type IMetric, PeriodOverride, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { Deployment } from '../shared/config.ts';
import type { NodeFunction } from './functions.ts';
import { concurrency, messages, ofApi, oldestMessage, own, stageTime } from './metrics.ts';
import type { Queues } from './queues.ts';

export interface DashboardProps {
  readonly settings: Deployment;
  readonly queues: Queues;
  readonly functions: readonly NodeFunction[];
  /** Those that people wait for. */
  readonly asked: readonly NodeFunction[];
}

/** The first three dashboards of an account are free as long as none draws more metrics than this. */
export const MOST_METRICS = 50;

const HEIGHT = 6;
const ROW = 24;

/** One page that answers what goes in, what comes out, what waits, what fails and what it costs. */
export function createDashboard(scope: Construct, id: string, props: DashboardProps): Dashboard {
  const { settings, functions, asked } = props;
  const queues = Object.entries(props.queues);
  const rows: [title: string, left: IMetric[], right?: IMetric[]][][] = [
    [
      [
        'Photos',
        (['PhotosDone', 'PhotosFailed', 'PhotosRejected', 'PhotosDuplicate', 'PhotosExpired'] as const).map((name) =>
          own(settings, name),
        ),
      ],
      [
        'From the upload to done: waiting, and then',
        (['WaitMilliseconds', 'PhotoMilliseconds'] as const).flatMap((name) =>
          [Stats.p(50), Stats.p(95)].map((statistic) =>
            own(settings, name, { statistic }).with({ label: `${name} ${statistic}` }),
          ),
        ),
      ],
      [
        'Stages, milliseconds',
        ['ingest', 'describe', 'faces', 'organize'].flatMap((stage) => [
          stageTime(settings, stage, Stats.p(50)),
          stageTime(settings, stage, Stats.p(95)),
        ]),
      ],
    ],
    [
      ['Oldest message, seconds', queues.map(([name, { queue }]) => oldestMessage(queue, name))],
      ['Waiting messages', queues.map(([name, { queue }]) => messages(queue, name))],
      ['Dead letters', queues.map(([name, { deadLetterQueue }]) => messages(deadLetterQueue, name))],
    ],
    [
      ['API: requests, and faults', [ofApi(settings, 'Count', Stats.SUM)], [ofApi(settings, '5XXError', Stats.SUM)]],
      ['API: milliseconds at the 95th percentile', [ofApi(settings, 'Latency', Stats.p(95))]],
      [
        'Azure OpenAI: calls and those turned away, and US dollars',
        [own(settings, 'AzureCalls'), own(settings, 'AzureThrottled')],
        [own(settings, 'AiSpendUsd')],
      ],
    ],
    [
      ['Errors', functions.map((each) => each.function.metricErrors({ statistic: Stats.SUM, label: each.node.id }))],
      ['Throttles', asked.map((each) => each.function.metricThrottles({ statistic: Stats.SUM, label: each.node.id }))],
      ['Functions running at once', [concurrency()]],
    ],
  ];
  const dashboard = new Dashboard(scope, id, {
    dashboardName: `shoebox-${settings.STAGE}`,
    periodOverride: PeriodOverride.AUTO,
    defaultInterval: Duration.hours(12),
  });
  for (const row of rows) {
    const size = { width: ROW / row.length, height: HEIGHT };
    dashboard.addWidgets(
      ...row.map(([title, left, right]) => new GraphWidget({ title, left, ...(right && { right }), ...size })),
    );
  }
  return dashboard;
}
