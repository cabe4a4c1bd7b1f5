import {
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { openWhole } from './encryption/open.ts';
import { sealWhole } from './encryption/seal.ts';
import { PLAIN, SEALED, type Sealing } from './encryption/sealing.ts';
import { headerBytes, layoutOf, SCHEME } from './encryption/segments.ts';

export interface ObjectHead {
  bytes: number;
  contentType: string | undefined;
  etag: string | undefined;
  outdated: boolean;
}

/**
 * The bucket as the functions see it. Absence is an answer (`null`), also of what nobody can read any more because its user's key was
 * erased; any other failure is thrown as it came. What `sealing` encrypts is decrypted again, and measured as its content.
 */
export function createObjects(s3: S3Client, bucket: string, sealing: Sealing = PLAIN) {
  const isMissing = (error: unknown) => error instanceof NoSuchKey || error instanceof NotFound;

  async function stored(key: string, body: Uint8Array, contentType: string) {
    const cipher = await sealing.begin(key);
    return cipher ? { Body: sealWhole(cipher, body), ...SEALED } : { Body: body, ContentType: contentType };
  }

  return {
    bucket,

    /** `outdated`: it is not encrypted, as it would be if it were written now. */
    async head(key: string): Promise<ObjectHead | null> {
      try {
        const head = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }));
        const kind = await sealing.kindOf(key, head.Metadata, head.LastModified);
        if (kind === 'lost') return null;
        const bytes = head.ContentLength ?? 0;
        const content = kind === 'sealed' ? layoutOf(bytes).bytes : bytes;
        const outdated = kind === 'plain' && sealing.seals(key);
        return { bytes: content, contentType: head.ContentType, etag: head.ETag, outdated };
      } catch (error) {
        if (isMissing(error)) return null;
        throw error;
      }
    },

    /** Reads a whole object into memory: only for objects whose size is bounded. */
    async read(key: string): Promise<Uint8Array | null> {
      try {
        const object = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
        const bytes = (await object.Body?.transformToByteArray()) ?? new Uint8Array();
        const kind = await sealing.kindOf(key, object.Metadata, object.LastModified);
        if (kind !== 'sealed') return kind === 'lost' ? null : bytes;
        const cipher = await sealing.resume(key, bytes.subarray(0, headerBytes(SCHEME)));
        return openWhole(bytes, cipher);
      } catch (error) {
        if (isMissing(error)) return null;
        throw error;
      }
    },

    /** Writes, replacing what was there. */
    async write(key: string, body: Uint8Array, contentType: string): Promise<void> {
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, ...(await stored(key, body, contentType)) }));
    },

    /** Writes only where nothing is yet; `false` where something is. */
    async writeOnce(key: string, body: Uint8Array, contentType: string): Promise<boolean> {
      try {
        const put = await stored(key, body, contentType);
        await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, ...put, IfNoneMatch: '*' }));
        return true;
      } catch (error) {
        // 412: it exists. 409 ConditionalRequestConflict (a write or delete under way) is retried by the caller's queue.
        if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 412) return false;
        throw error;
      }
    },

    /** The first keys that begin with `prefix`, in their order: 1,000 at most. */
    async firstKeys(prefix: string): Promise<string[]> {
      const answer = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
      return (answer.Contents ?? []).flatMap(({ Key }) => Key ?? []);
    },

    /** Deletes up to 1,000 objects; deleting what is not there is no error. Throws when any could not be deleted. */
    async remove(keys: readonly string[]): Promise<void> {
      if (keys.length === 0) return;
      const answer = await s3.send(
        new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: keys.map((Key) => ({ Key })), Quiet: true } }),
      );
      const failed = answer.Errors?.[0];
      if (failed) throw new Error(`S3 could not delete an object: ${failed.Code} ${failed.Message ?? ''}`.trim());
    },
  };
}
export type Objects = ReturnType<typeof createObjects>;
