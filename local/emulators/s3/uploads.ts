import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { transaction } from '../database.ts';
import { AwsError } from '../errors.ts';
import { reply } from '../gate.ts';
import { childrenOf, textOf } from '../xml.ts';
import { receiveBody, writeTo } from './body.ts';
import { Digests } from './checksums.ts';
import { noSuchBucket, noSuchUpload } from './errors.ts';
import { checksumHeaders, objectHeaders } from './metadata.ts';
import { store as storeObject } from './put-object.ts';
import { header, replyXml, type S3Context, type SignedS3Request } from './request.ts';

const MIN_PART_BYTES = 5 * 1024 * 1024;
const MAX_OBJECT_BYTES = 5 * 1024 ** 4;

interface Part {
  number: number;
  blob: string;
  size: number;
  etag: string;
}

/** Multipart uploads: create, put parts, complete, abort. */
export function createUploads(context: S3Context) {
  const { database, blobs } = context.store;
  const insert = database.prepare('INSERT INTO uploads VALUES (?, ?, ?, ?, ?)');
  const select = database.prepare('SELECT headers FROM uploads WHERE id = ? AND bucket = ? AND key = ?');
  const remove = database.prepare('DELETE FROM uploads WHERE id = ?');
  const selectParts = database.prepare('SELECT * FROM parts WHERE upload = ? ORDER BY number');
  const upsertPart = database.prepare('INSERT OR REPLACE INTO parts VALUES (?, ?, ?, ?, ?, ?)');

  const partsOf = (id: string) => selectParts.all(id) as unknown as Part[];
  function find(request: SignedS3Request): { id: string; headers: Record<string, string> } {
    const id = request.query.get('uploadId') ?? '';
    const row = select.get(id, request.bucket, request.key);
    if (!row) throw noSuchUpload(id);
    return { id, headers: JSON.parse(String(row.headers)) };
  }
  function discard(id: string): void {
    const parts = partsOf(id);
    remove.run(id);
    for (const part of parts) blobs.remove(part.blob);
  }

  /** The parts a completion names, in its order. @throws AwsError InvalidPart, InvalidPartOrder, EntityTooSmall, MalformedXML */
  function chosenParts(id: string, body: string): Part[] {
    const stored = new Map(partsOf(id).map((part) => [part.number, part]));
    const chosen = childrenOf(body, 'Part').map((xml) => {
      const part = stored.get(Number(textOf(xml, 'PartNumber')));
      if (!part || part.etag.replaceAll('"', '') !== textOf(xml, 'ETag')?.replaceAll('"', '')) {
        throw new AwsError('InvalidPart', 'One or more of the specified parts could not be found.');
      }
      return part;
    });
    if (chosen.length === 0) throw new AwsError('MalformedXML', 'The completion names no parts.');
    for (const [position, part] of chosen.entries()) {
      const before = chosen[position - 1];
      if (before && before.number >= part.number)
        throw new AwsError('InvalidPartOrder', 'The list of parts was not in ascending order.');
      if (position < chosen.length - 1 && part.size < MIN_PART_BYTES) {
        throw new AwsError('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size');
      }
    }
    return chosen;
  }

  return {
    create(request: SignedS3Request): void {
      if (!context.store.hasBucket(request.bucket)) throw noSuchBucket(request.bucket);
      const id = context.newId();
      insert.run(
        id,
        request.bucket,
        request.key,
        JSON.stringify(objectHeaders(request.headers)),
        context.clock().getTime(),
      );
      replyXml(request, 'InitiateMultipartUploadResult', { Bucket: request.bucket, Key: request.key, UploadId: id });
    },
    async putPart(request: SignedS3Request): Promise<void> {
      const { id } = find(request);
      const number = Number(request.query.get('partNumber'));
      if (!Number.isInteger(number) || number < 1 || number > 10_000) {
        throw new AwsError('InvalidArgument', 'Part number must be an integer between 1 and 10000, inclusive');
      }
      const { path, digests, checksums } = await receiveBody(request.request, request.authentication, blobs.incoming());
      const etag = `"${digests.bytes('md5').toString('hex')}"`;
      const replaced = transaction(database, () => {
        find(request);
        const before = partsOf(id).find((part) => part.number === number);
        upsertPart.run(id, number, blobs.adopt(path), digests.size, etag, context.clock().getTime());
        return before;
      });
      if (replaced) blobs.remove(replaced.blob);
      reply(request, 200, { etag, ...checksumHeaders(checksums) }, '');
    },
    async complete(request: SignedS3Request, body: string): Promise<void> {
      const { bucket, key } = request;
      const { id, headers } = find(request);
      const parts = chosenParts(id, body);
      async function* joined(): AsyncGenerator<Buffer> {
        for (const part of parts) yield* createReadStream(blobs.path(part.blob)) as AsyncIterable<Buffer>;
      }
      const digests = new Digests([]);
      const path = blobs.incoming();
      await writeTo(
        path,
        joined(),
        digests,
        MAX_OBJECT_BYTES,
        () => new AwsError('EntityTooLarge', 'The object is too large.'),
      );
      const digest = createHash('md5');
      for (const part of parts) digest.update(Buffer.from(part.etag.replaceAll('"', ''), 'hex'));
      const etag = `"${digest.digest('hex')}-${parts.length}"`;
      const object = { bucket, key, size: digests.size, etag, headers, checksums: {}, parts: parts.length };
      const conditions = { ifNoneMatch: header(request, 'if-none-match'), ifMatch: header(request, 'if-match') };
      await storeObject(context, path, object, 's3:ObjectCreated:CompleteMultipartUpload', conditions);
      discard(id);
      const Location = `http://${header(request, 'host')}/${bucket}/${key}`;
      replyXml(request, 'CompleteMultipartUploadResult', { Location, Bucket: bucket, Key: key, ETag: etag });
    },
    abort(request: SignedS3Request): void {
      discard(find(request).id);
      reply(request, 204, {}, '');
    },
    listParts(request: SignedS3Request): void {
      const parts = partsOf(find(request).id);
      replyXml(request, 'ListPartsResult', {
        Bucket: request.bucket,
        Key: request.key,
        UploadId: request.query.get('uploadId') ?? '',
        IsTruncated: false,
        Part: parts.map(({ number, size, etag }) => ({ PartNumber: number, ETag: etag, Size: size })),
      });
    },
  };
}
