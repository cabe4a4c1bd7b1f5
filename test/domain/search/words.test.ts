import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { indexForm, stemOf, tagForm, wordsOf } from '../../../shared/domain/search/words.ts';

describe('words of a text', () => {
  test.each([
    ['Two Dogs, on the beach!', ['two', 'dogs', 'beach']],
    ['Café Zürich – ÉCOLE', ['cafe', 'zurich', 'ecole']],
    ['IMG_0042.final', ['img', '0042', 'final']],
    ['ﬁshing', ['fishing']],
    ['東京タワー、犬と2024年', ['東京', '京タ', 'タワ', 'ワー', '犬と', '2024', '年']],
    ['Москва river', ['москва', 'river']],
    ['the of and', []],
    [`${'x'.repeat(41)} y`, ['y']],
    ['', []],
  ])('%s', (text, words) => expect(wordsOf(text)).toEqual(words));

  test.each([
    ['dogs', 'dog'],
    ['mice', 'mouse'],
    ['children', 'child'],
    ['running', 'runs'],
    ['beaches', 'beach'],
  ])('%s and %s are one', (one, other) => expect(stemOf(one)).toBe(stemOf(other)));

  test.each([
    ['dog', 'god'],
    ['car', 'cart'],
    ['bus', 'bush'],
  ])('%s and %s are two', (one, other) => expect(stemOf(one)).not.toBe(stemOf(other)));
});

describe('the form of a value in a sort key', () => {
  test.each([
    ['  São   Paulo ', 'sao paulo'],
    ['a#b|c\u0000d\u202E', 'a b c d'],
    ['ＮＩＫＯＮ', 'nikon'],
    ['###', ''],
  ])('%j', (value, form) => expect(indexForm(value)).toBe(form));

  test('tags are singular', () => {
    expect(tagForm('#Hot Dogs')).toBe('hot dog');
    expect(tagForm('Glasses')).toBe('glasses');
  });

  test('is short, well-formed, without separators, and its own form', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (value) => {
        const form = indexForm(value);
        expect(form).not.toMatch(/[#|\p{Cc}]/u);
        expect(form.isWellFormed()).toBe(true);
        expect(Buffer.byteLength(form)).toBeLessThanOrEqual(320);
        expect(indexForm(form)).toBe(form);
      }),
    );
  });
});
