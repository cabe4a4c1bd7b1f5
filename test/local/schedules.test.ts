import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { parseSchedule } from '../../local/cron.ts';
import { startSchedules } from '../../local/schedules.ts';

describe('a schedule expression', () => {
  // 2025-11-20 is a Thursday.
  test.each([
    ['rate(5 minutes)', '2025-11-20T10:00:00.000Z', '2025-11-20T10:05:00.000Z'],
    ['rate(1 hour)', '2025-11-20T10:00:00.000Z', '2025-11-20T11:00:00.000Z'],
    ['cron(0 3 * * ? *)', '2025-11-20T02:59:59.000Z', '2025-11-20T03:00:00.000Z'],
    ['cron(0 3 * * ? *)', '2025-11-20T03:00:00.000Z', '2025-11-21T03:00:00.000Z'],
    ['cron(0/15 * * * ? *)', '2025-11-20T10:16:00.000Z', '2025-11-20T10:30:00.000Z'],
    ['cron(30 8-9 ? * MON-FRI *)', '2025-11-21T09:30:00.000Z', '2025-11-24T08:30:00.000Z'],
    ['cron(0 0 1 JAN ? *)', '2025-11-20T10:00:00.000Z', '2026-01-01T00:00:00.000Z'],
    ['cron(0 0 29 2 ? *)', '2025-11-20T10:00:00.000Z', '2028-02-29T00:00:00.000Z'],
    ['cron(5,10 0 * * ? 2026)', '2025-11-20T10:00:00.000Z', '2026-01-01T00:05:00.000Z'],
  ])('%s after %s is due at %s', (expression, after, due) => {
    expect(parseSchedule(expression)(new Date(after)).toISOString()).toBe(due);
  });

  test.each([
    '',
    'rate(0 minutes)',
    'rate(5 weeks)',
    'cron(0 3 * * *)',
    'cron(60 3 * * ? *)',
    'cron(0 3 L * ? *)',
    'cron(5-1 3 * * ? *)',
  ])('"%s" is refused', (expression) => {
    expect(() => parseSchedule(expression)).toThrow(RangeError);
  });
});

function start(invoke: () => Promise<{ ok: true; payload: string }>, timeScale: number) {
  vi.useFakeTimers({ now: Date.parse('2025-11-20T10:00:00Z') });
  onTestFinished(() => void vi.useRealTimers());
  const events: unknown[] = [];
  const schedules = startSchedules({
    scheduled: [
      {
        id: 'Sweep',
        functionArn: 'arn:sweep',
        schedule: parseSchedule('rate(5 minutes)'),
        event: (at) => ({ time: at.toISOString() }),
      },
    ],
    invoke: (arn, event) => {
      events.push([arn, event]);
      return invoke();
    },
    timeScale,
    onError: () => {},
    newId: () => 'id',
  });
  onTestFinished(() => schedules.stop());
  return { events, schedules };
}

test('a function is invoked each time it is due', async () => {
  const { events, schedules } = start(async () => ({ ok: true, payload: 'null' }), 1);
  await vi.advanceTimersByTimeAsync(299_000);
  expect(events).toEqual([]);
  await vi.advanceTimersByTimeAsync(302_000);
  expect(events).toEqual([
    ['arn:sweep', { time: '2025-11-20T10:05:00.000Z' }],
    ['arn:sweep', { time: '2025-11-20T10:10:00.000Z' }],
  ]);
  schedules.stop();
  await vi.advanceTimersByTimeAsync(900_000);
  expect(events).toHaveLength(2);
});

test('a time scale lets its time run faster', async () => {
  const { events } = start(async () => ({ ok: true, payload: 'null' }), 60);
  await vi.advanceTimersByTimeAsync(15_500);
  expect(events).toHaveLength(3);
});

test('a run that is still going swallows those due meanwhile', async () => {
  const { promise, resolve } = Promise.withResolvers<{ ok: true; payload: string }>();
  const { events } = start(() => promise, 1);
  await vi.advanceTimersByTimeAsync(1_000_000);
  expect(events).toHaveLength(1);
  resolve({ ok: true, payload: 'null' });
  await vi.advanceTimersByTimeAsync(300_000);
  expect(events).toHaveLength(2);
});
