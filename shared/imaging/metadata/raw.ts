import { plainText } from '../../domain/plain-text.ts';
import type { TagGroups } from './parse.ts';

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** What the dump as a whole may weigh as JSON, in bytes. */
const MOST_BYTES = 64 * 1024;
/** Room for `dropped`, and for what holds the parts together. */
const RESERVED_BYTES = 8 * 1024;
const MOST_DROPPED_NAMES = 50;
const KEY_LIMIT = 100;
/** No text is longer than the dump. */
const TEXT_LIMIT = MOST_BYTES;
/** Longer arrays of numbers are tables and blobs, which nobody reads. */
const MOST_NUMBERS = 64;
const MOST_ITEMS = 1_000;
const MOST_DEPTH = 8;
const ALWAYS_BLOBS = new Set([
  'MakerNote',
  'PrintIM',
  'DeviceSettingDescription',
  'IPTC-NAA',
  'ICC_Profile',
  'Padding',
]);
/** Embedded pictures; the tags that describe them stay. */
const LEFT_OUT = new Set(['image', 'base64', 'JFIF Thumbnail']);
/** The same tags again. */
const REPEATED_GROUPS = new Set(['pngFile', 'pngText']);
const UNSAFE_KEYS = new Set(['', '__proto__', 'constructor', 'prototype']);

interface Entry {
  group: string;
  name: string;
  json: Json;
  bytes: number;
}

/**
 * All tags by group and name, as `{ value, description }`, as the value alone where a description would only repeat it, or as
 * `{ bytes }` for what is binary. If they are too many, the longest are left out and `dropped` says how many and which. `null` where
 * there are none.
 */
export function dumpTags(groups: TagGroups): Record<string, unknown> | null {
  const entries = Object.entries(groups).flatMap(([group, tags]) =>
    REPEATED_GROUPS.has(group) ? [] : entriesOf(group, tags),
  );
  if (entries.length === 0) return null;
  const { kept, dropped } = keepShortest(entries);
  const dump: Record<string, Record<string, Json>> = {};
  for (const { group, name, json } of kept) {
    dump[group] ??= {};
    dump[group][name] = json;
  }
  return dropped.length === 0 ? dump : { ...dump, dropped: summaryOf(dropped) };
}

function entriesOf(group: string, tags: unknown): Entry[] {
  if (typeof tags !== 'object' || tags === null) return [];
  // Keys first: reading an embedded picture would encode it.
  return Object.keys(tags)
    .filter((name) => !LEFT_OUT.has(name))
    .flatMap((name) => {
      const key = plainText(name, KEY_LIMIT);
      const json = UNSAFE_KEYS.has(key) ? undefined : toJson((tags as Record<string, unknown>)[name], group, key);
      if (json === undefined) return [];
      const bytes = Buffer.byteLength(JSON.stringify(key)) + Buffer.byteLength(JSON.stringify(json)) + 2;
      return [{ group, name: key, json, bytes }];
    });
}

/** The longest go first, so that as many tags as possible stay. */
function keepShortest(entries: readonly Entry[]): { kept: Entry[]; dropped: Entry[] } {
  let total = entries.reduce((sum, { bytes }) => sum + bytes, RESERVED_BYTES);
  const dropped = new Set<Entry>();
  for (const entry of entries.toSorted((a, b) => b.bytes - a.bytes)) {
    if (total <= MOST_BYTES) break;
    dropped.add(entry);
    total -= entry.bytes;
  }
  return { kept: entries.filter((entry) => !dropped.has(entry)), dropped: [...dropped] };
}

function summaryOf(dropped: readonly Entry[]) {
  return {
    tags: dropped.length,
    bytes: dropped.reduce((sum, { bytes }) => sum + bytes, 0),
    longest: dropped.slice(0, MOST_DROPPED_NAMES).map(({ group, name }) => `${group}.${name}`),
  };
}

/** One tag, or what is within it: XMP's lists and structures are made of tags again. `undefined` for what JSON has no word for. */
function toJson(value: unknown, group: string, name: string, depth = 0): Json | undefined {
  if (typeof value === 'string') return plainText(value, TEXT_LIMIT);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'boolean' || value === null) return value;
  if (typeof value !== 'object' || depth > MOST_DEPTH) return undefined;
  if (isBinary(value) || (isNumbers(value) && value.length > MOST_NUMBERS)) return blob(value);
  if (Array.isArray(value)) {
    // Not `map`, which leaves the holes that exifreader makes.
    return Array.from(value.slice(0, MOST_ITEMS), (item) => toJson(item, group, name, depth + 1) ?? null);
  }
  return 'value' in value ? tagToJson(value, group, name, depth) : objectToJson(value, group, depth);
}

function tagToJson(
  tag: { value: unknown; description?: unknown },
  group: string,
  name: string,
  depth: number,
): Json | undefined {
  if (ALWAYS_BLOBS.has(name)) return blob(tag.value);
  const description = typeof tag.description === 'string' ? plainText(tag.description, TEXT_LIMIT) : '';
  // IPTC keeps text as numbers, and so does Windows: the description is the text.
  if (isNumbers(tag.value) && description !== '' && (group === 'iptc' || name.startsWith('XP'))) return description;
  const value = toJson(tag.value, group, name, depth + 1);
  if (value === undefined || isBlob(value)) return value;
  // Of XMP's lists and structures, descriptions are repetitions.
  if (description === '' || (group === 'xmp' && typeof value === 'object')) return value;
  return description === (Array.isArray(value) ? value.join(', ') : String(value)) ? value : { value, description };
}

function objectToJson(object: object, group: string, depth: number): Json {
  const fields: Record<string, Json> = {};
  for (const [name, field] of Object.entries(object).slice(0, MOST_ITEMS)) {
    const key = plainText(name, KEY_LIMIT);
    const json = UNSAFE_KEYS.has(key) ? undefined : toJson(field, group, key, depth + 1);
    if (json !== undefined) fields[key] = json;
  }
  return fields;
}

const isNumbers = (value: unknown): value is number[] => Array.isArray(value) && typeof value[0] === 'number';
const isBinary = (value: object): value is ArrayBuffer | ArrayBufferView =>
  value instanceof ArrayBuffer || ArrayBuffer.isView(value);
const isBlob = (json: Json) =>
  typeof json === 'object' && json !== null && 'bytes' in json && Object.keys(json).length === 1;

function blob(value: unknown): Json {
  if (Array.isArray(value) || typeof value === 'string') return { bytes: value.length };
  return { bytes: typeof value === 'object' && value !== null && isBinary(value) ? value.byteLength : 0 };
}
