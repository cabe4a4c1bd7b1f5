/** What is kept of a person besides the bytes of their photos, as they are given it: which items, in which files, in what form. */

interface Told {
  /** Its items have this word before the first `#` of their sort key. */
  kind: string;
  file: string;
  says: string;
}

/** Everything that is kept in its own right, in the order in which it is given. One JSON object a line. */
export const TOLD: readonly Told[] = [
  { kind: 'PROFILE', file: 'profile.jsonl', says: 'Settings, since when sessions count, and downloads under way.' },
  {
    kind: 'IMAGE',
    file: 'images.jsonl',
    says: 'Every photo, in the trash or not, with every field: where it lies, how it was processed, what it cost, what its file says, what a model said of it, what you changed, which albums, cluster and people it belongs to.',
  },
  {
    kind: 'FACES',
    file: 'faces.jsonl',
    says: 'Faces found in photos: place in the picture, and what they are compared by.',
  },
  {
    kind: 'PERSON',
    file: 'people.jsonl',
    says: 'What you said of people: names, who is hidden, covers. Whose face is whose stands in images.jsonl.',
  },
  {
    kind: 'PERSON_CENTROID',
    file: 'people-compared.jsonl',
    says: 'The mean of a person’s faces, by which new ones are compared.',
  },
  { kind: 'CLUSTER', file: 'clusters.jsonl', says: 'Groups of photos that are alike.' },
  { kind: 'ALBUM', file: 'albums.jsonl', says: 'Albums, those that were made for you too.' },
  { kind: 'ALBUM_SETTINGS', file: 'album-settings.jsonl', says: 'Which albums are made for you.' },
  {
    kind: 'LINK',
    file: 'links.jsonl',
    says: 'Share links and their terms. What opens them, and their passwords, are not kept in a form that could be given.',
  },
  { kind: 'JOB', file: 'jobs.jsonl', says: 'Long work you asked for.' },
  { kind: 'UNDO', file: 'undo.jsonl', says: 'The last merge or move that can be taken back.' },
  { kind: 'ACTIVITY', file: 'activity.jsonl', says: 'What happened in the last ninety days.' },
  { kind: 'SPENDING', file: 'spending.jsonl', says: 'What descriptions of your photos have cost this month.' },
  { kind: 'SUMMARY', file: 'summary.jsonl', says: 'Totals over your photos.' },
  { kind: 'VECTOR', file: 'embeddings.jsonl', says: 'What a photo is compared by.' },
];

/** What repeats the files above in other orders, so that it can be found and counted: it is erased with them, and not told twice. */
export const REPEATED: readonly string[] = [
  ...['DOC', 'TERM', 'TAG', 'COLOR', 'PHASH', 'PLACE', 'CAMERA', 'STATUS', 'TRASH', 'FLAG', 'MODEL', 'SIZE', 'SPARE'],
  ...['FACE', 'SUGGEST', 'NEAR', 'TALLY', 'CHECKSUM', 'JOURNAL', 'IN', 'IN_ALBUM', 'PLACED', 'TAKEN', 'EVENT'],
  ...['CENTROID', 'CLUSTERING', 'UPLOADS', 'WAITING', 'REBUILT'],
];

/** What is not said of any item: that it is yours, and where work on it stands; of a link, what leads to it. */
const UNTOLD = new Set(['user_id', 'shard', 'since', 'revived', 'digest']);

/** An item of the table as a person reads it: bytes as base64, sets as lists, the rest as it is. */
export function toldOf(item: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(item)
      .filter(([name]) => !UNTOLD.has(name))
      .map(([name, value]) => [name, readable(value)]),
  );
}

function readable(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof Set) return [...value].map(readable);
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, readable(inner)]));
}

/** What lies beside these files, to say what they are. */
export const README = [
  'Everything Shoebox keeps about you.',
  '',
  'The other zips hold your photos, those in the trash included: the very bytes you uploaded (what the files say about themselves is in',
  'them), and beside each what is known of it. In the zips of records, of which this is one:',
  '',
  'account.json: what the sign-in service knows of you; null where it was not asked.',
  ...TOLD.map(({ file, says }) => `${file}: ${says}`),
  'manifest.json: how many lines of each file are in this zip. Where there is too much for one zip, the next goes on; a file of which there',
  'would be nothing is left out.',
  '',
  'Each line is a JSON object. Times are ISO 8601 in UTC; `taken_at` is the clock of the place, and `expires`, in seconds since 1970, when a',
  'line is forgotten by itself. `descriptor`, `vector` and `sum` are 32-bit floating-point numbers, little-endian, as base64. Costs are in',
  'millionths of a US dollar.',
  '',
  `Not repeated here: the indexes by which all this is found and counted (${REPEATED.join(', ')}), thumbnails and cut-out faces.`,
  '',
].join('\n');
