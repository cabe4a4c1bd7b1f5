import type { AlbumImages } from '../../shared/adapters/album-images.ts';
import type { Albums } from '../../shared/adapters/albums.ts';
import type { Belongings } from '../../shared/adapters/belongings.ts';
import type { Clock } from '../../shared/adapters/ids.ts';
import type { Images } from '../../shared/adapters/images.ts';
import type { Job, Jobs } from '../../shared/adapters/jobs.ts';
import type { ObjectReader } from '../../shared/adapters/object-reader.ts';
import type { Objects } from '../../shared/adapters/objects.ts';
import type { Zips } from '../../shared/adapters/zips.ts';
import type { Album } from '../../shared/domain/albums/album.ts';
import { type DownloadProgress, isDownloadable, isKept } from '../../shared/domain/download.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';
import { accountKey, downloadKey, jobKey } from '../../shared/domain/object-keys.ts';
import { createAccountPart } from './account-part.ts';
import { createPart } from './download-part.ts';

export interface DownloadDeps {
  jobs: Jobs;
  images: Pick<Images, 'getMany' | 'list'>;
  albums: Pick<Albums, 'get' | 'getMany'>;
  albumImages: Pick<AlbumImages, 'page'>;
  objects: Pick<Objects, 'read' | 'writeOnce' | 'remove'>;
  reader: ObjectReader;
  zips: Zips;
  belongings: Pick<Belongings, 'below'>;
  clock: Clock;
  bounds: DownloadBounds;
}

/** A part ends before either bound is passed, but holds one photo at least; no part is begun when a run has taken `runMs`. */
export interface DownloadBounds {
  partBytes: number;
  partImages: number;
  runMs: number;
}

const PAGE = 100;
const ALBUM_PAGE = 1_000;
const START: DownloadProgress = { next: 0, parts: [], images: 0, left_out: 0, problems: 0, runs: 0 };

/**
 * Writes the photos a job means into zips in the bucket, part by part. Which photos is decided once, at the beginning: a run that dies
 * is taken up at the part it was writing, which is written again as a whole. Answers `more` where the rest is left to the next run.
 */
