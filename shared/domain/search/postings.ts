import { membershipsOf, viewedListsOf } from '../albums/lists.ts';
import { type FaceAssignment, type ImageRecord, isDegraded, isShown, isTerminal } from '../image.ts';
import { facesByPerson, isWaiting } from '../people/faces.ts';
import { phashBands } from '../phash.ts';
import { documentOf } from './document.ts';
import { cameraOf, camerasOf, placesOf, tagsOf } from './names.ts';
import { indexForm } from './words.ts';

/**
 * A photo's entry in one list of the inverted index. In the table it is the item
 * `{user_id, sk: list + '#' + image_id, image_id, ...attributes}`: ids are UUIDv7, so a list read backwards is newest first.
 */
export interface Posting {
  list: string;
  /** Local wall time; on every posting of a photo that has one, so that dates are tested without reading the record. */
  taken_at?: string;
  /** `TERM#`: occurrences weighted by field, the fields by name, and the length of the whole document. */
  tf?: number;
  in?: string[];
  len?: number;
  /** `COLOR#`: mean of the bin's pixels in OKLab, and the bin's share of the picture (0–1). */
  l?: number;
  a?: number;
  b?: number;
  share?: number;
  /** `PHASH#`: the whole hash, 16 hex digits. */
  phash?: string;
  /** `TRASH`: since when. */
  trashed_at?: string;
  /** `TAKEN#`: where it was taken, in degrees, and what that place is called. */
  lat?: number;
  lon?: number;
  place?: string;
  /** `FACE#`: the numbers of the person's faces in it. */
  faces?: number[];
}

/** Something to offer while a person types. `key` is the rest of the item's sort key after `SUGGEST#`. */
export interface Suggestion {
  key: string;
  text: string;
  kind: 'tag' | 'place' | 'camera' | 'name';
}

/** All lists of photos in the trash begin with it. */
export const TRASH = 'TRASH';
const SIZE_DIGITS = 12;

/** Names of the lists; arguments are in index form (see words.ts and names.ts). */
export const listOf = {
  term: (stem: string) => `TERM#${stem}`,
  tag: (tag: string) => `TAG#${tag}`,
  color: (bin: string) => `COLOR#${bin}`,
  phash: (band: string) => `PHASH#${band}`,
  place: (name: string) => `PLACE#${name}`,
  camera: (name: string) => `CAMERA#${name}`,
  status: (status: ImageRecord['status'] | 'degraded') => `STATUS#${status}`,
  favorite: 'FLAG#favorite',
  /** Photos whose description waits for a budget. */
  waiting: 'FLAG#waiting',
  /** Lists of one moment each, so that the trash read backwards is latest first: `TRASH#{trashed_at}#{image_id}`. */
  trash: (trashedAt: string) => `${TRASH}#${trashedAt}`,
  /** By bytes of the original: a list of its own for each size, in the order of sizes. */
  size: (bytes: number) => `SIZE#${String(bytes).padStart(SIZE_DIGITS, '0')}`,
  /** `null`: faces that may find a person yet. */
  person: (personId: string | null) => `FACE#${personId ?? 'unassigned'}`,
  model: (model: string, promptVersion: string) => `MODEL#${indexForm(model)}/${indexForm(promptVersion)}`,
};

/** A photo is in so many lists at the most, albums it was put into aside; what does not fit are its least telling words. */
const MOST_POSTINGS = 120;

/**
 * Every list a photo belongs to, each once. None where it is deleted or still under way; of one that ended otherwise than `done`
 * only its status; in the trash only that.
 */
