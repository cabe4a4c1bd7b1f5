import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ImageRecord } from '../../../shared/domain/image.ts';
import { type Filters, listsFor, matches } from '../../../shared/domain/search/filters.ts';
import { documentLength, postingsOf, suggestionsOf } from '../../../shared/domain/search/postings.ts';
import { imageRecord } from '../../support/records.ts';

const stage = { state: 'done', attempts: 1 } as const;
const done = (changes: Partial<ImageRecord> = {}) =>
  imageRecord('ann', 1, {
    status: 'done',
    stages: { ingest: stage, describe: stage, faces: stage, organize: stage },
    ...changes,
  });

const DOG = done({
  filename: 'IMG_0042.JPG',
  display_name: 'dog-on-grass.jpg',
  title: 'A dog on grass',
  description: 'Two dogs play. The light is warm.',
  tags: ['dog', 'Hot Dogs'],
  text: 'BEWARE',
  described_by: { model: 'gpt-4o-mini', prompt_version: 'describe-1', at: '2026-01-01T00:00:00.000Z' },
  taken_at: '2024-05-31T18:00:00',
  favorite: true,
  place: { city: 'São Paulo', region: 'São Paulo', country: 'Brazil', country_code: 'BR' },
  metadata: { camera_make: 'NIKON CORPORATION', camera_model: 'NIKON D70', keywords: ['Holidays'] },
  color_bins: [{ bin: '543', l: 0.5, a: 0, b: -0.1, share: 0.4 }],
  phash: 'a1b2c3d4e5f60718',
});

const lists = (record: ImageRecord, kind = '') =>
  postingsOf(record)
    .map(({ list }) => list)
    .filter((list) => list.startsWith(kind));

describe('the lists of a photo', () => {
  test('name everything it can be found by', () => {
    expect(lists(DOG, 'TAG#')).toEqual(['TAG#dog', 'TAG#hot dog', 'TAG#holiday']);
    expect(lists(DOG, 'PLACE#')).toEqual(['PLACE#sao paulo', 'PLACE#brazil', 'PLACE#br']);
    expect(lists(DOG, 'CAMERA#')).toEqual([
      'CAMERA#nikon corporation',
      'CAMERA#nikon',
      'CAMERA#nikon d70',
      'CAMERA#d70',
      'CAMERA#nikon corporation nikon d70',
    ]);
    expect(lists(DOG, 'STATUS#')).toEqual(['STATUS#done']);
    expect(lists(DOG, 'FLAG#')).toEqual(['FLAG#favorite']);
    const stages = { ...DOG.stages, describe: { state: 'waiting', attempts: 1 } } as const;
    expect(lists({ ...DOG, stages }, 'FLAG#')).toEqual(['FLAG#waiting', 'FLAG#favorite']);
    expect(lists(DOG, 'MODEL#')).toEqual(['MODEL#gpt-4o-mini/describe-1']);
    expect(lists(DOG, 'PHASH#').length).toBeGreaterThan(3);
    expect(postingsOf(DOG).find(({ list }) => list.startsWith('COLOR#'))).toEqual({
      list: 'COLOR#543',
      taken_at: '2024-05-31T18:00:00',
      l: 0.5,
      a: 0,
      b: -0.1,
      share: 0.4,
    });
  });

  test('a word says where it occurs, and counts the more for it', () => {
    const term = (stem: string) => postingsOf(DOG).find(({ list }) => list === `TERM#${stem}`);
    // Tags twice, title, name, description.
    expect(term('dog')).toEqual({
      list: 'TERM#dog',
      taken_at: '2024-05-31T18:00:00',
      tf: 4 + 4 + 3 + 1 + 1,
      in: ['tags', 'title', 'name', 'description'],
      len: documentLength(DOG),
    });
    expect(term('0042')?.in).toEqual(['name']);
    expect(term('bewar')).toMatchObject({ in: ['text'], tf: 0.5 });
    expect(term('holidai')?.in).toEqual(['keywords']);
    expect(term('paulo')?.in).toEqual(['place']);
    expect(lists(DOG)).not.toContain('TERM#jpg');
    expect(lists(DOG)).not.toContain('TERM#the');
  });

  test.each(['rejected', 'duplicate', 'failed', 'expired'] as const)(
    'of one that ended %s: only its status',
    (status) => {
      expect(lists({ ...DOG, status })).toEqual([`STATUS#${status}`]);
      expect(suggestionsOf({ ...DOG, status })).toEqual([]);
      expect(documentLength({ ...DOG, status })).toBe(0);
    },
  );

  test.each([
    ['under way', { status: 'processing' as const }],
    ['deleted', { deleted_at: '2026-01-01T00:00:00.000Z' }],
  ])('of one that is %s: none', (_, changes) => {
    expect(postingsOf({ ...DOG, ...changes })).toEqual([]);
    expect(suggestionsOf({ ...DOG, ...changes })).toEqual([]);
  });

  test('a degraded one is in that list, too', () => {
    expect(
      lists(
        done({ stages: { ingest: stage, describe: { ...stage, state: 'refused' }, faces: stage, organize: stage } }),
      ),
    ).toContain('STATUS#degraded');
  });

  test('are bounded: the least telling words go first', () => {
    const many = (count: number, of: string) => Array.from({ length: count }, (_, index) => `${of}x${index}`);
    const record = {
      ...DOG,
      tags: many(20, 'tag'),
      text: many(300, 'text').join(' '),
      description: many(40, 'word').join(' '),
      metadata: { ...DOG.metadata, keywords: many(50, 'key') },
    };
    expect(postingsOf(record).length).toBeLessThanOrEqual(120);
    expect(new Set(lists(record)).size).toBe(lists(record).length);
    expect(lists(record)).toContain('TERM#tagx19');
    expect(lists(record)).toContain('TERM#keyx40');
    expect(lists(record)).not.toContain('TERM#textx299');
  });

  test('an empty record is found by nothing but its status and its name', () => {
    expect(lists(done())).toEqual(['STATUS#done', 'TERM#beach']);
  });
});

