import { describe, expect, test } from 'vitest';
import { changeOf } from '../../shared/domain/edits.ts';
import { IMAGE_STATUSES, type ImageRecord } from '../../shared/domain/image.ts';
import { rerunRefusal } from '../../shared/domain/rerun.ts';
import { matches } from '../../shared/domain/search/filters.ts';
import { postingsOf, suggestionsOf } from '../../shared/domain/search/postings.ts';
import { changeSummary, contributionOf, emptySummary } from '../../shared/domain/summary.ts';
import { talliesOf } from '../../shared/domain/tallies.ts';
import { isWorthKeeping, purgeDue, restoreOf, trashOf, unlisted } from '../../shared/domain/trash.ts';
import { donePhoto } from '../support/records.ts';

const NOON = '2026-02-01T12:00:00.000Z';
const photo = donePhoto('Ann', 1, { edit_revision: 4 });
const apply = (record: ImageRecord, change: ReturnType<typeof trashOf>): ImageRecord => {
  const changed = { ...record, ...change?.set };
  for (const attribute of change?.remove ?? []) delete changed[attribute];
  return changed;
};
const trashed = apply(photo, trashOf(photo, NOON, 30));

test('a photo is moved to the trash once, for so many days, and off the timeline', () => {
  expect(trashed).toMatchObject({ trashed_at: NOON, purge_at: '2026-03-03T12:00:00.000Z', edit_revision: 5 });
  expect(trashed).not.toHaveProperty('taken_key');
  expect(trashed.taken_at).toBe(photo.taken_at);
  expect(trashOf(trashed, '2026-02-05T00:00:00.000Z', 30)).toBeNull();
});

test('it comes back as it was, and is placed once more; one that is in no trash stays', () => {
  const { stages, ...restored } = apply(trashed, restoreOf(trashed, NOON));
  expect(restored).toMatchObject({ taken_key: photo.taken_key, edit_revision: 6, status: 'processing', generation: 1 });
  expect(restored).not.toHaveProperty('trashed_at');
  expect(restored).not.toHaveProperty('purge_at');
  expect(stages).toMatchObject({ describe: photo.stages.describe, organize: { state: 'pending' } });
  expect(restoreOf(photo, NOON)).toBeNull();
  const failed = { ...trashed, status: 'failed' } as const;
  expect(restoreOf(failed, NOON)?.set).not.toHaveProperty('status');
});

test('only what has bytes, or may yet have them, is kept', () => {
  const kept = IMAGE_STATUSES.filter((status) => isWorthKeeping({ ...photo, status }));
  expect(kept).toEqual(['queued', 'processing', 'done', 'failed']);
  expect(isWorthKeeping({ status: 'failed' })).toBe(false);
});

test.each([
  ['done', trashed, trashed.purge_at],
  ['rejected after it was trashed', { ...trashed, status: 'rejected' }, NOON],
  ['still under way', { ...trashed, status: 'processing' }, null],
  ['not in the trash', photo, null],
] as [string, ImageRecord, string | null][])('a photo that is %s is due', (_, record, due) => {
  expect(purgeDue(record)).toBe(due);
});

test('what is found about it meanwhile does not put it on the timeline', () => {
  const found = { set: { taken_at: '2025-01-01T00:00:00', taken_key: 'k' }, remove: [] };
  expect(unlisted(trashed, found).set).toEqual({ taken_at: '2025-01-01T00:00:00' });
  expect(unlisted(photo, found)).toEqual(found);
});

describe('in the trash a photo', () => {
  test('is in the list of the trash and in no other, nor suggested, tallied or found', () => {
    expect(postingsOf(trashed)).toEqual([{ list: `TRASH#${NOON}`, trashed_at: NOON }]);
    expect(postingsOf(photo).some(({ list }) => list.startsWith('TRASH'))).toBe(false);
    expect(suggestionsOf(trashed)).toEqual([]);
    expect(talliesOf(photo)).not.toEqual([]);
    expect(talliesOf(trashed)).toEqual([]);
    const filters = { status: 'done', tags: [], places: [] } as const;
    expect([matches(photo, filters), matches(trashed, filters)]).toEqual([true, false]);
  });

  test('counts there alone', () => {
    const contribution = contributionOf(trashed);
    if (!contribution) throw new Error('expected a contribution');
    const summary = changeSummary(emptySummary(), contribution, 1);
    expect(summary).toEqual({ ...emptySummary(), trash: { images: 1, bytes: photo.original?.bytes } });
    expect(changeSummary(summary, contribution, -1)).toEqual(emptySummary());
    // Counters of before there was a trash.
    const { trash, ...old } = emptySummary();
    expect(changeSummary(old as ReturnType<typeof emptySummary>, contribution, 1)).toEqual(summary);
  });

  test('is not run again', () => {
    expect(rerunRefusal(trashed)).toMatchObject({ code: 'in_trash' });
    expect(rerunRefusal(photo)).toBeNull();
  });
});

test('a date taken back after its photo was restored is on the timeline again', () => {
  const edited = apply(photo, changeOf(photo, { taken_at: '2020-01-01T00:00:00' }, NOON));
  const back = apply(edited, trashOf(edited, NOON, 1));
  const restored = apply(back, restoreOf(back, NOON));
  expect(restored.taken_key).toBe(`2020-01-01T00:00:00#${photo.image_id}`);
  expect(apply(restored, changeOf(restored, { taken_at: null }, NOON)).taken_key).toBe(photo.taken_key);
});
