import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ThumbnailSize } from '../domain/object-keys.ts';
import type { Clock } from './ids.ts';
import type { Secrets } from './secrets.ts';

/** A form of the picture that can be asked for. */
export type RenditionName = 'original' | ThumbnailSize | FaceName;
/** The n-th face of the picture. */
export type FaceName = `face-${number}`;

/** The n-th zip of a download. */
export type PartName = `part-${number}`;

/** What a signed link lets its bearer read, and until when (seconds since the epoch). Of a zip, `image_id` is its job's. */
export interface Link {
  user_id: string;
  image_id: string;
  rendition: RenditionName | PartName;
  /** When the session began in which it was made (seconds since the epoch): with that it ends. */
  at: number;
  exp: number;
}

/** Seconds a link lives at least, and by how much longer at most: links made within one window are the same. */
const LIFETIME = 3600;
const WINDOW = 1800;
const MIN_KEY_LENGTH = 32;

/** The stack's secret holds no usable key. */
export class SigningKeyMissing extends Error {
  override name = 'SigningKeyMissing';
  constructor() {
    super(
      `Links cannot be signed: expected \`url_signing_key\` in the stack's secret, at least ${MIN_KEY_LENGTH} characters. \`npm run deploy\` makes one.`,
    );
  }
}

/** The key URLs are signed with, if there is a usable one. */
export async function readSigningKey(secrets: Pick<Secrets, 'get'>): Promise<string | undefined> {
  const { url_signing_key: key } = await secrets.get();
  return key.length < MIN_KEY_LENGTH ? undefined : key;
}

/**
 * Signs links to the media function, so that they work in an `<img>`: HMAC-SHA256 over owner, picture, rendition, session and expiry.
 * Like a presigned URL, a link serves whoever holds it.
 */
export function createLinkSignatures({ secrets, clock }: { secrets: Pick<Secrets, 'get'>; clock: Clock }) {
  const signingKey = () => readSigningKey(secrets);

  // As a JSON list no two different links can read the same.
  const signature = (key: string, { user_id, image_id, rendition, at, exp }: Link) =>
    createHmac('sha256', key)
      .update(JSON.stringify(['shoebox-link-2', user_id, image_id, rendition, at, exp]))
      .digest();

  return {
    /** When a link made now expires: between one hour and one and a half. */
    expiry(): number {
      return (Math.floor(clock().getTime() / 1000 / WINDOW) + 1) * WINDOW + LIFETIME;
    },

    /** Answers the function that signs (base64url), with the key at hand. Throws `SigningKeyMissing`. */
    async signer(): Promise<(link: Link) => string> {
      const key = await signingKey();
      if (key === undefined) throw new SigningKeyMissing();
      return (link) => signature(key, link).toString('base64url');
    },

    /** Whether this very link was signed by us and is still good. */
    async isGood(link: Link, given: string): Promise<boolean> {
      if (!Number.isSafeInteger(link.exp) || link.exp * 1000 <= clock().getTime()) return false;
      const key = await signingKey();
      if (key === undefined) return false;
      const expected = signature(key, link);
      const actual = Buffer.from(given, 'base64url');
      return actual.length === expected.length && timingSafeEqual(actual, expected);
    },
  };
}
export type LinkSignatures = ReturnType<typeof createLinkSignatures>;