test('suggestions: tags, places, cameras, and names a person gave', () => {
  const named = { ...DOG, display_name: 'My best dog', edits: { display_name: '2026-01-01T00:00:00.000Z' } };
  expect(suggestionsOf(named)).toEqual([
    { key: 'dog#tag', text: 'dog', kind: 'tag' },
    { key: 'hot dog#tag', text: 'hot dog', kind: 'tag' },
    { key: 'dog|hot dog#tag', text: 'hot dog', kind: 'tag' },
    { key: 'holiday#tag', text: 'holiday', kind: 'tag' },
    { key: 'sao paulo#place', text: 'São Paulo', kind: 'place' },
    { key: 'paulo|sao paulo#place', text: 'São Paulo', kind: 'place' },
    { key: 'brazil#place', text: 'Brazil', kind: 'place' },
    { key: 'nikon#camera', text: 'NIKON', kind: 'camera' },
    { key: 'nikon d70#camera', text: 'NIKON D70', kind: 'camera' },
    { key: 'd70|nikon d70#camera', text: 'NIKON D70', kind: 'camera' },
    { key: 'my best dog#name', text: 'My best dog', kind: 'name' },
    { key: 'best dog|my best dog#name', text: 'My best dog', kind: 'name' },
    { key: 'dog|my best dog#name', text: 'My best dog', kind: 'name' },
  ]);
  expect(suggestionsOf(DOG).some(({ kind }) => kind === 'name')).toBe(false);
});

describe('filters', () => {
  const all: Filters = { status: 'done', tags: [], places: [] };

  test.each<[string, Partial<Filters>, boolean]>([
    ['nothing', {}, true],
    ['a tag', { tags: ['dog'] }, true],
    ['a keyword', { tags: ['holiday'] }, true],
    ['a tag of two that is missing', { tags: ['dog', 'cat'] }, false],
    ['city and country', { places: ['sao paulo', 'br'] }, true],
    ['another country', { places: ['sao paulo', 'peru'] }, false],
    ['maker', { camera: 'nikon' }, true],
    ['model alone', { camera: 'd70' }, true],
    ['another model', { camera: 'd700' }, false],
    ['favourites', { favorite: true }, true],
    ['all but favourites', { favorite: false }, false],
    ['another status', { status: 'failed' }, false],
    ['degraded', { status: 'degraded' }, false],
    ['a cluster', { cluster: 'c' }, false],
    ['its year', { from: '2024', to: '2024' }, true],
    ['its day', { from: '2024-05-31', to: '2024-05-31' }, true],
    ['its second', { from: '2024-05-31T18:00:00', to: '2024-05-31T18:00:00' }, true],
    ['later', { from: '2024-06' }, false],
    ['earlier', { to: '2024-05-30' }, false],
    ['times that end before they begin', { from: '2025', to: '2024' }, false],
  ])('%s', (_, filters, found) => expect(matches(DOG, { ...all, ...filters })).toBe(found));

  test('a photo without a date has no date to be found by', () => {
    expect(matches(done(), { ...all, to: '2100' })).toBe(false);
    expect(matches(done(), all)).toBe(true);
  });

  test('every photo that matches is in every list that is read for it', () => {
    const word = fc.constantFrom('Dogs', 'cat', 'São Paulo', 'Canon', 'EOS 40D', 'canon eos 40d');
    const photo = fc.record({
      tags: fc.array(word, { maxLength: 3 }),
      favorite: fc.boolean(),
      city: word,
      camera_make: word,
      camera_model: word,
      status: fc.constantFrom('done' as const, 'failed' as const),
    });
    const asked = fc.record({
      tags: fc.subarray(['dog', 'cat', 'canon']),
      places: fc.subarray(['sao paulo', 'cat']),
      camera: fc.option(fc.constantFrom('canon', 'eos 40d', 'canon eos 40d'), { nil: undefined }),
      favorite: fc.option(fc.boolean(), { nil: undefined }),
      status: fc.constantFrom('done' as const, 'failed' as const),
    });
    fc.assert(
      fc.property(photo, asked, ({ city, camera_make, camera_model, ...rest }, filters) => {
        const record = done({ ...rest, place: { city }, metadata: { camera_make, camera_model } });
        if (!matches(record, filters) || record.status !== 'done') return;
        expect(lists(record)).toEqual(expect.arrayContaining(listsFor(filters)));
      }),
    );
  });
});
