import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  changeOf,
  EDITABLE_FIELDS,
  type Edit,
  foundBeside,
  plainEdit,
  type RecordChange,
  retag,
} from '../../shared/domain/edits.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';
import { donePhoto, imageRecord } from '../support/records.ts';

const NOW = '2026-02-01T00:00:00.000Z';

/** A record after a change, as the table would have it. */
function changed(record: ImageRecord, change: RecordChange | null): ImageRecord {
  if (!change) return record;
  const after: Record<string, unknown> = { ...record, ...change.set };
  for (const attribute of change.remove) delete after[attribute];
  return after as unknown as ImageRecord;
}
const edited = (record: ImageRecord, edit: Edit) => changed(record, changeOf(record, plainEdit(edit), NOW));
const found = (record: ImageRecord, values: Partial<ImageRecord>) => changed(record, foundBeside(record, values));

describe('an edit', () => {
  test('writes and locks what it names, and keeps what the machine said', () => {
    const before = donePhoto('ann', 1);
    const after = edited(before, { title: 'Our beach', favorite: true });
    expect(after).toMatchObject({
      title: 'Our beach',
      description: before.description,
      favorite: true,
      edits: { title: NOW },
      edit_revision: 1,
      machine: { title: 'A beach' },
    });
    expect(Object.keys(after.edits ?? {})).toEqual(['title']);
  });

  test('taken back shows what the machine says, and the field is open again', () => {
    const before = donePhoto('ann', 1);
    const after = edited(edited(before, { title: 'Our beach', place: { city: 'Porto' } }), {
      title: null,
      place: null,
    });
    expect(after).toMatchObject({ title: before.title, place: before.place, edits: {}, machine: {}, edit_revision: 2 });
  });

  test('of the time replaces its offset and source, and brings them back together', () => {
    const before = donePhoto('ann', 1);
    const once = edited(before, { taken_at: '2020-01-01T08:00:00' });
    expect(once).toMatchObject({ taken_at: '2020-01-01T08:00:00', taken_at_source: 'person' });
    expect(once.taken_key).toBe(`2020-01-01T08:00:00#${before.image_id}`);
    expect(once).not.toHaveProperty('taken_at_offset');
    const twice = edited(once, { taken_at: '2020-01-01T08:00:00', taken_at_offset: '+09:00' });
    expect(twice.taken_at_offset).toBe('+09:00');
    const back = edited(twice, { taken_at: null });
    for (const field of ['taken_at', 'taken_at_offset', 'taken_at_source', 'taken_key'] as const)
      expect(back[field]).toBe(before[field]);
  });

  test('of a field the machine knows nothing of leaves nothing behind when it is taken back', () => {
    const before = imageRecord('ann', 1);
    const after = edited(edited(before, { title: 'Mine', taken_at: '2020-01-01T08:00:00' }), {
      title: null,
      taken_at: null,
    });
    for (const field of ['title', 'taken_at', 'taken_at_source', 'taken_key']) expect(after).not.toHaveProperty(field);
  });

  test('that says what a person has said already changes nothing; the machine’s own words are locked by repeating them', () => {
    const before = donePhoto('ann', 1);
    const edit = plainEdit({ tags: ['Beach', 'sea '], place: { country: 'Spain', city: 'Vigo' }, archived: true });
    const after = changed(before, changeOf(before, edit, NOW));
    expect(after.edits).toEqual({ tags: NOW, place: NOW });
    // The table gives fields back in an order of its own.
    const stored = { ...after, place: { city: 'Vigo', country: 'Spain' } };
    expect(changeOf(stored, edit, 'later')).toBeNull();
    expect(changeOf(before, { title: null, favorite: false }, NOW)).toBeNull();
  });

  test('is plain text: no controls, no direction overrides, one line where one is meant', () => {
    const edit = plainEdit({
      title: ' Two\nlines\u202e ',
      description: 'a\u0007\r\nb',
      tags: [' Dogs ', 'dogs', '\u200b', 'Big\tCat'],
      place: { city: ' New\nYork ', region: '\u200b' },
    });
    expect(edit).toEqual({
      title: 'Two lines',
      description: 'a\nb',
      tags: ['dogs', 'big cat'],
      place: { city: 'New York' },
    });
  });
});

test('tags are added behind, once, and taken away as they are spelled', () => {
  expect(retag({ tags: ['sea', 'dog'] }, { add: ['Dogs', 'sea'], remove: ['DOG'] })).toEqual(['sea', 'dogs']);
  expect(retag({}, { add: ['a', 'A '], remove: [] })).toEqual(['a']);
});

test('what a machine finds shows where nobody has edited, replaces a time whole, and waits beside where somebody has', () => {
  const before = edited(donePhoto('ann', 1), { title: 'Mine' });
  const after = found(before, {
    title: 'A dune',
    taken_at: '2024-01-01T00:00:00',
    taken_at_source: 'camera',
    width: 7,
  });
  expect(after).toMatchObject({ title: 'Mine', machine: { title: 'A dune' }, taken_at_source: 'camera', width: 7 });
  expect(after).not.toHaveProperty('taken_at_offset');
  expect(after.edit_revision).toBe(before.edit_revision);
});

test('what a machine finds to be absent goes, and from beside a person’s words as well', () => {
  const open = found(donePhoto('ann', 1, { frames: 3 }), { place: undefined, frames: undefined });
  expect(open).not.toHaveProperty('place');
  expect(open).not.toHaveProperty('frames');
  const locked = found(edited(donePhoto('ann', 1), { place: { city: 'Porto' } }), { place: undefined });
  expect(locked).toMatchObject({ place: { city: 'Porto' }, machine: {} });
  expect(locked.machine).not.toHaveProperty('place');
  expect(edited(locked, { place: null })).not.toHaveProperty('place');
});

test('whatever people and machines do in whatever order: people’s words show, else the machine’s latest', () => {
  const word = fc.constantFrom('one', 'two', 'three');
  const values: Record<(typeof EDITABLE_FIELDS)[number], fc.Arbitrary<unknown>> = {
    display_name: word,
    title: word,
    description: word,
    tags: fc.uniqueArray(word, { minLength: 1 }),
    taken_at: fc.constantFrom('2020-01-01T00:00:00', '2021-01-01T00:00:00'),
    place: word.map((city) => ({ city })),
  };
  const step = fc.constantFrom(...EDITABLE_FIELDS).chain((field) =>
    fc.record({
      field: fc.constant(field),
      value: fc.oneof(values[field], fc.constant(null)),
      by: fc.constantFrom('person', 'machine'),
    }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      let record = imageRecord('ann', 1);
      const machine: Record<string, unknown> = { display_name: record.display_name };
      const person: Record<string, unknown> = {};
      let revision = 0;
      for (const { field, value, by } of steps) {
        if (by === 'machine') {
          if (value === null) continue;
          record = found(record, { [field]: value });
          machine[field] = value;
          expect(record.edit_revision ?? 0).toBe(revision);
          continue;
        }
        const changes = value === null ? field in person : JSON.stringify(person[field]) !== JSON.stringify(value);
        record = edited(record, { [field]: value });
        if (value === null) delete person[field];
        else person[field] = value;
        if (changes) revision += 1;
        expect(record.edit_revision ?? 0).toBe(revision);
      }
      for (const field of EDITABLE_FIELDS) expect(record[field]).toEqual(person[field] ?? machine[field]);
      expect(Object.keys(record.edits ?? {}).sort()).toEqual(Object.keys(person).sort());
    }),
  );
});
