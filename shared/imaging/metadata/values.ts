import { plainLine, plainText } from '../../domain/plain-text.ts';

/**
 * Single values out of exifreader's tags, whose shapes depend on the format and on the file: everything is checked, nothing assumed.
 * What is malformed or out of range is `undefined`, as if it were not there.
 */

/** Tags of one group by name. */
export type Tags = Readonly<Record<string, unknown>>;

/** What exifreader gives for a value that lies outside the file. */
const FAULTY = '<faulty value>';
const LINE_LIMIT = 200;
const TEXT_LIMIT = 2_000;

interface Tag {
  value: unknown;
  description: unknown;
  attributes: unknown;
}

/** The tag of that name, if there is one; of a repeated one the first. */
export function tagOf(tags: Tags | undefined, name: string): Partial<Tag> | undefined {
  const found = tags && Object.hasOwn(tags, name) ? tags[name] : undefined;
  const first = Array.isArray(found) ? found[0] : found;
  return typeof first === 'object' && first !== null ? (first as Partial<Tag>) : undefined;
}

export const tagValue = (tags: Tags | undefined, name: string): unknown => tagOf(tags, name)?.value;

/** Text of an EXIF tag: of several, separated by NUL in the file, the first that says something. */
export function exifText(tags: Tags | undefined, name: string): string | undefined {
  const value = tagValue(tags, name);
  const texts = Array.isArray(value) ? value : [value];
  return texts.filter((text) => typeof text === 'string' && text !== FAULTY).find((text) => text.trim() !== '');
}

/** The texts of an XMP property, whether it is simple, a list or in several languages (the default one first). */
export function xmpTexts(tags: Tags | undefined, name: string): string[] {
  const value = tagValue(tags, name);
  if (typeof value === 'string') return [value];
  if (!Array.isArray(value)) return [];
  const items = value.filter((item): item is Partial<Tag> => typeof item === 'object' && item !== null);
  // exifreader keeps the local names of attributes: `xml:lang` is `lang`.
  const isDefault = ({ attributes }: Partial<Tag>) =>
    typeof attributes === 'object' && attributes !== null && 'lang' in attributes
      ? attributes.lang === 'x-default'
      : false;
  return [...items.filter(isDefault), ...items.filter((item) => !isDefault(item))]
    .map(({ value: text }) => text)
    .filter((text) => typeof text === 'string');
}

/** The first text of an XMP property that says something. */
export const xmpText = (tags: Tags | undefined, name: string): string | undefined =>
  xmpTexts(tags, name).find((text) => text.trim() !== '');

/** The decoded texts of an IPTC data set, which may be repeated. */
export function iptcTexts(tags: Tags | undefined, name: string): string[] {
  const found = tags && Object.hasOwn(tags, name) ? tags[name] : undefined;
  const all: unknown[] = Array.isArray(found) ? found : [found];
  return all
    .map((tag) => (typeof tag === 'object' && tag !== null ? (tag as Partial<Tag>).description : undefined))
    .filter((text) => typeof text === 'string');
}

/** A plain line of at most 200 characters; `undefined` where nothing is left. */
export function line(text: string | undefined): string | undefined {
  return (text !== undefined && plainLine(text, LINE_LIMIT)) || undefined;
}

/** Plain text of at most 2,000 characters; `undefined` where nothing is left. */
export function paragraph(text: string | undefined): string | undefined {
  return (text !== undefined && plainText(text, TEXT_LIMIT)) || undefined;
}

/** A rational (numerator and denominator), also of XMP's `28/10`, or a plain number. Finite, else `undefined`. */
export function numberFrom(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value === 'string') return numberFromText(value);
  if (!Array.isArray(value)) return undefined;
  const [numerator, denominator] = value;
  if (typeof numerator !== 'number' || typeof denominator !== 'number' || value.length !== 2) return undefined;
  return numberFrom(numerator / denominator);
}

function numberFromText(text: string): number | undefined {
  const found = /^\s*([-+]?\d{1,15}(?:\.\d{1,15})?)(?:\/(\d{1,15}))?\s*$/.exec(text);
  return found ? numberFrom(Number(found[1]) / Number(found[2] ?? 1)) : undefined;
}

/** A number above zero and up to `most`: zero is how cameras say that they do not know. */
export function positive(value: number | undefined, most: number): number | undefined {
  return value !== undefined && value > 0 && value <= most ? value : undefined;
}

/** At most `digits` decimals. Never −0, which JSON and equality treat differently. */
export function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits)) + 0;
}

/** An object without the fields that are `undefined`: absent is unknown. */
export function known<T extends object>(fields: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