export function createDownload(deps: DownloadDeps) {
  const { jobs, images, albums, albumImages, objects, reader, zips, belongings, clock, bounds } = deps;

  return async function run(userId: string, jobId: string): Promise<'ended' | 'more'> {
    const job = await jobs.get(userId, jobId);
    if (job?.type !== 'download' || job.status === 'done' || job.status === 'failed') return 'ended';
    const until = clock().getTime() + bounds.runMs;
    const ids = await listFor(job);
    const advance = (at: DownloadProgress) =>
      jobs.advance(userId, jobId, Math.min(0.99, at.next / Math.max(1, ids.length)), at);

    for (let at = job.checkpoint ?? START; ; ) {
      if (at.next >= ids.length && (job.request.of !== 'account' || at.records === null)) {
        const { parts, images, left_out, problems } = at;
        // The zips hold it by now.
        if (job.request.of === 'account') await objects.remove([accountKey(userId, jobId)]);
        await jobs.finish(userId, jobId, { images, left_out, problems, parts });
        return 'ended';
      }
      if (clock().getTime() >= until) {
        await advance({ ...at, runs: at.runs + 1 });
        return 'more';
      }
      at = at.next < ids.length ? await writePart(job, ids, at) : await writeRecords(job, at);
      if (!(await advance(at))) return 'ended';
    }
  };

  /** The ids of all that is meant, as they were when the job was first looked at (or asked for, where they were given). */
  async function listFor(job: Job<'download'>): Promise<string[]> {
    const { user_id, job_id, request } = job;
    const key = jobKey(user_id, job_id);
    const stored = await objects.read(key);
    if (stored) return JSON.parse(new TextDecoder().decode(stored));
    if (request.of === 'ids') throw new Error(`The list of job ${job_id} is not in the bucket`);
    const ids = request.of === 'album' ? await inAlbum(user_id, request.album_id) : await all(user_id, meant(job));
    await objects.writeOnce(key, new TextEncoder().encode(JSON.stringify(ids)), 'application/json');
    return ids;
  }

  async function all(userId: string, isMeant: (record: ImageRecord) => boolean): Promise<string[]> {
    const ids: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await images.list(userId, { limit: PAGE, cursor, trashed: true });
      ids.push(...page.items.filter(isMeant).map(({ image_id }) => image_id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return ids;
  }

  /** None where the album was deleted after it was asked for. */
  async function inAlbum(userId: string, albumId: string): Promise<string[]> {
    const album = await albums.get(userId, albumId);
    const ids: string[] = [];
    let cursor: string | undefined;
    do {
      const page = album && (await albumImages.page(userId, album, { cursor, limit: ALBUM_PAGE }));
      ids.push(...(page?.imageIds ?? []));
      cursor = page?.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return ids;
  }

  async function writePart(job: Job<'download'>, ids: readonly string[], at: DownloadProgress) {
    const { records, next } = await choose(job, ids, at.next);
    const left_out = at.left_out + (next - at.next) - records.length;
    if (records.length === 0) return { ...at, next, left_out };
    const number = at.parts.length + 1;
    const albumIds = new Set(records.flatMap(({ albums: positions }) => Object.keys(positions ?? {})));
    const known = albumIds.size > 0 ? await albums.getMany(job.user_id, [...albumIds]) : new Map<string, Album>();
    const albumNames = new Map([...known].map(([id, { name }]) => [id, name]));
    const part = createPart({ job, number, records, albumNames, reader, at: clock() });
    const bytes = await part.write((entries) => zips.write(downloadKey(job.user_id, job.job_id, number), entries));
    return {
      ...at,
      next,
      left_out,
      parts: [...at.parts, { bytes, images: records.length }],
      images: at.images + records.length,
      problems: at.problems + part.problems(),
    };
  }

  /** Writes the next zip of an account's records. */
  async function writeRecords({ user_id: userId, job_id: jobId }: Job<'download'>, at: DownloadProgress) {
    const number = at.parts.length + 1;
    const asked = await objects.read(accountKey(userId, jobId));
    // Another run has been quicker: a zip of it is not to be replaced by one that tells less.
    if (!asked) throw new Error(`The account of job ${jobId} is not in the bucket`);
    const account = JSON.parse(new TextDecoder().decode(asked));
    const from = at.records ?? { file: 0, after: '' };
    const part = createAccountPart({
      ...{ userId, jobId, number, from, belongings, account },
      at: clock(),
      mostBytes: bounds.partBytes,
    });
    const bytes = await zips.write(downloadKey(userId, jobId, number), part.entries());
    return { ...at, parts: [...at.parts, { bytes, images: 0 }], records: part.next() };
  }

  /** As many of the photos from the `start`-th on as one part takes, and where the next one begins. */
  async function choose(job: Job<'download'>, ids: readonly string[], start: number) {
    const records: ImageRecord[] = [];
    const isMeant = meant(job);
    let bytes = 0;
    for (let from = start; from < ids.length; from += PAGE) {
      const some = ids.slice(from, from + PAGE);
      const found = await images.getMany(job.user_id, some, { consistent: true });
      const byId = new Map(found.map((record) => [record.image_id, record]));
      for (const [index, id] of some.entries()) {
        const record = byId.get(id);
        if (!record?.original || !isMeant(record)) continue;
        bytes += record.original.bytes;
        const full = records.length >= bounds.partImages || bytes > bounds.partBytes;
        if (full && records.length > 0) return { records, next: from + index };
        records.push(record);
      }
    }
    return { records, next: ids.length };
  }
}

/** Which photos a job takes along. What is kept of a person is also what lies in their trash. */
function meant({ request }: Job<'download'>): (record: ImageRecord) => boolean {
  return request.of === 'account' ? isKept : isDownloadable;
}
