import { expect, test } from 'vitest';
import { idleFaults } from '../../../local/faults/grammar.ts';
import { createFaultPlan, type FaultTargets } from '../../../local/faults/plan.ts';

const targets = (azure: (string | undefined)[] = []): FaultTargets => ({
  functionName: (alias) => `app-${alias}`,
  queueName: (alias) => (alias === 'organize' ? 'organize.fifo' : alias),
  azure: (entries) => void azure.push(entries),
});

function plan(text: string, options: { seed?: number; timeScale?: number } = {}) {
  const created = createFaultPlan(options);
  created.order(text, targets());
  return created;
}

test('a kill stays owed until a process died of it', () => {
  const { kills } = plan('describe:kill=2@5');
  expect(kills.next('app-ingest')).toBeUndefined();
  expect(kills.next('app-describe')).toBe(5);
  kills.settle('app-describe', { killed: true, requests: 0 });
  expect(kills.owed()).toBe(1);
  expect(kills.next('app-describe')).toBe(5);
  kills.settle('app-describe', { killed: false, requests: 2 });
  expect(kills.owed()).toBe(1);
  // It now knows that the function makes two requests.
  expect(kills.next('app-describe')).toBeLessThanOrEqual(2);
  kills.settle('app-describe', { killed: true, requests: 0 });
  expect(kills.owed()).toBe(0);
});

test('the same seed strikes at the same places, another one elsewhere', () => {
  const draws = (seed: number) => {
    const created = plan('f:kill=20,s3:PutObject:503=50%,q:reorder=20', { seed });
    return Array.from({ length: 20 }, () => [
      created.kills.next('app-f'),
      created.troubleOf('s3', 'PutObject')?.error,
      created.detourOf('q')?.heldMs,
    ]);
  };
  expect(draws(7)).toEqual(draws(7));
  for (const kind of [0, 1, 2]) expect(draws(7).map((row) => row[kind])).not.toEqual(draws(8).map((row) => row[kind]));
});

test('how often one fault is asked about does not move another', () => {
  const alone = plan('s3:PutObject:503=50%');
  const beside = plan('s3:PutObject:503=50%,s3:GetObject:503=50%,q:drop=50%');
  for (let call = 0; call < 30; call += 1) {
    beside.troubleOf('s3', 'GetObject');
    beside.detourOf('q');
    expect(beside.troubleOf('s3', 'PutObject')).toEqual(alone.troubleOf('s3', 'PutObject'));
  }
});

test('calls are spoilt as often as ordered, and waits add up', () => {
  const { troubleOf } = plan('s3:PutObject:503=1,s3:*:slow=3x200ms,s3:PutObject:slow=1x50ms,s3:*:reset=1~lost');
  expect(troubleOf('dynamodb', 'PutItem')).toBeUndefined();
  expect(troubleOf('s3', 'PutObject')).toEqual({ slowMs: 250, error: '503', lost: false });
  expect(troubleOf('s3', 'PutObject')).toEqual({ slowMs: 200, error: 'reset', lost: true });
  expect(troubleOf('s3', 'GetObject')).toEqual({ slowMs: 200, error: undefined, lost: false });
  expect(troubleOf('s3', 'GetObject')).toBeUndefined();
});

test('messages are lost, held for as long as the stack’s time says, and repeated', () => {
  const { detourOf } = plan('q:drop=1,q:delay=2x30s,r:duplicate=2', { timeScale: 60 });
  expect(detourOf('q')).toEqual({ lost: true, copies: 0, heldMs: 500 });
  expect(detourOf('q')).toEqual({ lost: false, copies: 0, heldMs: 500 });
  expect(detourOf('q')).toBeUndefined();
  expect([detourOf('r'), detourOf('r')]).toEqual(Array(2).fill({ lost: false, copies: 2, heldMs: 0 }));
});

test('what comes in any order comes within its time', () => {
  const { detourOf } = plan('q:reorder=20x10s');
  const waits = Array.from({ length: 20 }, () => detourOf('q')?.heldMs ?? -1);
  expect(new Set(waits).size).toBe(20);
  for (const wait of waits) expect(wait).toBeGreaterThan(0);
  for (const wait of waits) expect(wait).toBeLessThan(10_000);
});

test('a FIFO queue cannot be ordered to repeat what it would drop', () => {
  expect(() => plan('organize:duplicate=1')).toThrow(RangeError);
});

test('"off" ends everything, and later orders replace earlier ones', () => {
  const asked: (string | undefined)[] = [];
  const created = plan('f:kill=1,f:skew=1h,q:drop=5,s3:*:500=5');
  expect(created.skewOf('app-f')).toBe(3_600_000);
  created.order('off,azure:429=1', targets(asked));
  expect(asked).toEqual([undefined, 'azure:429=1']);
  expect([created.kills.owed(), created.skewOf('app-f')]).toEqual([0, 0]);
  expect([created.detourOf('q'), created.troubleOf('s3', 'PutObject')]).toEqual([undefined, undefined]);
  created.order('q:drop=5', targets());
  created.order('q:drop=0', targets());
  expect(created.detourOf('q')).toBeUndefined();
});

test('calls that faults were ordered for and nobody makes are told', () => {
  const { troubleOf, neverCalled } = plan(
    's3:PutObjekt:500=1,s3:PutObjekt:slow=1x1s,s3:PutObject:500=1,kms:*:reset=1%',
  );
  troubleOf('s3', 'PutObject');
  expect(neverCalled()).toEqual(['s3:PutObjekt', 'kms:*']);
  expect(idleFaults(neverCalled())).toContain('no such call came: s3:PutObjekt, kms:*');
  troubleOf('kms', 'Decrypt');
  expect(neverCalled()).toEqual(['s3:PutObjekt']);
  expect(idleFaults([])).toBeUndefined();
});
