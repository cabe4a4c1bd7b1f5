import { type App, type Credential, getApps, initializeApp } from 'firebase-admin/app';
import { type DecodedIdToken, FirebaseAuthError, getAuth } from 'firebase-admin/auth';
import { IdentityUnavailable, InvalidToken } from './errors.ts';
import { KeyServerAgent } from './key-server-agent.ts';

/** What a verified token says. Times are seconds since the epoch. */
export interface TokenClaims {
  user_id: string;
  /** When the password was last entered. Refreshed tokens keep it. */
  auth_time: number;
  exp: number;
  email: string | null;
  email_verified: boolean;
  name: string | null;
}

export interface TokenVerifierOptions {
  projectId: string;
}

/** Verifying needs none. Where it is given none, the library looks for the machine's own, and loads what that takes. */
const NO_CREDENTIAL: Credential = {
  getAccessToken: () => Promise.reject(new Error('Tokens are verified without credentials.')),
};

/** Longer than any token of Firebase's; what is longer is not worth decoding. */
const MAX_TOKEN_LENGTH = 8192;
/** Seconds by which Google's clock may run ahead of ours. */
const CLOCK_LEEWAY = 300;

/**
 * Verifies Firebase ID tokens with firebase-admin: signature (RS256, against Google's published certificates, cached as long
 * as Google allows), audience, issuer, expiry, subject. With `FIREBASE_AUTH_EMULATOR_HOST` in the environment, and only then, the
 * library accepts the emulator's unsigned tokens instead and asks the emulator whether the account still exists.
 *
 * `verify` throws `InvalidToken` for a bad token and `IdentityUnavailable` where that cannot be found out.
 */
export function createTokenVerifier({ projectId }: TokenVerifierOptions) {
  if (!projectId) {
    throw new Error(
      'Tokens cannot be verified without a project: set GOOGLE_CLOUD_PROJECT to the Firebase project id.',
    );
  }
  const agent = new KeyServerAgent();
  // The emulator has no keys to fetch, and is spoken to over plain HTTP.
  const emulated = Boolean(process.env.FIREBASE_AUTH_EMULATOR_HOST);
  const app: App = initializeApp(
    { projectId, credential: NO_CREDENTIAL, ...(!emulated && { httpAgent: agent }) },
    `token-verifier-${getApps().length}`,
  );
  const auth = getAuth(app);

  async function decode(token: string): Promise<DecodedIdToken> {
    const failuresBefore = agent.failures;
    try {
      return await auth.verifyIdToken(token);
    } catch (error) {
      if (agent.failures > failuresBefore || !isVerdict(error)) throw new IdentityUnavailable(error);
      throw new InvalidToken(error);
    }
  }

  return {
    async verify(token: string): Promise<TokenClaims> {
      if (!isShapedLikeJwt(token)) throw new InvalidToken('not shaped like a JSON Web Token');
      const claims = await decode(token);
      const now = Date.now() / 1000;
      // The library lets all of this pass. A token "issued" in the future would outlive logouts, one without expiry everything.
      for (const time of [claims.auth_time, claims.iat, claims.exp]) {
        if (!Number.isFinite(time)) throw new InvalidToken('auth_time, iat or exp is missing');
      }
      if (Math.max(claims.auth_time, claims.iat) > now + CLOCK_LEEWAY) throw new InvalidToken('issued in the future');
      return {
        user_id: claims.uid,
        auth_time: claims.auth_time,
        exp: claims.exp,
        email: claims.email ?? null,
        email_verified: claims.email_verified ?? false,
        name: typeof claims.name === 'string' ? claims.name : null,
      };
    },
  };
}
export type TokenVerifier = ReturnType<typeof createTokenVerifier>;

/** The library trips over parts that are no objects, with an error that says nothing about the token. */
function isShapedLikeJwt(token: string): boolean {
  if (token.length > MAX_TOKEN_LENGTH) return false;
  const parts = token.split('.');
  return parts.length === 3 && parts.slice(0, 2).every(isJsonObject);
}

function isJsonObject(part: string): boolean {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** Whether the library has judged the token, rather than failed to. */
const VERDICTS: ReadonlySet<string> = new Set([
  'auth/argument-error',
  'auth/invalid-argument',
  'auth/id-token-expired',
  'auth/id-token-revoked',
  'auth/user-disabled',
  'auth/user-not-found',
]);
function isVerdict(error: unknown): boolean {
  return error instanceof FirebaseAuthError && VERDICTS.has(error.code);
}
