import type { S3Client } from '@aws-sdk/client-s3';
import { contentDisposition } from '../domain/content-disposition.ts';
import { downloadKey } from '../domain/object-keys.ts';
import { linkQuery, type Viewer } from './image-urls.ts';
import type { LinkSignatures } from './link-signatures.ts';
import { createPresigner, presignTarget } from './presign.ts';
import type { SignerCredentials } from './signer.ts';

/** Seconds, from when the credentials were issued: a URL lives for half of it at least. */
const LIFETIME = 3600;

/** One zip of a download, counted from 1. */
export interface ZipName {
  user_id: string;
  job_id: string;
  part: number;
}

interface ZipUrls {
  /** `day`: as the saved file is to be called, `2026-02-03`. */
  url(zip: ZipName, day: string): string;
  expiry: Date;
}

/** Makes the URLs of zips, and says when these URLs die. */
export type DownloadUrls = (viewer: Viewer) => Promise<ZipUrls>;

/** How a zip is saved. */
export const zipDisposition = (part: number, day: string) =>
  contentDisposition('attachment', `shoebox-${day}-${part}.zip`);

export interface DownloadUrlsDeps {
  s3: S3Client;
  bucket: string;
  signingCredentials: SignerCredentials;
}

/** URLs by which zips are fetched straight from S3, in either URL mode: they are too large to pass through a function. */
export function createDownloadUrls({ s3, bucket, signingCredentials }: DownloadUrlsDeps): () => Promise<ZipUrls> {
  const presigner = presignTarget(s3, bucket).then(createPresigner);
  // Read where it is awaited; an unheeded failure here must not end the process.
  presigner.catch(() => {});

  return async function prepare() {
    const [presign, credentials] = await Promise.all([presigner, signingCredentials()]);
    const { since, expires } = credentials;
    const expiry = new Date(Math.min(since.getTime() + LIFETIME * 1000, expires.getTime()));
    const url = ({ user_id, job_id, part }: ZipName, day: string) =>
      presign({
        key: downloadKey(user_id, job_id, part),
        credentials,
        signedAt: since,
        expiresIn: LIFETIME,
        response: { cacheControl: 'private, no-store', contentDisposition: zipDisposition(part, day) },
      });
    return { url, expiry };
  };
}

/** URLs of zips that only the media function can decrypt, each with a signature of its own. */
export function createProxyDownloadUrls({ signatures }: { signatures: LinkSignatures }): DownloadUrls {
  return async function prepare({ apiUrl, user }) {
    const at = user.auth_time;
    const exp = signatures.expiry();
    const sign = await signatures.signer();
    const url = ({ user_id, job_id, part }: ZipName) => {
      const link = { user_id, image_id: job_id, rendition: `part-${part}` as const, at, exp };
      return `${apiUrl}/downloads/${job_id}/parts/${part}?${linkQuery(link, sign)}`;
    };
    return { url, expiry: new Date(exp * 1000) };
  };
}
