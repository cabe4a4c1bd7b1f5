import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { AzureObserver } from '../adapters/azure-openai.ts';
import type { ImageObserver } from '../adapters/images.ts';
import { DEPLOYMENT, METRICS, METRICS_NAMESPACE, type MetricName, STAGE } from '../contract/metrics.ts';
import type { ImageStatus } from '../domain/image.ts';

/** Tells CloudWatch what happens, one line of its embedded metric format for each event. */
export interface Telemetry extends ImageObserver, AzureObserver {
  /** A photo's bytes waited so long to be looked at. */
  photoWaited(ms: number): void;
}

const ENDED: Partial<Record<ImageStatus, MetricName>> = {
  done: 'PhotosDone',
  failed: 'PhotosFailed',
  rejected: 'PhotosRejected',
  duplicate: 'PhotosDuplicate',
  expired: 'PhotosExpired',
};

const UNITS = { Count: MetricUnit.Count, Milliseconds: MetricUnit.Milliseconds, None: MetricUnit.NoUnit } as const;

/** The metrics of one function of the deployment. Each event is a line of its own: a process that dies later takes none with it. */
export function createTelemetry(deployment: string): Telemetry {
  let metrics: Metrics | undefined;

  function open(): Metrics {
    const opened = new Metrics({ namespace: METRICS_NAMESPACE });
    // Powertools would add the function, and so make a metric of its own for each.
    opened.clearDefaultDimensions();
    return opened.setDefaultDimensions({ [DEPLOYMENT]: deployment });
  }

  function emit(values: Partial<Record<MetricName, number | undefined>>, dimensions?: Record<string, string>): void {
    metrics ??= open();
    if (dimensions) metrics.addDimensions(dimensions);
    for (const [name, value] of Object.entries(values)) {
      if (value !== undefined) metrics.addMetric(name, UNITS[METRICS[name as MetricName]], value);
    }
    metrics.publishStoredMetrics();
  }

  return {
    photoWaited: (ms) => emit({ WaitMilliseconds: ms }),
    photoEnded({ status, processing_ms }) {
      const name = ENDED[status];
      if (name) emit({ [name]: 1, ...(status === 'done' && { PhotoMilliseconds: processing_ms }) });
    },
    stageEnded(stage, { ms }) {
      if (ms !== undefined) emit({ StageMilliseconds: ms }, { [STAGE]: stage });
    },
    called: ({ throttled }) => emit({ AzureCalls: 1, AzureThrottled: throttled ? 1 : 0 }),
    spent: (microUsd) => emit({ AiSpendUsd: microUsd / 1_000_000 }),
  };
}
