import { describe, expect, test } from 'vitest';
import { FaultPlan, parseAzureFaults } from '../../../../local/emulators/azure/faults.ts';

describe('parseAzureFaults', () => {
  test('reads its own entries and leaves the others', () => {
    expect(parseAzureFaults('describe:kill=3,azure:429=2, azure:slow=1')).toEqual({ throttle: 2, slow: 1 });
    expect(parseAzureFaults('')).toEqual({});
  });
  test('reads a time to throttle for', () => {
    expect(parseAzureFaults('azure:429=120s,azure:retry_after=30')).toEqual({
      throttle: { milliseconds: 120_000 },
      retryAfter: 30,
    });
  });
  test('reads shares and a rate', () => {
    expect(parseAzureFaults('azure:500=5%,azure:rate=0.5')).toEqual({ error: { share: 0.05 }, perSecond: 0.5 });
  });
  test.each([
    ...['azure:429', 'azure:429=x', 'azure:unknown=1', 'azure:500=3s', 'azure:500=1.5'],
    ...['azure:rate=0', 'azure:rate=5%', 'azure:500=101%', 'azure:retry_after=2%'],
  ])('refuses %s', (text) => {
    expect(() => parseAzureFaults(text)).toThrow(RangeError);
  });
});

describe('FaultPlan', () => {
  test('throttles until the time is over', () => {
    let now = 0;
    const plan = new FaultPlan(() => new Date(now));
    plan.set({ throttle: { milliseconds: 1_000 }, retryAfter: 'Wed, 21 Oct 2026 07:28:00 GMT' });
    expect(plan.takeThrottle()).toBe('Wed, 21 Oct 2026 07:28:00 GMT');
    now = 999;
    expect(plan.takeThrottle()).toBeDefined();
    now = 1_000;
    expect(plan.takeThrottle()).toBeUndefined();
  });
  test('lets so many through in a second, and saves none for later', () => {
    let now = 0;
    const plan = new FaultPlan(() => new Date(now));
    plan.set({ perSecond: 2, retryAfter: 1 });
    const passed = (calls: number) =>
      Array.from({ length: calls }, () => plan.takeThrottle()).filter((wait) => !wait).length;
    expect(passed(5)).toBe(2);
    now = 500;
    expect(passed(5)).toBe(1);
    now = 60_000;
    expect(passed(5)).toBe(2);
    expect(plan.takeThrottle()).toBe('1');
  });
  test('keeps what was not asked for as long as its window', () => {
    let now = 0;
    const plan = new FaultPlan(() => new Date(now));
    plan.set('azure:rate=2,azure:rate_window=10');
    const passed = (calls: number) =>
      Array.from({ length: calls }, () => plan.takeThrottle()).filter((wait) => !wait).length;
    expect(passed(25)).toBe(20);
    now = 3_000;
    expect(passed(25)).toBe(6);
    now = 60_000;
    expect(passed(25)).toBe(20);
  });
  test('spoils a share of the answers', () => {
    const draws = [0.04, 0.06, 0.9];
    const plan = new FaultPlan(
      () => new Date(0),
      () => draws.shift() ?? 1,
    );
    plan.set('azure:500=5%');
    expect([plan.take('error'), plan.take('error'), plan.take('error')]).toEqual([true, false, false]);
  });
  test('a new order replaces the old one', () => {
    const plan = new FaultPlan(() => new Date(0));
    plan.set({ error: 5 });
    plan.set({ refusal: 1 });
    expect([plan.take('error'), plan.take('refusal'), plan.take('refusal')]).toEqual([false, true, false]);
  });
});
