import { createHash } from 'node:crypto';
import type { SearchQuery } from '../../../shared/contract/schemas.ts';
import { InvalidRequest } from '../../../shared/lambda/http/problems.ts';

/** Raised whenever what a cursor holds changes: those given out before are refused. */
const VERSION = 1;
const DIGEST_BYTES = 8;

/**
 * Cursors of one user's one query: `version, digest, payload` as base64url. The digest is over all of it, so that a cursor serves no
 * other query and no other user, and one that was tampered with is told apart. It guards nothing: whatever a cursor says, every
 * read begins with the caller's id.
 */
export function createCursors(userId: string, { cursor, limit, page, ...query }: SearchQuery) {
  const binding = JSON.stringify([userId, ...Object.entries(query).sort(([one], [other]) => (one < other ? -1 : 1))]);

  function digest(payload: Uint8Array): Buffer {
    return createHash('sha256').update(binding).update('\0').update(payload).digest().subarray(0, DIGEST_BYTES);
  }

  return {
    seal(payload: Uint8Array): string {
      return Buffer.concat([Buffer.of(VERSION), digest(payload), payload]).toString('base64url');
    },

    /** What the query's cursor holds, read by `read`; `undefined` where it has none. Throws `InvalidRequest`. */
    open<T>(read: (payload: Buffer) => T | null): T | undefined {
      if (cursor === undefined) return undefined;
      const bytes = Buffer.from(cursor, 'base64url');
      const payload = bytes.subarray(1 + DIGEST_BYTES);
      const intact = bytes[0] === VERSION && bytes.subarray(1, 1 + DIGEST_BYTES).equals(digest(payload));
      const value = intact ? read(payload) : null;
      if (value === null) {
        const expected = 'the next_cursor of a page of this very search (limit may change), as the API gave it';
        throw new InvalidRequest([{ path: 'cursor', expected, received: `a string of ${cursor.length} characters` }]);
      }
      return value;
    },
  };
}
