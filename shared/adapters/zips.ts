import { pipeline, Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { makeZip } from 'client-zip';
import { createSealing } from './encryption/seal.ts';
import { PLAIN, SEALED, type Sealing } from './encryption/sealing.ts';

/** A file of a zip. Its content is read when its turn comes, before the next one is asked for. */
export interface ZipEntry {
  name: string;
  content: string | AsyncIterable<Uint8Array>;
  /** Its parts as a local clock shows them are what the zip notes. */
  modified: Date;
}

/** What is in memory at once, beside what is on its way: pieces of this size. S3 takes 10,000 of them for an object. */
const PIECE_BYTES = 16 * 1024 * 1024;
const PIECES_AT_ONCE = 2;

/**
 * Writes zips to the bucket as they are made, in bounded memory: nothing is compressed, for pictures are already. A zip is there
 * as a whole or, where anything fails, not at all. Up to 65,535 files.
 */
export function createZips(s3: S3Client, bucket: string, sealing: Sealing = PLAIN) {
  return {
    /** Answers the zip's size in bytes, before encryption. Replaces what was there. */
    async write(key: string, entries: AsyncIterable<ZipEntry>): Promise<number> {
      let bytes = 0;
      async function* zipped(): AsyncGenerator<Uint8Array> {
        for await (const chunk of makeZip(inputs(entries))) {
          bytes += chunk.length;
          yield chunk;
        }
      }
      const zip = Readable.from(zipped(), { objectMode: false });
      const cipher = await sealing.begin(key);
      const stored = cipher
        ? // Where the zip fails, its reader is told by what it reads.
          { Body: pipeline(zip, createSealing(cipher), () => {}), ...SEALED }
        : { Body: zip, ContentType: 'application/zip' };
      const upload = new Upload({
        client: s3,
        params: { Bucket: bucket, Key: key, ...stored },
        partSize: PIECE_BYTES,
        queueSize: PIECES_AT_ONCE,
      });
      await upload.done();
      return bytes;
    },
  };
}
export type Zips = ReturnType<typeof createZips>;

async function* inputs(entries: AsyncIterable<ZipEntry>) {
  for await (const { name, content, modified } of entries) {
    yield { name, input: content as string | AsyncIterable<ArrayBufferView>, lastModified: modified };
  }
}
