import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Deployment } from '../shared/config.ts';
import type { NodeFunction } from './functions.ts';
import {
  arrivals,
  messages,
  nearestToTimeout,
  ofApi,
  oldestMessage,
  own,
  releaseFaults,
  share,
  sumOf,
} from './metrics.ts';
import { CONSUMER_TIMEOUTS, type QueueName, type Queues } from './queues.ts';
import { API_TIMEOUT, type WebFunctions } from './web-functions.ts';

/** What the runbook of `docs/operations.md` calls each alarm; a test holds the two together. */
type Runbook =
  | 'Oldest message'
  | 'Dead letters'
  | 'Function errors'
  | 'API faults'
  | 'Throttled functions'
  | 'Near timeout'
  | 'Azure OpenAI turns calls away'
  | 'AI spend'
  | 'Sweep does not run'
  | 'Release';

interface Watch {
  readonly runbook: Runbook;
  /** One sentence: what has happened. */
  readonly says: string;
  readonly metric: IMetric;
  /** It goes off from here on. */
  readonly from: number;
  /** So many periods of the last so many. */
  readonly periods?: readonly [bad: number, of: number];
  /** It goes off below `from` instead, or where nothing is reported. */
  readonly absence?: true;
}

export interface AlarmsProps {
  readonly settings: Deployment;
  readonly topic: ITopic;
  readonly queues: Queues;
  readonly web: WebFunctions;
  /** All that work on photos, by name. */
  readonly workers: Readonly<Partial<Record<QueueName, NodeFunction>>>;
  readonly sweep: NodeFunction;
}

/**
 * How old a message may become. Photos wait for Azure with their messages in the queue, and an account is erased by one that comes back
 * for more than two hours.
 */
const OLDEST: Readonly<Record<QueueName, Duration>> = {
  ingest: Duration.minutes(15),
  faces: Duration.minutes(30),
  organize: Duration.minutes(15),
  describe: Duration.hours(1),
  jobs: Duration.hours(6),
};