export function postingsOf(record: ImageRecord): Posting[] {
  if (record.deleted_at !== undefined || !isTerminal(record.status)) return [];
  const { trashed_at } = record;
  if (trashed_at !== undefined) return [{ list: listOf.trash(trashed_at), trashed_at }];
  const taken = record.taken_at === undefined ? {} : { taken_at: record.taken_at };
  const posting = (list: string, attributes: Omit<Posting, 'list'> = {}): Posting => ({
    list,
    ...taken,
    ...attributes,
  });

  const status = posting(listOf.status(record.status));
  if (!isShown(record)) return [status];

  const model = record.described_by;
  const others = [
    status,
    ...(isDegraded(record) ? [posting(listOf.status('degraded'))] : []),
    ...(record.stages.describe.state === 'waiting' ? [posting(listOf.waiting)] : []),
    ...(record.original ? [posting(listOf.size(record.original.bytes))] : []),
    ...(record.favorite ? [posting(listOf.favorite)] : []),
    ...(model ? [posting(listOf.model(model.model, model.prompt_version))] : []),
    ...tagsOf(record).map((tag) => posting(listOf.tag(tag))),
    ...placesOf(record).map((name) => posting(listOf.place(name))),
    ...camerasOf(record).map((name) => posting(listOf.camera(name))),
    ...(record.color_bins ?? []).map(({ bin, ...color }) => posting(listOf.color(bin), color)),
    ...bandsOf(record).map(({ band, phash }) => posting(listOf.phash(band), { phash })),
    ...viewedListsOf(record),
    ...peopleOf(record).map(({ list, faces }) => posting(list, { faces })),
  ];
  const { terms, length } = documentOf(record);
  const words = terms
    .slice(0, Math.max(0, MOST_POSTINGS - others.length))
    .map(({ stem, tf, fields }) => posting(listOf.term(stem), { tf, in: fields, len: length }));
  return [...others, ...words, ...membershipsOf(record)];
}

/** The length of a photo's document in weighted words, as in its `TERM#` postings; 0 where it has none. */
export function documentLength(record: ImageRecord): number {
  return isShown(record) ? documentOf(record).length : 0;
}

/**
 * What a photo adds to the suggestions, each key once. A text of several words is there once under each word it can be
 * continued from (`york|new york#place`), three at the most.
 */
export function suggestionsOf(record: ImageRecord): Suggestion[] {
  if (!isShown(record)) return [];
  const { place, edits } = record;
  const { brand, model } = cameraOf(record.metadata);
  const texts: [Suggestion['kind'], string | undefined][] = [
    ...tagsOf(record).map((tag): [Suggestion['kind'], string] => ['tag', tag]),
    ['place', place?.city],
    ['place', place?.region],
    ['place', place?.country],
    ['camera', brand],
    ['camera', model],
    ['name', edits?.display_name === undefined ? undefined : record.display_name],
  ];
  const found = new Map<string, Suggestion>();
  for (const [kind, text] of texts) {
    for (const key of text === undefined ? [] : keysOf(text, kind)) {
      if (text !== undefined && !found.has(key)) found.set(key, { key, text, kind });
    }
  }
  return [...found.values()];
}

function keysOf(text: string, kind: string): string[] {
  const whole = indexForm(text);
  if (whole === '') return [];
  const words = whole.split(' ');
  const rests = words.slice(1, 3).map((_, index) => `${words.slice(index + 1).join(' ')}|${whole}`);
  return [whole, ...rests].map((key) => `${key}#${kind}`);
}

function peopleOf(record: ImageRecord): { list: string; faces: number[] }[] {
  const { faces = [] } = record;
  if (!isShown(record)) return [];
  const numbers = (some: readonly FaceAssignment[]) => some.map(({ n }) => n);
  const waiting = faces.filter(isWaiting);
  return [
    ...[...facesByPerson(faces)].map(([personId, own]) => ({ list: listOf.person(personId), faces: numbers(own) })),
    ...(waiting.length > 0 ? [{ list: listOf.person(null), faces: numbers(waiting) }] : []),
  ];
}

function bandsOf({ phash }: ImageRecord): { band: string; phash: string }[] {
  return phash === undefined ? [] : [...new Set(phashBands(phash))].map((band) => ({ band, phash }));
}
