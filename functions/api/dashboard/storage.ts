import type { StorageAnalysis } from '../../../shared/contract/schemas.ts';
import type { Sums } from '../../../shared/domain/tallies.ts';

/** The tally of storage as clients see it: by type, most bytes first. */
export function typesOf(storage: Sums): StorageAnalysis['by_type'] {
  const prefix = 'count:';
  const types = Object.keys(storage).filter((name) => name.startsWith(prefix));
  return types
    .map((name) => name.slice(prefix.length))
    .map((type) => ({
      type,
      images: storage[`count:${type}`] ?? 0,
      bytes: storage[`bytes:${type}`] ?? 0,
      thumbnail_bytes: storage[`thumbnails:${type}`] ?? 0,
    }))
    .sort((one, other) => other.bytes - one.bytes || (one.type < other.type ? -1 : 1));
}
