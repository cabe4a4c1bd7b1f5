import { S3Client } from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { incomingKey } from '../domain/object-keys.ts';
import type { Clock } from './ids.ts';
import type { SignerCredentials, SigningCredentials } from './signer.ts';

export interface UploadForm {
  url: string;
  fields: Record<string, string>;
}

/** What one form is bound to: S3 takes nothing else with it. */
export interface AnnouncedUpload {
  userId: string;
  imageId: string;
  contentType: string;
  bytes: number;
  /** Lower-case hex. */
  sha256?: string | undefined;
}

export interface UploadFormOptions {
  bucket: string;
  /** As for `createS3Client`: the form's URL must be one the client can reach. */
  addressing: 'auto' | 'path' | 'virtual';
  /** A form dies with the credentials that signed it. */
  credentials: SignerCredentials;
  lifetimeSeconds: number;
  clock: Clock;
}

/** Presigned POST forms, with which a client sends one announced file each straight to `incoming/`. */
export function createUploadForms({ bucket, addressing, credentials, lifetimeSeconds, clock }: UploadFormOptions) {
  let signer: { client: S3Client; credentials: SigningCredentials } | undefined;

  /** The client is never sent through: it only knows region, endpoint and credentials. */
  function clientFor(current: SigningCredentials): S3Client {
    if (signer?.credentials !== current) {
      const custom = Boolean(process.env.AWS_ENDPOINT_URL_S3);
      const forcePathStyle = addressing === 'path' || (addressing === 'auto' && custom);
      signer = { client: new S3Client({ forcePathStyle, credentials: current }), credentials: current };
    }
    return signer.client;
  }

  return {
    /** Begins a set of forms that expire together: at `expiresAt`, a whole second, which is true to the credentials' own end. */
    async open(): Promise<{ expiresAt: Date; form(upload: AnnouncedUpload): Promise<UploadForm> }> {
      const current = await credentials();
      const client = clientFor(current);
      const now = clock().getTime();
      client.config.systemClockOffset = now - Date.now();
      const wanted = now + lifetimeSeconds * 1000;
      const seconds = Math.floor(Math.min(wanted, current.expires.getTime()) / 1000);
      const expiresAt = new Date(seconds * 1000);

      return {
        expiresAt,
        form({ userId, imageId, contentType, bytes, sha256 }) {
          return createPresignedPost(client, {
            Bucket: bucket,
            Key: incomingKey(userId, imageId),
            // Its policy names whole seconds, cut off after the addition.
            Expires: (expiresAt.getTime() - now) / 1000 + 0.5,
            Conditions: [['content-length-range', bytes, bytes]],
            Fields: {
              'Content-Type': contentType,
              ...(sha256 && { 'x-amz-checksum-sha256': Buffer.from(sha256, 'hex').toString('base64') }),
            },
          });
        },
      };
    },
  };
}
export type UploadForms = ReturnType<typeof createUploadForms>;
