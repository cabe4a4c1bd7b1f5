import { createHash, type Hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { crc32 } from 'node:zlib';
import { AwsError } from '../errors.ts';

const SUPPORTED = ['crc32', 'sha1', 'sha256'] as const;
export type Algorithm = (typeof SUPPORTED)[number];
const LENGTHS: Record<Algorithm, number> = { crc32: 4, sha1: 20, sha256: 32 };

function algorithmOf(name: string): Algorithm {
  const lower = name.toLowerCase();
  const found = SUPPORTED.find((algorithm) => algorithm === lower);
  if (found) return found;
  throw new AwsError(
    'NotImplemented',
    `The emulator checks ${SUPPORTED.join(', ')}; got the checksum algorithm ${name}.`,
    501,
  );
}

/** Checksums announced in headers, form fields or trailers: `x-amz-checksum-<algorithm>` to base64 value. */
export function announced(headers: IncomingHttpHeaders | Record<string, string>): Map<Algorithm, string> {
  const found = new Map<Algorithm, string>();
  for (const [name, value] of Object.entries(headers)) {
    const suffix = /^x-amz-checksum-(.+)$/.exec(name)?.[1];
    if (suffix === undefined || ['mode', 'type', 'algorithm'].includes(suffix)) continue;
    const algorithm = algorithmOf(suffix);
    if (Buffer.from(String(value), 'base64').length !== LENGTHS[algorithm]) {
      throw new AwsError('InvalidRequest', `Value for ${name} header is invalid.`);
    }
    found.set(algorithm, String(value));
  }
  return found;
}

/** Algorithms that a request will state in its trailer: `x-amz-trailer: x-amz-checksum-crc32`. */
export function announcedTrailers(headers: IncomingHttpHeaders): Algorithm[] {
  const trailer = String(headers['x-amz-trailer'] ?? '');
  return Array.from(trailer.matchAll(/x-amz-checksum-(\w+)/g), ([, name]) => algorithmOf(name ?? ''));
}

/** Running digests of a body: MD5 always (it is the ETag), others as asked for. */
export class Digests {
  size = 0;
  readonly #hashes = new Map<string, Hash>([['md5', createHash('md5')]]);
  #crc32: number | undefined;

  constructor(algorithms: Iterable<Algorithm>) {
    for (const algorithm of algorithms) {
      if (algorithm === 'crc32') this.#crc32 = 0;
      else this.#hashes.set(algorithm, createHash(algorithm));
    }
  }

  update(chunk: Uint8Array): void {
    this.size += chunk.length;
    for (const hash of this.#hashes.values()) hash.update(chunk);
    if (this.#crc32 !== undefined) this.#crc32 = crc32(chunk, this.#crc32);
  }

  /** The digest's bytes; may be asked more than once. */
  bytes(algorithm: Algorithm | 'md5'): Buffer {
    if (algorithm === 'crc32') {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(this.#crc32 ?? 0);
      return bytes;
    }
    const hash = this.#hashes.get(algorithm);
    if (!hash) throw new Error(`${algorithm} was not computed`);
    return hash.copy().digest();
  }
}

/** Compares announced checksums with the bytes'. @throws AwsError BadDigest */
export function verifyChecksums(expected: Map<Algorithm, string>, digests: Digests): void {
  for (const [algorithm, value] of expected) {
    if (digests.bytes(algorithm).toString('base64') !== value) {
      const name = algorithm.toUpperCase();
      throw new AwsError('BadDigest', `The ${name} you specified did not match the calculated checksum.`);
    }
  }
}
