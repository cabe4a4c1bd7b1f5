import { copyFile, rm } from 'node:fs/promises';
import { AwsError } from '../errors.ts';
import { reply } from '../gate.ts';
import { receiveBody } from './body.ts';
import { preconditionFailed } from './errors.ts';
import { checksumHeaders, objectHeaders } from './metadata.ts';
import { header, isoTime, type ObjectCreated, replyXml, type S3Context, type SignedS3Request } from './request.ts';
import type { Preconditions, StoredObject } from './store.ts';

/** Commits an arrived file, tells the listeners, and only then returns. The file is gone afterwards in any case. */
export async function store(
  context: S3Context,
  path: string,
  object: Omit<StoredObject, 'blob' | 'modified'>,
  eventName: ObjectCreated['eventName'],
  conditions: Preconditions = {},
): Promise<StoredObject> {
  try {
    const { object: stored, sequencer } = context.store.commit(path, object, conditions);
    const { bucket, key, size } = stored;
    await context.created({ bucket, key, size, etag: stored.etag.replaceAll('"', ''), eventName, sequencer });
    return stored;
  } finally {
    await rm(path, { force: true });
  }
}

function conditionsOf(request: SignedS3Request): Preconditions {
  return { ifNoneMatch: header(request, 'if-none-match'), ifMatch: header(request, 'if-match') };
}

export async function putObject(request: SignedS3Request, context: S3Context): Promise<void> {
  const { bucket, key } = request;
  const headers = objectHeaders(request.headers);
  const { path, digests, checksums } = await receiveBody(
    request.request,
    request.authentication,
    context.store.blobs.incoming(),
  );
  const etag = `"${digests.bytes('md5').toString('hex')}"`;
  const object = { bucket, key, size: digests.size, etag, headers, checksums, parts: null };
  await store(context, path, object, 's3:ObjectCreated:Put', conditionsOf(request));
  const encryption = headers['x-amz-server-side-encryption'] ?? 'AES256';
  reply(request, 200, { etag, 'x-amz-server-side-encryption': encryption, ...checksumHeaders(checksums) }, '');
}

/** The source of a copy: `/bucket/key` or `bucket/key`, percent-encoded. @throws AwsError InvalidArgument */
function copySource(text: string): { bucket: string; key: string } {
  const [, bucket, key] = /^\/?([^/]+)\/(.+?)(?:\?versionId=.*)?$/.exec(text) ?? [];
  if (bucket === undefined || key === undefined) {
    throw new AwsError('InvalidArgument', `x-amz-copy-source is '${text}'; expected <bucket>/<key>.`);
  }
  return { bucket: decodeURIComponent(bucket), key: decodeURIComponent(key) };
}

export async function copyObject(request: SignedS3Request, context: S3Context): Promise<void> {
  const { bucket, key } = request;
  const source = copySource(header(request, 'x-amz-copy-source') ?? '');
  const original = context.store.get(source.bucket, source.key);
  const ifMatch = header(request, 'x-amz-copy-source-if-match');
  if (ifMatch !== undefined && ifMatch.replaceAll('"', '') !== original.etag.replaceAll('"', '')) {
    throw preconditionFailed('x-amz-copy-source-If-Match');
  }
  const replaces = header(request, 'x-amz-metadata-directive') === 'REPLACE';
  if (!replaces && source.bucket === bucket && source.key === key) {
    throw new AwsError(
      'InvalidRequest',
      'This copy request is illegal because it is trying to copy an object to itself without changing its metadata.',
    );
  }
  const path = context.store.blobs.incoming();
  await copyFile(context.store.blobs.path(original.blob), path);
  const { size, etag, checksums, parts } = original;
  const headers = replaces ? objectHeaders(request.headers) : original.headers;
  const object = { bucket, key, size, etag, headers, checksums, parts };
  const stored = await store(context, path, object, 's3:ObjectCreated:Copy', conditionsOf(request));
  replyXml(request, 'CopyObjectResult', { ETag: stored.etag, LastModified: isoTime(stored.modified) });
}
