/**
 * The metrics of our own, as CloudWatch knows them: functions emit them, the dashboard and the alarms read them. Each has the dimension
 * {@link DEPLOYMENT}, and no id of anybody: every combination of values is a metric that is paid for.
 */
export const METRICS_NAMESPACE = 'Shoebox';

/** The name of the deployment (`STAGE`). */
export const DEPLOYMENT = 'deployment';
/** `ingest`, `describe`, `faces` or `organize`: only of {@link STAGE_METRIC}. */
export const STAGE = 'stage';

/** Unit by name. */
export const METRICS = {
  /** Photos by the status in which they ended, each end once. */
  PhotosDone: 'Count',
  PhotosFailed: 'Count',
  PhotosRejected: 'Count',
  PhotosDuplicate: 'Count',
  PhotosExpired: 'Count',
  /** From the moment S3 told of a photo's bytes until ingest looked at them. */
  WaitMilliseconds: 'Milliseconds',
  /** From then until the photo was done. */
  PhotoMilliseconds: 'Milliseconds',
  /** Of the run that ended a stage, as on the photo's receipt. */
  StageMilliseconds: 'Milliseconds',
  /** Calls to Azure OpenAI, however they ended; those that lacked a key as well. */
  AzureCalls: 'Count',
  /** Those of them that were turned away (429), met a fault (5xx), got no answer, or met a wrong key, endpoint or deployment (401, 403, 404): photos wait. */
  AzureThrottled: 'Count',
  /** What answered calls cost at list prices. */
  AiSpendUsd: 'None',
} as const;
export type MetricName = keyof typeof METRICS;

export const STAGE_METRIC = 'StageMilliseconds' satisfies MetricName;
