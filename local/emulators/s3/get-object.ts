import { closeSync, createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { AwsError } from '../errors.ts';
import { reply } from '../gate.ts';
import { preconditionFailed } from './errors.ts';
import { checksumHeaders } from './metadata.ts';
import { header, type S3Context, type SignedS3Request } from './request.ts';
import type { StoredObject } from './store.ts';

/** One range of bytes, both ends included; undefined for none or several, which S3 answers with the whole object. */
function parseRange(text: string | undefined, size: number): { start: number; end: number } | undefined {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(text ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== '' && last !== '' && Number(first) > Number(last)) return undefined;
  if (start >= size || (first === '' && Number(last) === 0)) {
    throw new AwsError('InvalidRange', 'The requested range is not satisfiable', 416, {
      RangeRequested: text,
      ActualObjectSize: size,
    });
  }
  return { start, end };
}

/** Conditional reads, in the order of RFC 9110 §13.2.2. Answers whether the object is `not modified`. */
function notModified(request: SignedS3Request, object: StoredObject): boolean {
  const bare = (text: string) => text.trim().replace(/^W\//, '').replaceAll('"', '');
  const matches = (list: string) => list.split(',').some((tag) => bare(tag) === '*' || bare(tag) === bare(object.etag));
  const modifiedSeconds = Math.floor(object.modified / 1000);
  const since = (name: string) => {
    const time = Date.parse(header(request, name) ?? '');
    return Number.isNaN(time) ? undefined : time / 1000;
  };
  const ifMatch = header(request, 'if-match');
  const unmodifiedSince = since('if-unmodified-since');
  if (ifMatch !== undefined ? !matches(ifMatch) : unmodifiedSince !== undefined && modifiedSeconds > unmodifiedSince) {
    throw preconditionFailed(ifMatch !== undefined ? 'If-Match' : 'If-Unmodified-Since');
  }
  const ifNoneMatch = header(request, 'if-none-match');
  const modifiedSince = since('if-modified-since');
  return ifNoneMatch !== undefined
    ? matches(ifNoneMatch)
    : modifiedSince !== undefined && modifiedSeconds <= modifiedSince;
}

/** GetObject and HeadObject: conditions, one range, checksums where asked for, `response-*` overrides. */
export async function getObject(request: SignedS3Request, context: S3Context): Promise<void> {
  const { object, descriptor } = context.store.open(request.bucket, request.key);
  let owned = true;
  try {
    const headers: Record<string, string> = {
      ...object.headers,
      etag: object.etag,
      'last-modified': new Date(object.modified).toUTCString(),
      'accept-ranges': 'bytes',
      ...(object.parts === null ? {} : { 'x-amz-mp-parts-count': String(object.parts) }),
    };
    for (const [name, value] of request.query) {
      if (name.startsWith('response-')) headers[name.slice('response-'.length)] = value;
    }
    if (notModified(request, object)) {
      reply(request, 304, { etag: object.etag, 'last-modified': headers['last-modified'] ?? '' }, '');
      return;
    }
    const range = parseRange(header(request, 'range'), object.size);
    if (range) headers['content-range'] = `bytes ${range.start}-${range.end}/${object.size}`;
    else if (
      header(request, 'x-amz-checksum-mode')?.toUpperCase() === 'ENABLED' ||
      request.query.has('x-amz-checksum-mode')
    ) {
      Object.assign(headers, checksumHeaders(object.checksums));
    }
    headers['content-length'] = String(range ? range.end - range.start + 1 : object.size);
    headers['x-amz-request-id'] = request.requestId;
    request.response.writeHead(range ? 206 : 200, headers);
    if (request.method === 'HEAD' || object.size === 0) {
      request.response.end();
      return;
    }
    owned = false;
    await pipeline(createReadStream('', { fd: descriptor, ...range }), request.response);
  } finally {
    // The stream closes the descriptor itself once it has it.
    if (owned) closeSync(descriptor);
  }
}
