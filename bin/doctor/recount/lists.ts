import { hash } from 'node:crypto';
import type { ImageRecord } from '../../../shared/domain/image.ts';
import { postingsOf, suggestionsOf } from '../../../shared/domain/search/postings.ts';
import { contributionOf } from '../../../shared/domain/summary.ts';
import { talliesOf } from '../../../shared/domain/tallies.ts';
import { checkByHand } from './by-hand.ts';
import { canonical, type Finding, finding, type Item, type Mend, privately } from './finding.ts';
import type { Photo } from './photo.ts';

/** Kinds of items that are entries of photos in lists. */
export const LISTS = [
  'TERM',
  'TAG',
  'COLOR',
  'PHASH',
  'PLACE',
  'CAMERA',
  'STATUS',
  'FLAG',
  'MODEL',
  'TRASH',
  'IN_ALBUM',
  'PLACED',
  'TAKEN',
  'SIZE',
  'FACE',
];

/** What is expected of one photo: of each list a digest of its name, in order, and one of what it says there. */
interface Expected {
  names: Float64Array;
  contents: Float64Array;
  seen: Uint8Array;
  /** What it counts for. */
  counted: number;
  entry: boolean;
}

/** Everything searching reads of one user, photo by photo, against the records. Which words a record has is asked of the product. */
export function createListsCheck(userId: string, photos: ReadonlyMap<string, Photo>, live: boolean) {
  const expected = new Map<string, Expected>();
  const findings: Finding[] = [];
  const say = (words: string, ...mend: Mend[]) => void findings.push(finding('lists', `${userId}: ${words}`, ...mend));
  const whisper = (words: string, ...mend: Mend[]) =>
    void findings.push(privately('lists', `${userId}: ${words}`, ...mend));

  return {
    /** A record; answers the lists it is in, and the length of its document. Nothing is derived from an upload that is awaited. */
    record(record: ImageRecord): { lists: string[]; length: number } {
      if (record.status === 'awaiting_upload' || photos.get(record.image_id)?.underWay) return { lists: [], length: 0 };
      const postings = postingsOf(record)
        .map(({ list, ...attributes }) => ({
          list,
          length: attributes.len ?? 0,
          name: digestOf(list),
          content: digestOf(canonical({ ...attributes, image_id: record.image_id })),
        }))
        .sort((one, other) => one.name - other.name);
      expected.set(record.image_id, {
        names: Float64Array.from(postings, ({ name }) => name),
        contents: Float64Array.from(postings, ({ content }) => content),
        seen: new Uint8Array(postings.length),
        counted: digestOf(canonical([contributionOf(record), suggestionsOf(record), talliesOf(record)])),
        entry: false,
      });
      const lists = postings.map(({ list }) => list);
      // People spell things in more ways than one who checks by hand thinks of.
      if (!live) for (const words of checkByHand(record, new Set(lists))) whisper(words);
      // Each entry of a word says how long the document is.
      return { lists, length: Math.max(0, ...postings.map(({ length }) => length)) };
    },

    item(kind: string, item: Item): void {
      if (kind === 'DOC') checkEntry(item);
      else if (LISTS.includes(kind)) checkPosting(item);
    },

    findings(): Finding[] {
      for (const [id, { seen, entry }] of expected) {
        const missing = seen.filter((was) => was === 0).length;
        if (missing > 0) say(`image ${id} is missing in ${missing} of its ${seen.length} lists`, { photo: id });
        if (!entry) say(`the index entry (DOC) of image ${id} is missing`, { photo: id }, 'counters');
      }
      return findings;
    },
  };

  function checkPosting({ user_id, sk, ...attributes }: Item): void {
    const end = sk.lastIndexOf('#');
    const id = sk.slice(end + 1);
    if (photos.get(id)?.underWay) return;
    const known = expected.get(id);
    const at = known ? indexOf(known.names, digestOf(sk.slice(0, end))) : -1;
    if (!known || at < 0) {
      whisper(`posting ${sk} is too many`, { stray: sk }, ...(known ? [{ photo: id }] : []));
      return;
    }
    known.seen[at] = 1;
    if (known.contents[at] !== digestOf(canonical(attributes)))
      whisper(`posting ${sk} is otherwise than its photo`, { photo: id });
  }

  function checkEntry({ sk, lists, contribution, suggestions, tallies }: Item): void {
    const id = sk.slice('DOC#'.length);
    if (photos.get(id)?.underWay) return;
    const known = expected.get(id);
    if (!known) {
      say(`the index entry (DOC) of image ${id} is too many, as there is no such image`, { photo: id }, 'counters');
      return;
    }
    known.entry = true;
    const names = Float64Array.from(Object.keys(lists as object), digestOf).sort();
    if (names.length !== known.names.length || names.some((name, at) => name !== known.names[at]))
      say(`the index entry (DOC) of image ${id} names other lists than its photo is in`, { photo: id });
    if (digestOf(canonical([contribution, suggestions, tallies])) !== known.counted)
      say(`the index entry (DOC) of image ${id} counts otherwise than its photo`, { photo: id }, 'counters');
  }
}

/** 48 bits of a text, as a number. */
const digestOf = (text: string): number => Number.parseInt(hash('sha1', text, 'hex').slice(0, 12), 16);

/** Where a number stands in an ascending row; −1 where it does not. */
function indexOf(row: Float64Array, wanted: number): number {
  let [low, high] = [0, row.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((row[middle] as number) < wanted) low = middle + 1;
    else high = middle;
  }
  return row[low] === wanted ? low : -1;
}
