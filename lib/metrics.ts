import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Alias, IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Deployment } from '../shared/config.ts';
import { DEPLOYMENT, METRICS_NAMESPACE, type MetricName, STAGE, STAGE_METRIC } from '../shared/contract/metrics.ts';
import { API_STAGE, apiName } from './api.ts';

/** The metrics that the dashboard draws and the alarms watch, ours and AWS’s. */

const FIVE_MINUTES = Duration.minutes(5);

/** One of ours, summed unless it says otherwise. */
export function own(
  settings: Deployment,
  metricName: MetricName,
  more: { statistic?: string; period?: Duration } = {},
) {
  return new Metric({
    namespace: METRICS_NAMESPACE,
    metricName,
    dimensionsMap: { [DEPLOYMENT]: settings.STAGE },
    statistic: Stats.SUM,
    period: FIVE_MINUTES,
    label: metricName,
    ...more,
  });
}

/** How long a stage took, at a percentile. */
export function stageTime(settings: Deployment, stage: string, statistic: string): Metric {
  return new Metric({
    namespace: METRICS_NAMESPACE,
    metricName: STAGE_METRIC,
    dimensionsMap: { [DEPLOYMENT]: settings.STAGE, [STAGE]: stage },
    statistic,
    period: FIVE_MINUTES,
    label: `${stage} ${statistic}`,
  });
}

/** Of the API as a whole: these cost nothing, unlike those of each method. */
export function ofApi(settings: Deployment, metricName: string, statistic: string, period = FIVE_MINUTES): Metric {
  const dimensionsMap = { ApiName: apiName(settings), Stage: API_STAGE };
  return new Metric({ namespace: 'AWS/ApiGateway', metricName, dimensionsMap, statistic, period, label: metricName });
}

export const oldestMessage = (queue: IQueue, label: string): Metric =>
  queue.metricApproximateAgeOfOldestMessage({ statistic: Stats.MAXIMUM, period: FIVE_MINUTES, label });

export const messages = (queue: IQueue, label: string): Metric =>
  queue.metricApproximateNumberOfMessagesVisible({ statistic: Stats.MAXIMUM, period: FIVE_MINUTES, label });

/** By how many they have become more within five minutes: letters that are kept do not hide the next one. */
export const arrivals = (queue: IQueue, label: string): MathExpression =>
  new MathExpression({
    expression: 'DIFF(there)',
    usingMetrics: { there: messages(queue, label) },
    period: FIVE_MINUTES,
    label,
  });

/** Of all functions of the account: what its quota is compared with. */
export const concurrency = (): Metric =>
  new Metric({
    namespace: 'AWS/Lambda',
    metricName: 'ConcurrentExecutions',
    statistic: Stats.MAXIMUM,
    period: FIVE_MINUTES,
    label: 'all functions of the account',
  });

/** The sum of one metric of several things. */
export function sumOf(label: string, parts: readonly Metric[], period = FIVE_MINUTES): MathExpression {
  const usingMetrics = Object.fromEntries(parts.map((metric, index) => [`m${index}`, metric.with({ period })]));
  return new MathExpression({
    expression: `SUM([${Object.keys(usingMetrics).join(', ')}])`,
    usingMetrics,
    period,
    label,
  });
}

/** The highest of several functions’ durations, in per cent of what each may take. */
export function nearestToTimeout(functions: readonly { function: IFunction; seconds: number }[]): MathExpression {
  const period = Duration.minutes(15);
  const usingMetrics: Record<string, IMetric> = {};
  const shares = functions.map(({ function: fn, seconds }, index) => {
    usingMetrics[`m${index}`] = fn.metricDuration({ statistic: Stats.MAXIMUM, period });
    return `m${index} / ${seconds * 10}`;
  });
  return new MathExpression({ expression: `MAX([${shares.join(', ')}])`, usingMetrics, period, label: 'per cent' });
}

/**
 * How badly a release does, by the minute: of all requests those answered with 5xx, in per cent; or 100 for each crash of a version
 * that is being released, which is no matter of shares while it gets few requests.
 */
export function releaseFaults(settings: Deployment, live: readonly Alias[]): MathExpression {
  const period = Duration.minutes(1);
  const crashes = live.map((alias, index): [string, Metric] => [
    `m${index}`,
    alias.metricErrors({
      dimensionsMap: {
        FunctionName: alias.lambda.functionName,
        Resource: `${alias.lambda.functionName}:${alias.aliasName}`,
        ExecutedVersion: alias.version.version,
      },
      period,
    }),
  ]);
  return new MathExpression({
    expression: `MAX([100 * SUM([${crashes.map(([id]) => id).join(', ')}]), 100 * faults / requests])`,
    usingMetrics: {
      ...Object.fromEntries(crashes),
      faults: ofApi(settings, '5XXError', Stats.SUM, period),
      requests: ofApi(settings, 'Count', Stats.SUM, period),
    },
    period,
    label: 'per cent',
  });
}

/** `part` in per cent of `whole`; zero where `part` is below `least`. */
export function share(part: Metric, whole: Metric, { least, period }: { least: number; period: Duration }) {
  return new MathExpression({
    expression: `IF(part >= ${least}, 100 * part / whole, 0)`,
    usingMetrics: { part: part.with({ period }), whole: whole.with({ period }) },
    period,
    label: 'per cent',
  });
}
