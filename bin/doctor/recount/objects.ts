import { type Finding, finding, type Item, runAgain } from './finding.ts';
import type { Photo } from './photo.ts';
import type { RecountOptions, StoredObject } from './recount.ts';

/** An object may lie there for so long before anything says what it is. */
const YOUNG_MS = 3_600_000;

interface Zip {
  bytes: number;
}

/** Objects of one user against the records: each photo has its own, and each object belongs to something. */
export function createObjectsCheck(userId: string, photos: ReadonlyMap<string, Photo>, { live, now }: RecountOptions) {
  /** Names of the objects each photo has. */
  const there = new Map<string, string[]>();
  /** Keys of those that may not be said anywhere yet. */
  const newcomers = new Set<string>();
  const zips = new Map<string, number>();
  const expectedZips = new Map<string, Zip>();
  const findings: Finding[] = [];
  let given = false;

  return {
    item(kind: string, { sk, type, status, result }: Item): void {
      if (kind !== 'JOB' || type !== 'download' || status !== 'done') return;
      for (const [index, { bytes }] of (result as { parts: Zip[] }).parts.entries())
        expectedZips.set(`downloads/${userId}/${sk.slice('JOB#'.length)}/part-${index + 1}.zip`, { bytes });
    },

    object(object: StoredObject): void {
      given = true;
      const { key, bytes, modified } = object;
      const [part = '', , id = '', name = ''] = key.split('/');
      if (part === 'jobs') return;
      if (part === 'downloads') return void zips.set(key, bytes);
      if (bytes === 0)
        findings.push(
          finding(
            aboutOf(part),
            `object ${key} is empty; ${part === 'originals' ? NO_COPY : 'its owner can have the photo read again'}`,
          ),
        );
      const imageId = part === 'raw' ? id.replace(/\.json$/, '') : id;
      const photo = photos.get(imageId);
      if (photo?.underWay) return;
      const young = live && (!modified || modified.getTime() > now.getTime() - YOUNG_MS);
      const kept = photo?.status === 'done' || photo?.status === 'failed';
      if (!kept || !belongs(photo, part, name)) {
        if (!young) findings.push(nobodys(part, key));
        return;
      }
      if (young) newcomers.add(key);
      const names = there.get(imageId) ?? [];
      names.push(part === 'thumbnails' ? name : part);
      there.set(imageId, names);
      if (part === 'originals' && photo.status === 'done') checkOriginal(imageId, photo, object);
    },

    /** `facesIn`: how many faces were found in a photo. */
    findings(facesIn: (imageId: string) => number): Finding[] {
      if (!given && !live) return [];
      for (const [id, photo] of photos) if (!photo.underWay) checkPhoto(id, photo, facesIn(id));
      return [...findings, ...checkZips()];
    },
  };

  function belongs(photo: Photo, part: string, name: string): boolean {
    if (part === 'originals') return name === '';
    // What was begun of one that was given up is written anew when it is read again, and goes when it is erased.
    if (part === 'raw') return photo.raw || photo.status === 'failed';
    if (part !== 'thumbnails') return false;
    if (photo.status === 'failed' && name === 'preview.webp') return true;
    return /^face-\d+\.webp$/.test(name) || named(photo).includes(name);
  }

  function checkPhoto(id: string, photo: Photo, faces: number): void {
    const own = new Set(there.get(id) ?? []);
    const crops = Array.from({ length: faces }, (_, n) => `face-${n}.webp`);
    for (const name of own)
      if (name.startsWith('face-') && !crops.includes(name)) {
        const key = `thumbnails/${userId}/${id}/${name}`;
        if (!newcomers.has(key)) findings.push(finding('objects', `object ${key} belongs to nothing`, { object: key }));
      }
    if (photo.status !== 'done') return;
    const keys = ['originals', ...named(photo), ...crops, ...(photo.raw ? ['raw'] : [])];
    for (const name of keys.filter((each) => !own.has(each))) {
      const key =
        name === 'originals'
          ? `originals/${userId}/${id}`
          : name === 'raw'
            ? `raw/${userId}/${id}.json`
            : `thumbnails/${userId}/${id}/${name}`;
      if (name === 'originals')
        findings.push(finding('originals', `image ${userId}/${id} has lost its original (${key}); ${NO_COPY}`));
      else {
        const stage = name.startsWith('face-') ? 'faces' : 'ingest';
        findings.push(finding('objects', `image ${userId}/${id} is done without ${key}${runAgain(id, stage)}`));
      }
    }
  }

  /** Encrypted ones are somewhat larger than what is in them; only who reads them knows. */
  function checkOriginal(id: string, photo: Photo, { bytes, sha256 }: StoredObject): void {
    if (sha256 === undefined ? bytes >= (photo.bytes ?? 0) : sha256 === photo.sha256 && bytes === photo.bytes) return;
    findings.push(finding('originals', `image ${userId}/${id}: its original is not what its record says; ${NO_COPY}`));
  }

  /** Zips in the bucket that no download names, those that one names and that are not there, and those of another size than it says. */
  function checkZips(): Finding[] {
    const says: Finding[] = [];
    for (const [key, { bytes }] of expectedZips) {
      // The bucket forgets them after some days, and encrypted ones are larger.
      const found = zips.get(key);
      if (live ? found !== undefined && found < bytes : found !== bytes)
        says.push(
          finding(
            'downloads',
            `download ${key} has ${found ?? 'no'} bytes, not ${bytes}; its owner can ask for it again`,
          ),
        );
      zips.delete(key);
    }
    // One that is being written is of a job that has not ended.
    if (live) return says;
    return [...says, ...[...zips.keys()].map((key) => finding('downloads', `object ${key} belongs to nothing`))];
  }
}

/** Nothing has the bytes of an original but the object itself. */
const NO_COPY =
  'nothing else has its bytes: restore the object if you keep copies, or ask its owner to upload it again';

const aboutOf = (part: string) => (part === 'originals' || part === 'incoming' ? 'originals' : 'objects');

/** What a person can do about objects that may be the only copy of a photo. */
const ONLY_COPY: Readonly<Record<string, string>> = {
  originals:
    'it may be the only copy of a photo whose record was lost: restore the table, or have its owner upload it again, before removing it',
  incoming: 'it came late, or its record was lost: its owner can upload it again; the bucket removes it after 30 days',
};

/** An object of no photo. It is removed only where it can be made again. */
function nobodys(part: string, key: string): Finding {
  const advice = ONLY_COPY[part];
  if (advice !== undefined) return finding('originals', `object ${key} belongs to nothing; ${advice}`);
  return finding('objects', `object ${key} belongs to nothing`, { object: key });
}

const named = ({ renditions }: Photo) => [...new Set(['small', 'medium', ...renditions])].map((size) => `${size}.webp`);
