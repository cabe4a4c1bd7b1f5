import type { Authentication } from '../authenticator.ts';
import { AwsError } from '../errors.ts';
import { type Exchange, reply } from '../gate.ts';
import { queryPairs } from '../sigv4.ts';
import { element, type XmlContent } from '../xml.ts';
import type { ObjectStore } from './store.ts';

export const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** What an S3 notification says of a new object. `key` is as stored (S3 sends it URL-encoded; that is the sender's job). */
export interface ObjectCreated {
  bucket: string;
  key: string;
  size: number;
  /** Without quotes, as in S3 notifications. */
  etag: string;
  eventName:
    | 's3:ObjectCreated:Put'
    | 's3:ObjectCreated:Post'
    | 's3:ObjectCreated:Copy'
    | 's3:ObjectCreated:CompleteMultipartUpload';
  /** Grows with every write; hexadecimal. */
  sequencer: string;
}

/** What the operations share. */
export interface S3Context {
  store: ObjectStore;
  clock: () => Date;
  newId: () => string;
  /** Resolves once every listener has taken the event; the client is answered after that. */
  created(event: ObjectCreated): Promise<void>;
}

/** An S3 request with its target read from path or host. */
export interface S3Request extends Exchange {
  bucket: string;
  /** Empty for a bucket request. */
  key: string;
  query: Map<string, string>;
}

export type SignedS3Request = S3Request & { authentication: Authentication };

/** The bucket in a virtual-host name: `bucket.localhost`, `bucket.s3.localhost`, `bucket.127.0.0.1.nip.io`. */
function bucketInHost(host: string): string | undefined {
  const name = host.replace(/:\d+$/, '').toLowerCase();
  return /^(.+?)(?:\.s3)?\.(?:localhost|127\.0\.0\.1(?:\..+)?)$/.exec(name)?.[1];
}

/** Reads bucket, key and query. @throws AwsError InvalidURI, KeyTooLongError */
export function toS3Request(exchange: Exchange): S3Request {
  try {
    const path = exchange.rawPath.replace(/^\//, '');
    const virtual = bucketInHost(exchange.headers.host ?? '');
    const slash = path.indexOf('/');
    const [bucket, key] =
      virtual !== undefined ? [virtual, path] : slash < 0 ? [path, ''] : [path.slice(0, slash), path.slice(slash + 1)];
    const decoded = decodeURIComponent(key);
    if (Buffer.byteLength(decoded) > 1024) throw new AwsError('KeyTooLongError', 'Your key is too long', 400);
    return {
      ...exchange,
      bucket: decodeURIComponent(bucket),
      key: decoded,
      query: new Map(queryPairs(exchange.rawQuery)),
    };
  } catch (error) {
    if (error instanceof URIError) throw new AwsError('InvalidURI', "Couldn't parse the specified URI.");
    throw error;
  }
}

/** Answers with an XML document. */
export function replyXml(exchange: Exchange, root: string, content: XmlContent, status = 200): void {
  reply(exchange, status, { 'content-type': 'application/xml' }, element(root, content, NAMESPACE));
}

/** A header's single value. */
export function header(exchange: Exchange, name: string): string | undefined {
  const value = exchange.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

export function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
