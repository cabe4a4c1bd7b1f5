import { createHash } from 'node:crypto';
import { MAX_UPLOAD_BYTES } from '../../shared/contract/limits.ts';
import { acceptedFormat, type PictureFormat } from '../../shared/imaging/format.ts';
import { type Measured, measure } from '../../shared/imaging/raster.ts';
import { UnacceptablePicture } from '../../shared/imaging/unacceptable.ts';

/** What is known of a picture before it is decoded. */
export interface Inspected extends Measured {
  format: PictureFormat;
  /** Lower-case hex. */
  sha256: string;
}

/** Throws `UnacceptablePicture` where an object of `bytes` bytes need not even be read. */
export function checkSize(bytes: number): void {
  if (bytes === 0) throw new UnacceptablePicture('empty', 'The file is empty (0 bytes).');
  if (bytes > MAX_UPLOAD_BYTES) {
    const megabytes = (size: number) => (size / 1024 / 1024).toFixed(1).replace(/\.0$/, '');
    const message = `The file has ${megabytes(bytes)} MB; at most ${megabytes(MAX_UPLOAD_BYTES)} MB are accepted.`;
    throw new UnacceptablePicture('too_large', message);
  }
}

/**
 * Recognises and measures a picture and takes its fingerprint. Throws `UnacceptablePicture`; `announced` is the SHA-256 the
 * client gave, if it did.
 */
export async function inspect(bytes: Uint8Array, announced: string | undefined): Promise<Inspected> {
  checkSize(bytes.length);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (announced !== undefined && announced !== sha256) {
    const message = 'The bytes that arrived are not those that were announced: their SHA-256 differs.';
    throw new UnacceptablePicture('checksum_mismatch', message);
  }
  const format = acceptedFormat(bytes);
  return { format, sha256, ...(await measure(bytes, format)) };
}
