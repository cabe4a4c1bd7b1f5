import { AwsError } from '../errors.ts';
import { uriEncode } from '../sigv4.ts';
import { isoTime, replyXml, type S3Context, type SignedS3Request } from './request.ts';
import type { ObjectStore, StoredObject } from './store.ts';

interface Listing {
  objects: StoredObject[];
  prefixes: string[];
  /** The key to go on after, if there is more. */
  next: string | undefined;
}

/** Sorts after every key that starts with `prefix`. */
const beyond = (prefix: string) => `${prefix}\u{10ffff}`;

/** Lists in key order, folding keys that share a prefix up to `delimiter` into one. */
function list(
  store: ObjectStore,
  bucket: string,
  prefix: string,
  delimiter: string,
  after: string,
  most: number,
): Listing {
  const objects: StoredObject[] = [];
  const prefixes: string[] = [];
  let cursor = after;
  for (;;) {
    const full = objects.length + prefixes.length >= most;
    const page = store.list(bucket, prefix, cursor, full ? 1 : delimiter === '' ? most - objects.length : 100);
    if (page.length === 0) return { objects, prefixes, next: undefined };
    if (full) return { objects, prefixes, next: cursor };
    for (const object of page) {
      if (objects.length + prefixes.length >= most) break;
      const end = delimiter === '' ? -1 : object.key.indexOf(delimiter, prefix.length);
      if (end < 0) {
        objects.push(object);
        cursor = object.key;
        continue;
      }
      const common = object.key.slice(0, end + delimiter.length);
      prefixes.push(common);
      cursor = beyond(common);
      // What the page still holds may lie under the same prefix: ask anew from behind it.
      break;
    }
  }
}

/** ListObjectsV2 and ListObjects. */
export function listObjects(request: SignedS3Request, context: S3Context): void {
  const { bucket, query } = request;
  const v2 = query.get('list-type') === '2';
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const asked = Number(query.get('max-keys') ?? 1000);
  if (!Number.isInteger(asked) || asked < 0)
    throw new AwsError('InvalidArgument', 'Argument max-keys must be an integer from 0 on');
  const most = Math.min(asked, 1000);
  const token = query.get('continuation-token');
  const after = v2
    ? token === undefined
      ? (query.get('start-after') ?? '')
      : Buffer.from(token, 'base64url').toString('utf8')
    : (query.get('marker') ?? '');
  const { objects, prefixes, next } = list(context.store, bucket, prefix, delimiter, after, most);
  const text =
    query.get('encoding-type') === 'url'
      ? (key: string) => key.split('/').map(uriEncode).join('/')
      : (key: string) => key;
  replyXml(request, 'ListBucketResult', {
    Name: bucket,
    Prefix: text(prefix),
    Delimiter: delimiter === '' ? undefined : text(delimiter),
    MaxKeys: most,
    KeyCount: v2 ? objects.length + prefixes.length : undefined,
    EncodingType: query.get('encoding-type'),
    IsTruncated: next !== undefined && most > 0,
    ContinuationToken: token,
    NextContinuationToken: v2 && next !== undefined ? Buffer.from(next).toString('base64url') : undefined,
    NextMarker: !v2 && next !== undefined ? text(next) : undefined,
    Contents: objects.map((object) => ({
      Key: text(object.key),
      LastModified: isoTime(object.modified),
      ETag: object.etag,
      Size: object.size,
      StorageClass: object.headers['x-amz-storage-class'] ?? 'STANDARD',
    })),
    CommonPrefixes: prefixes.map((common) => ({ Prefix: text(common) })),
  });
}
