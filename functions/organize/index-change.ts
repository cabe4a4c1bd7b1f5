import { createHash } from 'node:crypto';
import type { DetectedFace } from '../../shared/adapters/faces.ts';
import type { IndexEntry, PostingOf } from '../../shared/adapters/image-index.ts';
import { type ActivityType, toldStateOf, transition } from '../../shared/domain/activities.ts';
import { type ImageRecord, isShown } from '../../shared/domain/image.ts';
import { countedFaces } from '../../shared/domain/people/counted.ts';
import { postingsOf, suggestionsOf } from '../../shared/domain/search/postings.ts';
import { contributionOf } from '../../shared/domain/summary.ts';
import { talliesOf } from '../../shared/domain/tallies.ts';

/** What has to be written for one photo so that the index says what its record says. */
export interface IndexChange {
  record: ImageRecord | null;
  before: IndexEntry;
  after: IndexEntry;
  puts: PostingOf[];
  deletes: Pick<PostingOf, 'list' | 'image_id'>[];
  /** What the feed is to tell of it. */
  activity: ActivityType | null;
}

/** Compares a record (`null`: nothing of it is to stay) with what is written for it; `null` where nothing has to change. */
export function changeOf(
  image_id: string,
  record: ImageRecord | null,
  known: IndexEntry | undefined,
  detected: readonly DetectedFace[] = [],
): IndexChange | null {
  if (!record && !known) return null;
  const before = known ?? emptyEntry(image_id);
  const { entry: after, postings } = record
    ? entryOf(record, detected)
    : { entry: emptyEntry(image_id), postings: [] as PostingOf[] };
  const lists = new Map(Object.entries(after.lists));
  const puts = postings.filter(({ list }) => before.lists[list] !== lists.get(list));
  const deletes = Object.keys(before.lists)
    .filter((list) => !lists.has(list))
    .map((list) => ({ list, image_id }));
  const counted = ({ suggestions, tallies, contribution, looks, told, faces = [] }: IndexEntry) =>
    digestOf([suggestions, tallies, contribution, looks, told, faces]);
  const same = puts.length === 0 && deletes.length === 0 && counted(before) === counted(after);
  if (known && record && same) return null;
  return { record, before, after, puts, deletes, activity: transition(before.told, record ? after.told : 'gone') };
}

/** What is to be written for a photo, and the postings that it is in. */
export function entryOf(
  record: ImageRecord,
  detected: readonly DetectedFace[] = [],
): { entry: IndexEntry; postings: PostingOf[] } {
  const { image_id } = record;
  const postings = postingsOf(record).map((posting) => ({ ...posting, image_id }));
  const faces = countedFaces(record, detected);
  const entry: IndexEntry = {
    image_id,
    lists: Object.fromEntries(postings.map(({ list, ...attributes }) => [list, digestOf(attributes)])),
    suggestions: suggestionsOf(record),
    tallies: talliesOf(record),
    contribution: contributionOf(record),
    looks: looksOf(record),
    told: toldStateOf(record),
    ...(faces.length > 0 && { faces }),
  };
  return { entry, postings };
}

const emptyEntry = (image_id: string): IndexEntry => ({
  image_id,
  lists: {},
  suggestions: [],
  tallies: [],
  contribution: null,
  looks: null,
  told: null,
});

/** All of a record that can decide whether two photos look the same, and which is the better one. */
function looksOf(record: ImageRecord): string | null {
  const { phash, colors, color_bins, placeholder, width, height, bytes, original } = record;
  if (!isShown(record) || phash === undefined) return null;
  return digestOf([phash, colors, color_bins, placeholder, width, height, bytes, original?.bytes]);
}

/** Eight characters that differ where the values do, whatever the order of their fields: the table does not keep it. */
function digestOf(value: unknown): string {
  const sorted = JSON.stringify(value, (_, field: unknown) =>
    field !== null && typeof field === 'object' && !Array.isArray(field)
      ? Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1)))
      : field,
  );
  return createHash('sha256').update(sorted).digest('base64url').slice(0, 8);
}
