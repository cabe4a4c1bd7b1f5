import { openSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { openDatabase, transaction } from '../database.ts';
import { AwsError } from '../errors.ts';
import { type Blobs, openBlobs } from './blobs.ts';
import { noSuchBucket, noSuchKey, preconditionFailed } from './errors.ts';
import { SCHEMA } from './schema.ts';

export interface StoredObject {
  bucket: string;
  key: string;
  blob: string;
  size: number;
  /** With its quotes. */
  etag: string;
  modified: number;
  /** Response headers the object carries: content-type, cache-control, x-amz-meta-* … */
  headers: Record<string, string>;
  /** Checksums by algorithm (`crc32`, `sha256` …), base64. */
  checksums: Record<string, string>;
  /** How many parts it was uploaded in; null for a single upload. */
  parts: number | null;
}

export interface Preconditions {
  ifNoneMatch?: string | undefined;
  ifMatch?: string | undefined;
}

export interface ObjectStore {
  database: DatabaseSync;
  blobs: Blobs;
  createBucket(name: string): void;
  deleteBucket(name: string): void;
  hasBucket(name: string): boolean;
  buckets(): { name: string; created: number }[];
  configuration(bucket: string, kind: string): string | undefined;
  configure(bucket: string, kind: string, body: string | undefined): void;
  /** @throws AwsError NoSuchBucket, NoSuchKey */
  get(bucket: string, key: string): StoredObject;
  /** As `get`, with the body's open file: it stays readable when the object is replaced meanwhile. */
  open(bucket: string, key: string): { object: StoredObject; descriptor: number };
  /**
   * Makes an arrived file an object, in one synchronous step: of several with `If-None-Match: *` exactly one wins.
   * @returns the object and its sequencer (hex, growing)
   * @throws AwsError NoSuchBucket, PreconditionFailed
   */
  commit(
    path: string,
    object: Omit<StoredObject, 'blob' | 'modified'>,
    conditions: Preconditions,
  ): { object: StoredObject; sequencer: string };
  delete(bucket: string, key: string): void;
  /** Objects with `prefix` whose key comes after `after` (UTF-8 byte order), at most `most`. */
  list(bucket: string, prefix: string, after: string, most: number): StoredObject[];
  close(): void;
}

/** Buckets and objects: rows in SQLite, bodies in files beside it. Everything acknowledged survives a killed process. */
export function openObjectStore(directory: string, clock: () => Date, newId: () => string): ObjectStore {
  const database = openDatabase(join(directory, 's3.db'), SCHEMA);
  const isKnown = database.prepare(
    'SELECT 1 FROM objects WHERE blob = ?1 UNION ALL SELECT 1 FROM parts WHERE blob = ?1',
  );
  const blobs = openBlobs(directory, newId, (id) => isKnown.get(id) !== undefined);

  const selectBucket = database.prepare('SELECT * FROM buckets WHERE name = ?');
  const selectBuckets = database.prepare('SELECT * FROM buckets ORDER BY name');
  const insertBucket = database.prepare('INSERT INTO buckets VALUES (?, ?)');
  const removeBucket = database.prepare('DELETE FROM buckets WHERE name = ?');
  const anyIn = database.prepare(
    'SELECT 1 FROM objects WHERE bucket = ?1 UNION ALL SELECT 1 FROM uploads WHERE bucket = ?1 LIMIT 1',
  );
  const selectConfiguration = database.prepare('SELECT body FROM configurations WHERE bucket = ? AND kind = ?');
  const upsertConfiguration = database.prepare('INSERT OR REPLACE INTO configurations VALUES (?, ?, ?)');
  const removeConfiguration = database.prepare('DELETE FROM configurations WHERE bucket = ? AND kind = ?');
  const select = database.prepare('SELECT * FROM objects WHERE bucket = ? AND key = ?');
  const upsert = database.prepare('INSERT OR REPLACE INTO objects VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const remove = database.prepare('DELETE FROM objects WHERE bucket = ? AND key = ?');
  const page = database.prepare(
    'SELECT * FROM objects WHERE bucket = ?1 AND key > ?2 AND key >= ?3 AND substr(key, 1, length(?3)) = ?3 ORDER BY key LIMIT ?4',
  );
  const count = database.prepare('UPDATE sequence SET value = value + 1 RETURNING value');

  const toObject = (row: Record<string, unknown>): StoredObject => ({
    ...(row as unknown as StoredObject),
    headers: JSON.parse(String(row.headers)),
    checksums: JSON.parse(String(row.checksums)),
  });
  const requireBucket = (name: string) => {
    if (!selectBucket.get(name)) throw noSuchBucket(name);
  };
  function get(bucket: string, key: string): StoredObject {
    const row = select.get(bucket, key);
    if (row) return toObject(row);
    requireBucket(bucket);
    throw noSuchKey(key);
  }
  function check(existing: { etag: string } | undefined, { ifNoneMatch, ifMatch }: Preconditions, key: string): void {
    if (ifNoneMatch !== undefined && ifNoneMatch !== '*') {
      throw new AwsError('NotImplemented', 'If-None-Match on a write takes * only.', 501);
    }
    if (ifNoneMatch === '*' && existing) throw preconditionFailed('If-None-Match');
    if (ifMatch === undefined) return;
    if (!existing) throw noSuchKey(key);
    if (ifMatch.replaceAll('"', '') !== existing.etag.replaceAll('"', '')) throw preconditionFailed('If-Match');
  }

  return {
    database,
    blobs,
    get,
    hasBucket: (name) => selectBucket.get(name) !== undefined,
    buckets: () => selectBuckets.all().map((row) => ({ name: String(row.name), created: Number(row.created) })),
    createBucket(name) {
      const wellFormed = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !/\.\.|^\d+\.\d+\.\d+\.\d+$/.test(name);
      if (!wellFormed) throw new AwsError('InvalidBucketName', `The specified bucket is not valid: ${name}`);
      if (selectBucket.get(name)) {
        const message = 'Your previous request to create the named bucket succeeded and you already own it.';
        throw new AwsError('BucketAlreadyOwnedByYou', message, 409, { BucketName: name });
      }
      insertBucket.run(name, clock().getTime());
    },
    deleteBucket(name) {
      requireBucket(name);
      if (anyIn.get(name)) throw new AwsError('BucketNotEmpty', 'The bucket you tried to delete is not empty', 409);
      removeBucket.run(name);
    },
    configuration(bucket, kind) {
      requireBucket(bucket);
      return selectConfiguration.get(bucket, kind)?.body as string | undefined;
    },
    configure(bucket, kind, body) {
      requireBucket(bucket);
      if (body === undefined) removeConfiguration.run(bucket, kind);
      else upsertConfiguration.run(bucket, kind, body);
    },
    open(bucket, key) {
      const object = get(bucket, key);
      return { object, descriptor: openSync(blobs.path(object.blob), 'r') };
    },
    commit(path, object, conditions) {
      const { bucket, key, size, etag, headers, checksums, parts } = object;
      const { stored, sequence, replaced } = transaction(database, () => {
        requireBucket(bucket);
        const existing = select.get(bucket, key) as unknown as { etag: string; blob: string } | undefined;
        check(existing, conditions, key);
        const row = { ...object, blob: blobs.adopt(path), modified: clock().getTime() };
        upsert.run(
          bucket,
          key,
          row.blob,
          size,
          etag,
          row.modified,
          JSON.stringify(headers),
          JSON.stringify(checksums),
          parts,
        );
        return { stored: row, sequence: Number(count.get()?.value), replaced: existing?.blob };
      });
      if (replaced !== undefined) blobs.remove(replaced);
      return { object: stored, sequencer: sequence.toString(16).toUpperCase().padStart(16, '0') };
    },
    delete(bucket, key) {
      requireBucket(bucket);
      const row = select.get(bucket, key);
      remove.run(bucket, key);
      if (row) blobs.remove(String(row.blob));
    },
    list(bucket, prefix, after, most) {
      requireBucket(bucket);
      return page.all(bucket, after, prefix, most).map(toObject);
    },
    close: () => database.close(),
  };
}
