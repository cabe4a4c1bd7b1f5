import { expect, test } from 'vitest';
import { metricsReport } from '../../local/demo/metrics-report.ts';
import { createMetricsCollector } from '../../local/metrics.ts';

/** A line as Powertools writes it. */
function embedded(values: Record<string, number | number[]>, dimensions: Record<string, string> = {}): string {
  const all = { deployment: 'dev', ...dimensions };
  const Metrics = Object.keys(values).map((Name) => ({ Name, Unit: 'Count' }));
  const CloudWatchMetrics = [{ Namespace: 'Shoebox', Dimensions: [Object.keys(all)], Metrics }];
  return JSON.stringify({ _aws: { Timestamp: 1, CloudWatchMetrics }, ...all, ...values });
}

test('a run is summed up as the dashboard would show it', () => {
  const metrics = createMetricsCollector();
  const lines = [
    'not even JSON',
    '{"level":"INFO","message":"a line of the logger"}',
    embedded({ PhotosDone: 1, PhotoMilliseconds: 3_000 }),
    embedded({ PhotosDone: 1, PhotoMilliseconds: 1_000 }),
    embedded({ PhotosRejected: 1 }),
    embedded({ StageMilliseconds: 700 }, { stage: 'ingest' }),
    embedded({ StageMilliseconds: [100, 300] }, { stage: 'ingest' }),
    embedded({ AzureCalls: 1, AzureThrottled: 1 }),
    embedded({ AzureCalls: 1, AzureThrottled: 0 }),
    embedded({ AiSpendUsd: 0.0002 }),
    embedded({ AiSpendUsd: 0.0001 }),
  ];
  for (const line of lines) metrics.line('ingest', line);
  metrics.ended('ingest', { ok: true, ms: 20 });
  metrics.ended('ingest', { ok: false, ms: 90 });
  metrics.received('ingest', 4);
  metrics.received('ingest', 61.4);
  metrics.received('ingest', 3);

  const shown = metricsReport({ ...metrics.collected(), queues: { ingest: { waiting: 2, dead: 1 } } });
  const rows = shown.split('\n').map((line) => line.trim().split(/ {2,}/));
  for (const row of [
    ['done', '2'],
    ['rejected', '1'],
    ['failed', '0'],
    ['ingest', '3', '300', '700'],
    ['whole photo', '2', '1000', '3000'],
    ['describe', '0', '–', '–'],
    ['calls', '2'],
    ['turned away', '1'],
    ['US dollars', '0.0003'],
    ['ingest', '2', '1', '61'],
    ['ingest', '2', '1', '90'],
  ]) {
    expect(rows).toContainEqual(row);
  }
  // What the figures count that do not say so by their names.
  for (const name of ['p50', 'waiting', 'whole photo', 'turned away', 'US dollars', 'oldest, s', 'runs', 'errors'])
    expect(shown).toMatch(new RegExp(`^ {4}${name}.*: `, 'm'));
});
