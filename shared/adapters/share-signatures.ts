import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from './ids.ts';
import { type RenditionName, readSigningKey, SigningKeyMissing } from './link-signatures.ts';
import { digestOf } from './links.ts';
import type { Secrets } from './secrets.ts';

/** Seconds. What is signed lives 10 to 15 minutes, and what is signed within 5 is the same, so that browsers can keep pictures. */
const WINDOW = 300;
const LONGEST = 900;

/** What a signature lets its bearer do with one link. */
type Signed = { what: 'access' } | { what: 'image'; image_id: string; rendition: RenditionName };

/**
 * Signs, for visitors of a share link, that its password was given, and the URLs of pictures. A signature speaks for one link, and
 * opens nothing without it: a link that is taken back takes its signatures with it.
 */
export function createShareSignatures({ secrets, clock }: { secrets: Pick<Secrets, 'get'>; clock: Clock }) {
  // As a JSON list no two different things can read the same.
  const signature = (key: string, token: string, exp: number, signed: Signed) =>
    createHmac('sha256', key)
      .update(JSON.stringify(['shoebox-share-1', digestOf(token), exp, ...Object.values(signed)]))
      .digest();

  return {
    /** When what is signed now expires, in seconds since the epoch: not after `latest`. */
    expiry(latest: Date): number {
      const inTurn = Math.floor(clock().getTime() / 1000 / WINDOW) * WINDOW + LONGEST;
      return Math.min(inTurn, Math.floor(latest.getTime() / 1000));
    },

    /** Answers the function that signs (base64url). Throws `SigningKeyMissing`. */
    async signer(token: string, exp: number): Promise<(signed: Signed) => string> {
      const key = await readSigningKey(secrets);
      if (key === undefined) throw new SigningKeyMissing();
      return (signed) => signature(key, token, exp, signed).toString('base64url');
    },

    async isGood(token: string, exp: number, signed: Signed, given: string): Promise<boolean> {
      if (!Number.isSafeInteger(exp) || exp * 1000 <= clock().getTime()) return false;
      const key = await readSigningKey(secrets);
      if (key === undefined) return false;
      const expected = signature(key, token, exp, signed);
      const actual = Buffer.from(given, 'base64url');
      return actual.length === expected.length && timingSafeEqual(actual, expected);
    },
  };
}
export type ShareSignatures = ReturnType<typeof createShareSignatures>;
