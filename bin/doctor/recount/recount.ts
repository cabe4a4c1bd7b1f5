import type { ImageRecord } from '../../../shared/domain/image.ts';
import { createAlbumsCheck } from './albums.ts';
import { createClustersCheck } from './clusters.ts';
import { createCountersCheck } from './counters.ts';
import { createEmbeddingsCheck } from './embeddings.ts';
import { type Finding, finding, type Item } from './finding.ts';
import { createListsCheck, LISTS } from './lists.ts';
import { createObjectsCheck } from './objects.ts';
import { createPairsCheck } from './pairs.ts';
import { createPeopleCheck } from './people.ts';
import { isKept, type Photo, photoOf } from './photo.ts';
import { checkRecord } from './records.ts';

/** What nobody derives from one photo, and so is not counted here. */
const OWN_RIGHT = [
  'PROFILE',
  'JOB',
  'AZURE',
  'ALBUM_SETTINGS',
  'UNDO',
  'LINK',
  'UPLOADS',
  'SPENDING',
  'WAITING',
  'REBUILT',
];
const ALBUMS = ['ALBUM', 'EVENT'];
const PHOTOS_AND_CLUSTERS = ['IMAGE', 'VECTOR', 'FACES', 'CHECKSUM', 'CENTROID', 'CLUSTER', 'IN', 'CLUSTERING'];
const PEOPLE = ['PERSON', 'PERSON_CENTROID'];
const INDEX = ['DOC', 'SPARE', 'ACTIVITY', 'SUGGEST', 'SUMMARY', 'TALLY', 'NEAR'];

/** The words before the first `#` of every sort key there is. */
export const KINDS: readonly string[] = [
  ...PHOTOS_AND_CLUSTERS,
  ...PEOPLE,
  ...LISTS,
  ...INDEX,
  ...OWN_RIGHT,
  ...ALBUMS,
];

/** The feed forgets after ninety days; the last of them are for clocks that differ and tables that are slow to forget. */
const TOLD_MS = 85 * 86_400_000;

export interface StoredObject {
  key: string;
  bytes: number;
  /** Lower-case hex, of the bytes as they are read back; absent where nobody has read them. */
  sha256?: string;
  /** When it was written; absent where that does not matter. */
  modified?: Date | undefined;
}

export interface RecountOptions {
  /** The stack is at work: what is under way is not compared, and what belongs to nothing may be about to. Otherwise it has come to rest. */
  live: boolean;
  now: Date;
}

/**
 * Counts all that is stored of one user against the image records, and finds whatever is not as it must be. Knows where things lie from
 * the design; of the product's code it asks only which words, suggestions and places a record has, and counts what comes of that by itself.
 * Given one thing at a time, records first, and the rest of the table in the order of sort keys; keeps about five kilobytes of a photo.
 */
