import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stats } from '../../shared/contract/schemas/service.ts';
import { IMAGE_STATUSES, type ImageRecord, STAGES } from '../../shared/domain/image.ts';
import { changeSummary, contributionOf, emptySummary, type Summary, statsView } from '../../shared/domain/summary.ts';
import { changeTiming, meanOf, noTiming, p95 } from '../../shared/domain/timing.ts';
import { AT, donePhoto, imageRecord } from '../support/records.ts';

const timed = (durations: readonly number[]) =>
  durations.reduce((timing, ms) => changeTiming(timing, ms, 1), noTiming());

describe('durations', () => {
  test('the percentile is exact to a tenth, and never leaves what was measured by more', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 10_000_000 }), { minLength: 1, maxLength: 200 }), (durations) => {
        const exact = durations.toSorted((a, b) => a - b)[Math.ceil(0.95 * durations.length) - 1] ?? 0;
        const found = p95(timed(durations)) ?? 0;
        expect(Math.abs(found - exact)).toBeLessThanOrEqual(0.1 * exact + 0.5);
      }),
    );
  });

  test('of nothing there are none', () => {
    expect([p95(noTiming()), meanOf(noTiming())]).toEqual([null, null]);
    expect([p95(timed([0])), meanOf(timed([0]))]).toEqual([1, 0]);
  });

  test('the mean is that of all of them', () => {
    expect(meanOf(timed([10, 20, 60]))).toBe(30);
  });
});

const flag = fc.option(fc.boolean(), { nil: undefined });
const ms = fc.option(fc.nat(100_000), { nil: undefined });
const stage = fc.record({
  state: fc.constantFrom('done', 'failed', 'skipped' as const),
  ms,
  tokens: ms,
  cost_microusd: ms,
});
const photo: fc.Arbitrary<ImageRecord> = fc
  .record({
    number: fc.nat(999),
    status: fc.constantFrom(...IMAGE_STATUSES),
    favorite: flag,
    archived: flag,
    ingest: stage,
    describe: stage,
    total: ms,
    model: fc.constantFrom('gpt-4o', 'team/gpt', undefined),
    title: fc.string(),
  })
  .map(({ number, status, favorite, archived, ingest, describe: described, total, model, title }) => {
    const attempts = { attempts: 1 };
    const changes = {
      status,
      favorite,
      archived,
      title,
      stages: {
        ingest: { ...attempts, ...ingest },
        describe: { ...attempts, ...described },
        faces: { ...attempts, state: 'skipped' },
        organize: { ...attempts, state: 'done' },
      },
      processing_ms: total,
      described_by: model && { model, prompt_version: 'describe-1', at: AT.toISOString() },
    };
    // As the table gives it: without what is undefined.
    return JSON.parse(JSON.stringify(donePhoto('Ann', number, changes as Partial<ImageRecord>)));
  });

const add = (summary: Summary, record: ImageRecord, sign: 1 | -1) => {
  const contribution = contributionOf(record);
  return contribution ? changeSummary(summary, contribution, sign) : summary;
};

/** What counters say; what of their limits a person uses is added where it is answered. */
const counters = stats.omit({ usage: true });

describe('counters', () => {
  test('do not depend on the order in which photos came, and nothing is left when all are gone', () => {
    fc.assert(
      fc.property(fc.array(photo, { maxLength: 12 }), fc.array(photo, { maxLength: 4 }), (stay, leave) => {
        const expected = stay.reduce((summary, record) => add(summary, record, 1), emptySummary());
        let summary = [...leave, ...stay.toReversed()].reduce((all, record) => add(all, record, 1), emptySummary());
        for (const record of leave) summary = add(summary, record, -1);
        expect(summary).toEqual(expected);
        for (const record of stay) summary = add(summary, record, -1);
        expect(summary).toEqual(emptySummary());
      }),
    );
  });

  test('only photos that have ended count, deleted ones do not', () => {
    expect(contributionOf(imageRecord('Ann', 1))).toBeNull();
    expect(contributionOf(donePhoto('Ann', 1, { deleted_at: AT.toISOString() }))).toBeNull();
    expect(contributionOf(donePhoto('Ann', 1, { status: 'rejected' }))).toMatchObject({ status: 'rejected', words: 0 });
  });

  test('are answered as the contract says', () => {
    fc.assert(
      fc.property(fc.array(photo, { maxLength: 8 }), (photos) => {
        const summary = photos.reduce((all, record) => add(all, record, 1), emptySummary());
        const view = statsView({ ...summary, updated_at: AT.toISOString() });
        expect(counters.parse(view)).toEqual(view);
        const ended = photos.filter(({ status }) => !['awaiting_upload', 'queued', 'processing'].includes(status));
        expect(view.images).toBe(ended.length);
        for (const name of STAGES)
          expect(view.stages[name].count).toBe(ended.filter(({ stages }) => stages[name].ms !== undefined).length);
        expect(view.models.map(({ model }) => model)).not.toContain('team');
      }),
    );
    expect(counters.parse(statsView(null))).toMatchObject({
      images: 0,
      models: [],
      updated_at: null,
      total: { p95_ms: null },
    });
  });
});