/** Watches the stack. An idle stack reports next to nothing, and nothing reported is no fault, but of sweep. */
export class Alarms extends Construct {
  /** Of the functions behind the API: what takes a release back. */
  readonly release: Alarm;
  private readonly settings: Deployment;
  private readonly topic: ITopic;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.settings = props.settings;
    this.topic = props.topic;
    this.watchQueues(props);
    this.watchFunctions(props);
    this.watchApi(props);
    this.watchAzure(props);
    this.release = this.watchReleases(props);
  }

  private watch(name: string, { runbook, says, metric, from, periods: [bad, of] = [1, 1], absence }: Watch): Alarm {
    const below = ComparisonOperator.LESS_THAN_THRESHOLD;
    const alarm = new Alarm(this, name, {
      alarmName: `shoebox-${this.settings.STAGE}-${name}`,
      alarmDescription: `${says} Runbook: docs/operations.md, “Alarm: ${runbook}”.`,
      metric,
      threshold: from,
      comparisonOperator: absence ? below : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: of,
      datapointsToAlarm: bad,
      treatMissingData: absence ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    });
    const action = new SnsAction(this.topic);
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
    return alarm;
  }

  private watchQueues({ queues }: AlarmsProps): void {
    for (const [name, { queue, deadLetterQueue }] of Object.entries(queues)) {
      const oldest = OLDEST[name as QueueName];
      this.watch(`oldest-${name}`, {
        runbook: 'Oldest message',
        says: `A message has waited in the queue ${name} for more than ${oldest.toMinutes()} minutes.`,
        metric: oldestMessage(queue, name),
        from: oldest.toSeconds(),
        periods: [2, 2],
      });
      // Sweep empties the others; those of ingest are kept for days, and must not hide the next.
      const kept = name === 'ingest';
      this.watch(`dead-${name}`, {
        runbook: 'Dead letters',
        says: kept
          ? `Messages have come into the dead-letter queue of ${name}.`
          : `There are messages in the dead-letter queue of ${name}.`,
        metric: kept ? arrivals(deadLetterQueue, name) : messages(deadLetterQueue, name),
        from: 1,
        ...(kept && { periods: [1, 3] as const }),
      });
    }
  }

  private watchFunctions({ web, workers, sweep }: AlarmsProps): void {
    const asked = [web.authorizer, web.api, web.media];
    const all = [...asked, ...Object.values(workers), sweep];
    const quarter = Duration.minutes(15);
    this.watch('function-errors', {
      runbook: 'Function errors',
      says: 'Functions crashed or ran out of time at least five times in a quarter of an hour.',
      metric: sumOf(
        'errors',
        all.map(({ function: fn }) => fn.metricErrors()),
        quarter,
      ),
      from: 5,
    });
    // Those that work on queues are kept below their share of the quota, and a message refused comes back by itself.
    this.watch('throttles', {
      runbook: 'Throttled functions',
      says: 'Functions that people wait for were refused at least five times in five minutes.',
      metric: sumOf(
        'throttles',
        asked.map(({ function: fn }) => fn.metricThrottles()),
      ),
      from: 5,
    });
    const timed = (['ingest', 'describe', 'faces', 'organize'] as const).flatMap((name) => {
      const worker = workers[name];
      return worker ? [{ function: worker.function, seconds: CONSUMER_TIMEOUTS[name].toSeconds() }] : [];
    });
    // Jobs and sweep use their time up by design, and media streams for as long as a slow client reads.
    this.watch('near-timeout', {
      runbook: 'Near timeout',
      says: 'A function has again and again taken more than 80 % of the time it may.',
      metric: nearestToTimeout([...timed, { function: web.api.function, seconds: API_TIMEOUT.toSeconds() }]),
      from: 80,
      periods: [2, 3],
    });
    this.watch('sweep-absent', {
      runbook: 'Sweep does not run',
      says: 'Sweep has not run for 20 minutes: work that got stuck stays stuck.',
      metric: sweep.function.metricInvocations({ period: Duration.minutes(5), statistic: Stats.SUM }),
      from: 1,
      periods: [4, 4],
      absence: true,
    });
  }

  private watchApi({ settings }: AlarmsProps): void {
    const faults = ofApi(settings, '5XXError', Stats.SUM);
    this.watch('api-faults', {
      runbook: 'API faults',
      says: 'More than 2 % of requests, and three at least, were answered with 5xx in five minutes.',
      metric: share(faults, ofApi(settings, 'Count', Stats.SUM), { least: 3, period: Duration.minutes(5) }),
      from: 2,
    });
  }

  private watchAzure({ settings }: AlarmsProps): void {
    // Photos knock ever more rarely while it is away, once an hour in the end: only the share of calls tells.
    this.watch('azure-throttled', {
      runbook: 'Azure OpenAI turns calls away',
      says: 'Half of the calls to Azure OpenAI within an hour were turned away, not answered, or lacked a right setting.',
      metric: share(own(settings, 'AzureThrottled'), own(settings, 'AzureCalls'), {
        least: 1,
        period: Duration.hours(1),
      }),
      from: 50,
    });
    this.watch('ai-spend', {
      runbook: 'AI spend',
      says: `Azure OpenAI has cost ${settings.ALARM_AI_USD_PER_DAY} US dollars within a day.`,
      metric: own(settings, 'AiSpendUsd', { period: Duration.days(1) }),
      from: settings.ALARM_AI_USD_PER_DAY,
    });
  }

  /**
   * By the minute, so that a release is taken back while most requests still go to the one before: a release that always fails spoils a
   * tenth of the requests at first, or the only one there is. On for five minutes, so that nobody who looks in misses it.
   */
  private watchReleases({ settings, web }: AlarmsProps): Alarm {
    return this.watch('release', {
      runbook: 'Release',
      says: 'A new version behind the API crashed, or more than 5 % of a minute’s requests were answered with 5xx.',
      metric: releaseFaults(settings, Object.values(web.live)),
      from: 5,
      periods: [1, 5],
    });
  }
}
