import type { DatabaseSync } from 'node:sqlite';
import { transaction } from '../database.ts';
import { AwsError } from '../errors.ts';
import type { Metadata } from './filter.ts';

export const SCHEMA = `
CREATE TABLE IF NOT EXISTS buckets (name TEXT PRIMARY KEY, created INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS indexes (
  id INTEGER PRIMARY KEY, bucket TEXT NOT NULL REFERENCES buckets(name), name TEXT NOT NULL,
  dimension INTEGER NOT NULL, metric TEXT NOT NULL, non_filterable TEXT NOT NULL, created INTEGER NOT NULL,
  UNIQUE (bucket, name)
);
CREATE TABLE IF NOT EXISTS vectors (
  index_id INTEGER NOT NULL REFERENCES indexes(id) ON DELETE CASCADE,
  key TEXT NOT NULL, data BLOB NOT NULL, metadata TEXT NOT NULL,
  PRIMARY KEY (index_id, key)
) WITHOUT ROWID;`;

export interface VectorIndex {
  id: number;
  bucket: string;
  name: string;
  dimension: number;
  metric: 'cosine' | 'euclidean';
  nonFilterable: string[];
  created: number;
}

export interface StoredVector {
  key: string;
  data: Float32Array;
  metadata: Metadata;
}

export interface VectorStore {
  createBucket(name: string): void;
  bucket(name: string): { name: string; created: number };
  buckets(prefix: string): { name: string; created: number }[];
  deleteBucket(name: string): void;
  createIndex(index: Omit<VectorIndex, 'id' | 'created'>): void;
  index(bucket: string, name: string): VectorIndex;
  indexes(bucket: string, prefix: string, after: string, most: number): VectorIndex[];
  deleteIndex(index: VectorIndex): void;
  put(index: VectorIndex, vectors: StoredVector[]): void;
  get(index: VectorIndex, keys: string[]): StoredVector[];
  delete(index: VectorIndex, keys: string[]): void;
  page(index: VectorIndex, after: string, most: number): StoredVector[];
  /** All vectors of an index, kept in memory after the first use: a query then costs one pass over them. */
  all(index: VectorIndex): Iterable<StoredVector>;
}

function toVector(row: Record<string, unknown>): StoredVector {
  const bytes = row.data as Uint8Array;
  // A copy: SQLite's bytes need not lie on a four-byte boundary.
  const data = new Float32Array(bytes.slice().buffer);
  return { key: String(row.key), data, metadata: JSON.parse(String(row.metadata)) };
}

/** Vector buckets, indexes and vectors (float32, in the machine's byte order) over SQLite. */
export function openVectorStore(database: DatabaseSync, clock: () => Date): VectorStore {
  const selectBucket = database.prepare('SELECT * FROM buckets WHERE name = ?');
  const selectBuckets = database.prepare('SELECT * FROM buckets WHERE substr(name, 1, length(?1)) = ?1 ORDER BY name');
  const insertBucket = database.prepare('INSERT INTO buckets VALUES (?, ?)');
  const removeBucket = database.prepare('DELETE FROM buckets WHERE name = ?');
  const selectIndex = database.prepare('SELECT * FROM indexes WHERE bucket = ? AND name = ?');
  const selectIndexes = database.prepare(
    'SELECT * FROM indexes WHERE bucket = ? AND substr(name, 1, length(?2)) = ?2 AND name > ?3 ORDER BY name LIMIT ?4',
  );
  const insertIndex = database.prepare(
    'INSERT INTO indexes (bucket, name, dimension, metric, non_filterable, created) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const removeIndex = database.prepare('DELETE FROM indexes WHERE id = ?');
  const selectVector = database.prepare('SELECT * FROM vectors WHERE index_id = ? AND key = ?');
  const selectPage = database.prepare('SELECT * FROM vectors WHERE index_id = ? AND key > ? ORDER BY key LIMIT ?');
  const selectAll = database.prepare('SELECT * FROM vectors WHERE index_id = ?');
  const upsert = database.prepare('INSERT OR REPLACE INTO vectors VALUES (?, ?, ?, ?)');
  const remove = database.prepare('DELETE FROM vectors WHERE index_id = ? AND key = ?');
  const cache = new Map<number, Map<string, StoredVector>>();

  const toBucket = (row: Record<string, unknown>) => ({ name: String(row.name), created: Number(row.created) });
  const toIndex = (row: Record<string, unknown>): VectorIndex => ({
    id: Number(row.id),
    bucket: String(row.bucket),
    name: String(row.name),
    dimension: Number(row.dimension),
    metric: row.metric as VectorIndex['metric'],
    nonFilterable: JSON.parse(String(row.non_filterable)),
    created: Number(row.created),
  });
  function bucket(name: string) {
    const row = selectBucket.get(name);
    if (!row) throw new AwsError('NotFoundException', `The specified vector bucket could not be found: ${name}`, 404);
    return toBucket(row);
  }
  const some = (index: VectorIndex, keys: string[]) =>
    keys.flatMap((key) => {
      const row = selectVector.get(index.id, key);
      return row ? [toVector(row)] : [];
    });

  return {
    bucket,
    buckets: (prefix) => selectBuckets.all(prefix).map(toBucket),
    createBucket(name) {
      if (selectBucket.get(name)) {
        throw new AwsError('ConflictException', `A vector bucket with the specified name already exists: ${name}`, 409);
      }
      insertBucket.run(name, clock().getTime());
    },
    deleteBucket(name) {
      bucket(name);
      if (selectIndexes.get(name, '', '', 1)) {
        throw new AwsError(
          'ConflictException',
          `The vector bucket ${name} is not empty: delete its indexes first.`,
          409,
        );
      }
      removeBucket.run(name);
    },
    createIndex(index) {
      bucket(index.bucket);
      if (selectIndex.get(index.bucket, index.name)) {
        throw new AwsError('ConflictException', `An index with the specified name already exists: ${index.name}`, 409);
      }
      const { bucket: owner, name, dimension, metric, nonFilterable } = index;
      insertIndex.run(owner, name, dimension, metric, JSON.stringify(nonFilterable), clock().getTime());
    },
    index(owner, name) {
      bucket(owner);
      const row = selectIndex.get(owner, name);
      if (!row) throw new AwsError('NotFoundException', `The specified index could not be found: ${name}`, 404);
      return toIndex(row);
    },
    indexes(owner, prefix, after, most) {
      bucket(owner);
      return selectIndexes.all(owner, prefix, after, most).map(toIndex);
    },
    deleteIndex(index) {
      removeIndex.run(index.id);
      cache.delete(index.id);
    },
    put(index, vectors) {
      transaction(database, () => {
        for (const { key, data, metadata } of vectors) {
          upsert.run(
            index.id,
            key,
            new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
            JSON.stringify(metadata),
          );
        }
      });
      for (const vector of vectors) cache.get(index.id)?.set(vector.key, vector);
    },
    get: some,
    delete(index, keys) {
      transaction(database, () => {
        for (const key of keys) remove.run(index.id, key);
      });
      for (const key of keys) cache.get(index.id)?.delete(key);
    },
    page: (index, after, most) => selectPage.all(index.id, after, most).map(toVector),
    all(index) {
      let vectors = cache.get(index.id);
      if (!vectors) {
        vectors = new Map(selectAll.all(index.id).map((row) => [String(row.key), toVector(row)]));
        cache.set(index.id, vectors);
      }
      return vectors.values();
    },
  };
}
