import { stemmer } from 'stemmer';
import { singular } from '../singular.ts';

/** What is too common in English to tell one photo from another. */
const STOP_WORDS = new Set(
  'a an and are as at be been but by for from had has have he her his i in into is it its me my near no not of on or our she so than that the their them then there these they this those to under up was we were which while who with you your'.split(
    ' ',
  ),
);

/** Longest form kept of a word or a value, in UTF-16 units: sort keys end at 1,024 bytes. */
const LONGEST_WORD = 40;
const LONGEST_VALUE = 80;

const LATIN_ACCENTS = /[\u0300-\u036f]/g;
/** Letters and digits in a row. Scripts written without spaces between words are runs of their own. */
const RUNS =
  /[[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}]&&[\p{L}\p{M}]]+|[[\p{L}\p{M}\p{N}]--[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}]]+/gv;
const UNSPACED = /^[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}]/v;

/** Lower case, compatibility forms unified, accents dropped: `Zürich` and `zurich` are one. */
function folded(text: string): string {
  return text.toWellFormed().normalize('NFKD').replace(LATIN_ACCENTS, '').normalize('NFC').toLowerCase();
}

/** The form of a tag, place or camera in which it is a part of a sort key and compared: folded, one line, no `#` or `|`, bounded. May be empty. */
export function indexForm(value: string): string {
  const line = folded(value)
    .replace(/[#|\p{Cc}\p{Cf}]/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim();
  return line.slice(0, LONGEST_VALUE).toWellFormed().trim();
}

/** The form of a tag: as {@link indexForm}, singular. */
export function tagForm(tag: string): string {
  return singular(indexForm(tag));
}

/**
 * The words of a text in their order: folded letters and digits; stop words and very long strings are left out. Chinese and Japanese,
 * which have no spaces, are read as overlapping pairs of characters.
 */
export function wordsOf(text: string): string[] {
  const runs = folded(text).match(RUNS) ?? [];
  return runs
    .flatMap((run) => (UNSPACED.test(run) ? pairs(run) : run))
    .filter((word) => word.length <= LONGEST_WORD && !STOP_WORDS.has(word));
}

/** What a word is looked up by: `dogs`, `dog` and `dogged` are one, and so are `mice` and `mouse`. Porter's algorithm (1980). */
export function stemOf(word: string): string {
  return /^[a-z]+$/.test(word) ? stemmer(singular(word)) : word;
}

function pairs(run: string): string[] {
  const points = [...run];
  return points.length < 2 ? points : points.slice(1).map((point, index) => `${points[index]}${point}`);
}
