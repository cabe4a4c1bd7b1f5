import { describe, expect, test } from 'vitest';
import { FAULTS_HELP, parseFaults } from '../../../local/faults/grammar.ts';

describe('a list of faults', () => {
  test('of functions', () => {
    const { kills, skews } = parseFaults('describe:kill=3, ingest:kill=1@4,describe:skew=-10m,api:skew=1.5s');
    expect(kills).toEqual([
      { target: 'describe', count: 3, after: undefined },
      { target: 'ingest', count: 1, after: 4 },
    ]);
    expect(skews).toEqual([
      { target: 'describe', milliseconds: -600_000 },
      { target: 'api', milliseconds: 1_500 },
    ]);
  });

  test('of messages', () => {
    expect(
      parseFaults('ingest:duplicate=2,ingest:drop=2%,faces:delay=3x30s,organize:reorder=4,jobs:reorder=5%x2m').sends,
    ).toEqual([
      { target: 'ingest', kind: 'duplicate', amount: { count: 2 }, milliseconds: 0 },
      { target: 'ingest', kind: 'drop', amount: { share: 0.02 }, milliseconds: 0 },
      { target: 'faces', kind: 'delay', amount: { count: 3 }, milliseconds: 30_000 },
      { target: 'organize', kind: 'reorder', amount: { count: 4 }, milliseconds: 30_000 },
      { target: 'jobs', kind: 'reorder', amount: { share: 0.05 }, milliseconds: 120_000 },
    ]);
  });

  test('of calls', () => {
    const { calls } = parseFaults(
      'dynamodb:UpdateItem:ProvisionedThroughputExceededException=5,s3:PutObject:503=2%~lost,s3:*:slow=5%x200ms,kms:*:reset=1',
    );
    const common = { lost: false, milliseconds: 0 };
    const error = 'ProvisionedThroughputExceededException';
    expect(calls).toEqual([
      { ...common, service: 'dynamodb', operation: 'UpdateItem', error, amount: { count: 5 } },
      { ...common, service: 's3', operation: 'PutObject', error: '503', amount: { share: 0.02 }, lost: true },
      { ...common, service: 's3', operation: '*', error: 'slow', amount: { share: 0.05 }, milliseconds: 200 },
      { ...common, service: 'kms', operation: '*', error: 'reset', amount: { count: 1 } },
    ]);
  });

  test('of Azure is handed on as it came', () => {
    expect(parseFaults('azure:429=2,ingest:drop=1,azure:500=1').azure).toBe('azure:429=2,azure:500=1');
  });

  test('that is empty means none', () => {
    expect(parseFaults('')).toEqual({ off: false, kills: [], skews: [], sends: [], calls: [], azure: '' });
  });

  test('ends what stands before "off"', () => {
    expect(parseFaults('describe:kill=1,azure:429=1,off,ingest:drop=1')).toMatchObject({
      off: true,
      kills: [],
      azure: '',
      sends: [{ target: 'ingest' }],
    });
  });

  test.each([
    ...['describe', 'describe:kill', 'describe:kill=x', 'describe:kill=2%', 'describe:explode=1', '=1'],
    ...['ingest:duplicate=1@2', 'ingest:drop=1x3s', 'ingest:drop=101%', 'ingest:drop=1.5'],
    ...['ingest:delay=3', 'ingest:delay=30s', 'ingest:reorder=3x', 'describe:skew=10', 'describe:skew=soon'],
    ...['s4:PutObject:503=1', 's3:PutObject=1', 's3:PutObject:200=1', 's3:PutObject:503', 's3:PutObject:503=1x3s'],
    ...['s3:PutObject:slow=1', 's3:PutObject:slow=1x3s~lost', 's3:PutObject:503=1~gone', 'on'],
  ])('with "%s" is refused by name', (entry) => {
    expect(() => parseFaults(`azure:429=1,${entry}`)).toThrow(RangeError);
    expect(() => parseFaults(`azure:429=1,${entry}`)).toThrow(`"${entry}"`);
  });

  test('is told with an example that can be read', () => {
    expect(() => parseFaults(FAULTS_HELP.split('Example: ')[1] ?? 'none')).not.toThrow();
  });
});