export function createRecount(userId: string, { live, now }: RecountOptions) {
  const photos = new Map<string, Photo>();
  const lists = createListsCheck(userId, photos, live);
  const counters = createCountersCheck(userId);
  const pairs = createPairsCheck(userId, photos);
  const clusters = createClustersCheck(userId, photos);
  const embeddings = createEmbeddingsCheck(userId, photos);
  const people = createPeopleCheck(userId, photos);
  const albums = createAlbumsCheck(photos);
  const objects = createObjectsCheck(userId, photos, { live, now });
  const checksums = new Map<string, string>();
  const jobs = new Map<string, unknown>();
  const undo: Item[] = [];
  const came = new Set<unknown>();
  const findings: Finding[] = [];
  const unknown = new Set<string>();
  /** Photos that are being run again, or a pass that is open: counters are between two states. */
  let between = 0;

  return {
    record(item: Item): void {
      const record = item as unknown as ImageRecord;
      findings.push(...checkRecord(item, live));
      const photo = photoOf(record, live);
      photos.set(record.image_id, photo);
      const { lists: own, length } = lists.record(record);
      if (!photo.underWay) counters.record(record, own, length);
    },

    item(item: Item): void {
      const kind = item.sk.split('#', 1)[0] ?? '';
      if (kind === 'JOURNAL' && live) {
        between += 1;
        return;
      }
      if (!KINDS.includes(kind)) unknown.add(kind);
      if (kind === 'DOC' && photos.get(item.sk.slice('DOC#'.length))?.underWay) between += 1;
      if (kind === 'CHECKSUM') checksums.set(item.sk.slice('CHECKSUM#'.length), String(item.image_id));
      if (kind === 'VECTOR') embeddings.item(item.sk.slice('VECTOR#'.length), item);
      if (kind === 'JOB') jobs.set(item.sk.slice('JOB#'.length), item.status);
      if (kind === 'UNDO') undo.push(item);
      if (kind === 'ACTIVITY') checkActivity(item);
      for (const check of [lists, counters, pairs, clusters, people, albums]) check.item(kind, item);
      objects.item(kind, item);
    },

    vector: embeddings.vector,
    object: objects.object,

    /** What was found, once everything has been given, and how much of it could not be compared. */
    findings(): { findings: Finding[]; photos: number; underWay: number; countersSkipped: boolean } {
      const counted = between === 0 ? [...counters.findings(pairs.spares()), ...albums.findings()] : [];
      const found = [
        ...findings,
        ...objects.findings(people.facesIn),
        ...checkChecksums(),
        ...embeddings.findings(),
        ...clusters.findings(),
        ...(between === 0 ? people.findings() : []),
        ...lists.findings(),
        ...pairs.findings(),
        ...counted,
        ...untold(),
        ...checkUndo(),
        ...[...unknown].map((kind) =>
          finding(
            'items',
            `an item nobody knows: ${kind}; a newer version may have written it: look at it before you remove it`,
          ),
        ),
      ];
      const underWay = [...photos.values()].filter((photo) => photo.underWay).length;
      return { findings: found, photos: photos.size, underWay, countersSkipped: between > 0 };
    },
  };

  function checkChecksums(): Finding[] {
    const says: Finding[] = [];
    for (const [checksum, owner] of checksums)
      if (!photos.has(owner))
        says.push(
          finding('checksums', `checksum ${userId}/${checksum} belongs to ${owner}, which is gone`, {
            checksum,
            owner,
          }),
        );
    for (const [id, { sha256, status, underWay }] of photos) {
      const owner = checksums.get(sha256 ?? '');
      if (status === 'done' && !underWay && owner !== id)
        says.push(
          finding(
            'checksums',
            `image ${userId}/${id} is done, but ${owner === undefined ? 'no checksum is its own' : `its bytes are ${owner}'s`}`,
            { photo: id },
          ),
        );
    }
    return says;
  }

  /** It says of no photo more than its id and what happened. */
  function checkActivity({ user_id, ...item }: Item): void {
    const known = ['sk', 'type', 'at', 'image_id', 'subject', 'expires'];
    for (const name of Object.keys(item).filter((each) => !known.includes(each)))
      findings.push(
        finding(
          'activity',
          `${userId}: the feed says ${name} in ${item.sk}, which it must not; remove that item from the table`,
        ),
      );
    if (item.type === 'added' || item.type === 'restored') came.add(item.image_id);
  }

  /** The feed tells of every photo in the gallery that it came (or, trashed before it was done, came back). */
  function untold(): Finding[] {
    const recent = ({ created_at }: Photo) => Date.parse(created_at) > now.getTime() - TOLD_MS;
    return [...photos.values()]
      .filter((photo) => isKept(photo) && !photo.underWay && !came.has(photo.image_id) && (!live || recent(photo)))
      .map(({ image_id }) =>
        finding('activity', `${userId}: the feed does not tell that image ${image_id} came`, { untold: image_id }),
      );
  }

  /** What can be undone was done by a job that has ended; what is being undone is forgotten by then. */
  function checkUndo(): Finding[] {
    return undo.flatMap(({ sk, job_id, undone_by }) => {
      const status = jobs.get(String(job_id));
      const underWay = (state: unknown) => live && (state === 'queued' || state === 'running');
      if (underWay(status) || underWay(jobs.get(String(undone_by)))) return [];
      return [
        ...(status === 'done' || status === 'failed'
          ? []
          : [`the item ${sk} would undo what a job did that is ${status ?? 'gone'}`]),
        ...(undone_by === undefined ? [] : [`the item ${sk} has been undone, but is still there`]),
      ].map((words) => finding('undo', `${words}; remove it from the table`));
    });
  }
}
export type Recount = ReturnType<typeof createRecount>;
