import { expect, test } from 'vitest';
import { createKillPlan, parseFaults } from '../../local/faults.ts';

test('a list is read by target and kind', () => {
  const faults = parseFaults('describe:kill=3, ingest:kill=1@4,ingest:duplicate=2,azure:429=2,azure:500=1');
  expect(faults.kills).toEqual([
    { target: 'describe', count: 3, after: undefined },
    { target: 'ingest', count: 1, after: 4 },
  ]);
  expect([...faults.duplicates]).toEqual([['ingest', 2]]);
  expect(faults.azure).toBe('azure:429=2,azure:500=1');
});

test('an empty list means none', () => {
  expect(parseFaults('')).toMatchObject({ kills: [], azure: '' });
});

test.each(['describe', 'describe:kill', 'describe:kill=x', 'describe:explode=1', 'ingest:duplicate=1@2', '=1'])(
  '"%s" is refused by name',
  (entry) => {
    expect(() => parseFaults(`azure:429=1,${entry}`)).toThrow(RangeError);
    expect(() => parseFaults(`azure:429=1,${entry}`)).toThrow(`"${entry}"`);
  },
);

test('a kill stays owed until a process died of it', () => {
  const plan = createKillPlan();
  plan.order([{ target: 'describe', count: 2, after: 5 }], (target) => `app-${target}`);
  expect(plan.next('app-ingest')).toBeUndefined();
  expect(plan.next('app-describe')).toBe(5);
  plan.settle('app-describe', { killed: true, requests: 0 });
  expect(plan.owed()).toBe(1);
  expect(plan.next('app-describe')).toBe(5);
  plan.settle('app-describe', { killed: false, requests: 2 });
  expect(plan.owed()).toBe(1);
  // It now knows that the function makes two requests.
  expect(plan.next('app-describe')).toBeLessThanOrEqual(2);
  plan.settle('app-describe', { killed: true, requests: 0 });
  expect(plan.owed()).toBe(0);
});

test('the same seed kills at the same places', () => {
  const draws = (seed: number) => {
    const plan = createKillPlan(seed);
    plan.order([{ target: 'f', count: 20, after: undefined }], (target) => target);
    return Array.from({ length: 20 }, () => plan.next('f'));
  };
  expect(draws(7)).toEqual(draws(7));
  expect(draws(7)).not.toEqual(draws(8));
});
