import type { S3Client } from '@aws-sdk/client-s3';
import { contentDisposition } from '../domain/content-disposition.ts';
import { createPresigner, presignTarget } from './presign.ts';
import type { SignerCredentials } from './signer.ts';

/** Seconds, from when the credentials were issued: a URL lives for half of it at least. */
const LIFETIME = 3600;

export interface DownloadUrlsDeps {
  s3: S3Client;
  bucket: string;
  signingCredentials: SignerCredentials;
}

/** URLs by which zips are fetched straight from S3, in either URL mode: they are too large to pass through a function. */
export function createDownloadUrls({ s3, bucket, signingCredentials }: DownloadUrlsDeps) {
  const presigner = presignTarget(s3, bucket).then(createPresigner);
  // Read where it is awaited; an unheeded failure here must not end the process.
  presigner.catch(() => {});

  /** Answers a function that makes the URL of an object to be saved as `filename`, and when these URLs die. */
  return async function prepare() {
    const [presign, credentials] = await Promise.all([presigner, signingCredentials()]);
    const { since, expires } = credentials;
    const expiry = new Date(Math.min(since.getTime() + LIFETIME * 1000, expires.getTime()));
    const url = (key: string, filename: string) =>
      presign({
        key,
        credentials,
        signedAt: since,
        expiresIn: LIFETIME,
        response: { cacheControl: 'private, no-store', contentDisposition: contentDisposition('attachment', filename) },
      });
    return { url, expiry };
  };
}
export type DownloadUrls = ReturnType<typeof createDownloadUrls>;
