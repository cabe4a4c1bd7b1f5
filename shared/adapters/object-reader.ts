import { Readable } from 'node:stream';
import {
  GetObjectCommand,
  type GetObjectCommandInput,
  HeadObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';

/** What the client asks of a stored object, as its headers say it. */
export interface ReadConditions {
  /** `HEAD`: everything but the bytes. */
  method: 'GET' | 'HEAD';
  range?: string | undefined;
  ifRange?: string | undefined;
  ifNoneMatch?: string | undefined;
  ifModifiedSince?: string | undefined;
}

interface Version {
  etag: string | undefined;
  lastModified: Date | undefined;
}

export type ObjectAnswer =
  | (Version & {
      is: 'whole' | 'part';
      /** Absent for `HEAD`. To be read to the end, or destroyed. */
      body: Readable | undefined;
      bytes: number | undefined;
      /** `bytes 0-99/1234` */
      contentRange: string | undefined;
      /** What was written beside the bytes. */
      metadata?: Record<string, string> | undefined;
    })
  | (Version & { is: 'unchanged' })
  | { is: 'unsatisfiable' }
  | { is: 'missing' };

/** One range of bytes. Several at once are answered with the whole, as S3 does and RFC 9110 allows. */
export const ONE_RANGE = /^bytes=(\d+-\d*|-\d+)$/;
const STRONG_ETAG = /^"[^"]*"$/;

/** Reads objects as HTTP does (RFC 9110 §13, §14): S3 itself decides on ranges and conditions, in one request. */
export function createObjectReader(s3: S3Client, bucket: string) {
  async function read(method: ReadConditions['method'], input: GetObjectCommandInput): Promise<ObjectAnswer> {
    const answer =
      method === 'HEAD' ? await s3.send(new HeadObjectCommand(input)) : await s3.send(new GetObjectCommand(input));
    return {
      is: answer.ContentRange === undefined ? 'whole' : 'part',
      body: 'Body' in answer && answer.Body instanceof Readable ? answer.Body : undefined,
      bytes: answer.ContentLength,
      contentRange: answer.ContentRange,
      metadata: answer.Metadata,
      etag: answer.ETag,
      lastModified: answer.LastModified,
    };
  }

  return {
    async open(key: string, conditions: ReadConditions): Promise<ObjectAnswer> {
      const { method, range, ifRange, ifNoneMatch, ifModifiedSince } = conditions;
      const since = new Date(ifModifiedSince ?? '');
      const whole: GetObjectCommandInput = {
        Bucket: bucket,
        Key: key,
        ...(ifNoneMatch !== undefined && { IfNoneMatch: ifNoneMatch }),
        // Where both are given, the tag alone counts.
        ...(ifNoneMatch === undefined && !Number.isNaN(since.getTime()) && { IfModifiedSince: since }),
      };
      // S3 knows no If-Range: the part is asked for under If-Match instead, and where that fails, the whole.
      const partial =
        range !== undefined && ONE_RANGE.test(range) && (ifRange === undefined || STRONG_ETAG.test(ifRange));
      const part = { ...whole, Range: range, ...(ifRange !== undefined && { IfMatch: ifRange }) };
      try {
        return await read(method, partial ? part : whole);
      } catch (error) {
        const status = statusOf(error);
        if (status === 412 && partial) return await this.open(key, { ...conditions, range: undefined });
        if (status === 304) return { is: 'unchanged', ...versionOf(error) };
        if (status === 404) return { is: 'missing' };
        if (status === 416) return { is: 'unsatisfiable' };
        throw error;
      }
    },
  };
}
export type ObjectReader = ReturnType<typeof createObjectReader>;

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

/** A 304 carries its validators in headers, which the SDK keeps with the error. */
function versionOf(error: unknown): Version {
  const headers = error instanceof S3ServiceException ? error.$response?.headers : undefined;
  const modified = headers?.['last-modified'];
  return { etag: headers?.etag, lastModified: modified === undefined ? undefined : new Date(modified) };
}
