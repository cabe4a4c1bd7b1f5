import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { DamagedObject } from '../../shared/adapters/encryption/segments.ts';
import type { Job } from '../../shared/adapters/jobs.ts';
import type { ObjectReader } from '../../shared/adapters/object-reader.ts';
import type { ZipEntry } from '../../shared/adapters/zips.ts';
import { type ByteProblem, fileNames, knownOf, type ManifestEntry } from '../../shared/domain/download.ts';
import type { ImageRecord } from '../../shared/domain/image.ts';

export interface PartDeps {
  job: Pick<Job, 'job_id'>;
  /** From 1. */
  number: number;
  records: readonly ImageRecord[];
  /** By id. */
  albumNames: ReadonlyMap<string, string>;
  reader: ObjectReader;
  /** When it is written. */
  at: Date;
}

const MANIFEST = 'manifest.json';
const METADATA = 'metadata';

/**
 * The files of one zip: each photo under its original name, what is known of it as JSON, and last the manifest. Bytes are read one
 * photo at a time and checked as they pass by; those that are missing or differ from what was stored are named in the manifest.
 */
export function createPart({ job, number, records, albumNames, reader, at }: PartDeps) {
  const images: ManifestEntry[] = [];
  let open: Readable | undefined;

  async function* entries(): AsyncGenerator<ZipEntry> {
    const nameFor = fileNames([MANIFEST, METADATA]);
    for (const record of records) {
      const { original, sha256 } = record;
      if (!original) continue;
      const file = nameFor(record.filename, original.content_type);
      const modified = wallTime(record);
      const passed = { hash: createHash('sha256'), bytes: 0 };
      open = await bytesOf(original.key);
      // The next file is asked for when this one has been read to its end.
      if (open) yield { name: file, content: measured(open, passed), modified };
      const found = { sha256: passed.hash.digest('hex'), bytes: passed.bytes };
      const problem = open ? difference(record, found) : ({ problem: 'missing' } as const);
      const metadata = `${METADATA}/${file}.json`;
      yield json(metadata, knownOf(record, albumNames), modified);
      images.push({
        image_id: record.image_id,
        file,
        metadata,
        content_type: original.content_type,
        bytes: original.bytes,
        sha256: sha256 ?? null,
        ...(problem && { problem }),
      });
    }
    yield json(MANIFEST, { job_id: job.job_id, part: number, created_at: at.toISOString(), images }, at);
  }

  /** What is not what was stored counts as bytes that differ: of an object that cannot be decrypted at all, none. */
  async function bytesOf(key: string): Promise<Readable | undefined> {
    try {
      const answer = await reader.open(key, { method: 'GET' });
      return answer.is === 'whole' ? answer.body : undefined;
    } catch (error) {
      if (error instanceof DamagedObject) return Readable.from([]);
      throw error;
    }
  }

  return {
    /** Hands the files to `zip`. What is left open where that fails is closed. */
    async write<T>(zip: (entries: AsyncIterable<ZipEntry>) => Promise<T>): Promise<T> {
      try {
        return await zip(entries());
      } finally {
        open?.destroy();
      }
    },

    /** Photos whose bytes were missing or differed. */
    problems: () => images.filter(({ problem }) => problem !== undefined).length,
  };
}

async function* measured(
  body: AsyncIterable<Uint8Array>,
  passed: { hash: ReturnType<typeof createHash>; bytes: number },
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) {
      passed.hash.update(chunk);
      passed.bytes += chunk.length;
      yield chunk;
    }
  } catch (error) {
    // One photo that was tampered with keeps nobody from the others: as much of it as is good is in the zip.
    if (!(error instanceof DamagedObject)) throw error;
  }
}

function difference(
  { sha256, original }: ImageRecord,
  found: { sha256: string; bytes: number },
): ByteProblem | undefined {
  const same = sha256 === undefined ? original?.bytes === found.bytes : sha256 === found.sha256;
  return same ? undefined : { problem: 'differs', found };
}

const json = (name: string, value: unknown, modified: Date): ZipEntry => ({
  name,
  content: `${JSON.stringify(value, null, 2)}\n`,
  modified,
});

/** When it was taken, on the clock of the place: zips note no zone. They reach from 1980 to 2107. */
function wallTime({ taken_at, created_at }: ImageRecord): Date {
  const taken = new Date(taken_at ?? created_at);
  const year = taken.getFullYear();
  return year >= 1980 && year <= 2107 ? taken : new Date(created_at);
}
