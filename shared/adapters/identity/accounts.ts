import * as z from 'zod';
import {
  AccountDisabled,
  EmailTaken,
  type IdentityError,
  IdentityMisconfigured,
  IdentityUnavailable,
  InvalidEmail,
  InvalidToken,
  SignupClosed,
  TooManyAttempts,
  WeakPassword,
  WrongCredentials,
} from './errors.ts';

/**
 * Password accounts over Google's Identity Toolkit REST. The same code speaks to the Firebase Auth emulator where
 * `FIREBASE_AUTH_EMULATOR_HOST` is set: only the base URL differs.
 * Error codes: https://firebase.google.com/docs/reference/rest/auth
 */

export interface SignedIn {
  user_id: string;
  access_token: string;
  refresh_token: string;
  /** Seconds. */
  expires_in: number;
  /** When the password was last entered, in seconds since the epoch. A refreshed token keeps it. */
  auth_time: number;
}

export interface Account {
  user_id: string;
  email: string | null;
  name: string | null;
  created_at: string | null;
}

export interface IdentityOptions {
  firebaseApiKey: string;
  /** `host:port` of the Auth emulator. Default: `FIREBASE_AUTH_EMULATOR_HOST`. */
  emulatorHost?: string | undefined;
  fetch?: typeof fetch;
  /** Milliseconds for one request, answer included. */
  timeout?: number;
}

const DEFAULT_TIMEOUT = 10_000;

const failures: Record<string, (detail: string | undefined) => IdentityError> = {
  EMAIL_EXISTS: () => new EmailTaken(),
  ADMIN_ONLY_OPERATION: () => new SignupClosed(),
  INVALID_LOGIN_CREDENTIALS: () => new WrongCredentials(),
  EMAIL_NOT_FOUND: () => new WrongCredentials(),
  INVALID_PASSWORD: () => new WrongCredentials(),
  MISSING_PASSWORD: () => new WrongCredentials(),
  USER_DISABLED: () => new AccountDisabled(),
  WEAK_PASSWORD: (detail) => new WeakPassword(detail && `${detail}.`),
  PASSWORD_DOES_NOT_MEET_REQUIREMENTS: (detail) => new WeakPassword(detail && `${detail}.`),
  INVALID_EMAIL: () => new InvalidEmail(),
  MISSING_EMAIL: () => new InvalidEmail(),
  TOO_MANY_ATTEMPTS_TRY_LATER: () => new TooManyAttempts(),
  QUOTA_EXCEEDED: () => new TooManyAttempts(),
  RESOURCE_EXHAUSTED: () => new TooManyAttempts(),
  TOKEN_EXPIRED: () => new InvalidToken('TOKEN_EXPIRED'),
  INVALID_REFRESH_TOKEN: () => new InvalidToken('INVALID_REFRESH_TOKEN'),
  MISSING_REFRESH_TOKEN: () => new InvalidToken('MISSING_REFRESH_TOKEN'),
  PROJECT_NUMBER_MISMATCH: () => new InvalidToken('PROJECT_NUMBER_MISMATCH'),
  INVALID_ID_TOKEN: () => new InvalidToken('INVALID_ID_TOKEN'),
  USER_NOT_FOUND: () => new InvalidToken('USER_NOT_FOUND'),
  OPERATION_NOT_ALLOWED: () => new IdentityMisconfigured('OPERATION_NOT_ALLOWED'),
  PASSWORD_LOGIN_DISABLED: () => new IdentityMisconfigured('PASSWORD_LOGIN_DISABLED'),
  CONFIGURATION_NOT_FOUND: () => new IdentityMisconfigured('CONFIGURATION_NOT_FOUND'),
  PROJECT_NOT_FOUND: () => new IdentityMisconfigured('PROJECT_NOT_FOUND'),
};

/** Google's error envelope: `message` is `CODE` or `CODE : detail`; `details` names what a gateway of theirs refused. */
const refusal = z.object({
  error: z.object({
    message: z.string(),
    status: z.string().optional(),
    details: z.array(z.object({ reason: z.string().optional() })).optional(),
  }),
});

const passwordAnswer = z.object({
  localId: z.string().min(1),
  idToken: z.string().min(1),
  refreshToken: z.string().min(1),
  expiresIn: z.coerce.number().int().positive(),
});
/** A change of the account answers new tokens only where it made old ones useless. */
const updateAnswer = passwordAnswer.partial({ idToken: true, refreshToken: true, expiresIn: true });
const refreshAnswer = z.object({
  user_id: z.string().min(1),
  id_token: z.string().min(1),
  refresh_token: z.string().min(1),
  expires_in: z.coerce.number().int().positive(),
});
const lookupAnswer = z.object({
  users: z
    .array(
      z.object({
        localId: z.string(),
        email: z.string().optional(),
        displayName: z.string().optional(),
        /** Milliseconds since the epoch, as a string. */
        createdAt: z.coerce.number().optional(),
      }),
    )
    .min(1),
});
const removeAnswer = z.looseObject({});
const claims = z.object({ auth_time: z.int() });

/** Reads a claim of a token that has just come from Google itself over TLS, which is why it is not verified again. */
function authTime(idToken: string): number {
  return claims.parse(JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString())).auth_time;
}

/** `TypeError ECONNREFUSED`. The error itself may repeat the URL, which carries the API key, or the body. */
function networkReason(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const code = error.cause instanceof Error && 'code' in error.cause ? ` ${error.cause.code}` : '';
  return error.name + code;
}

function asError(status: number, body: unknown): IdentityError {
  const parsed = refusal.safeParse(body);
  if (!parsed.success) return new IdentityUnavailable(`HTTP ${status} without a documented error`);
  const { message, status: family, details } = parsed.data.error;
  const [code = '', ...rest] = message.split(' : ');
  const known = failures[code] ?? failures[family ?? ''];
  if (known) return known(rest.join(' : ').replace(/\.$/, '') || undefined);
  // A refused API key answers 400 with a reason, or 403.
  const reason = details?.find((detail) => detail.reason)?.reason;
  if (reason?.startsWith('API_KEY_') || status === 403) return new IdentityMisconfigured(reason ?? code);
  return new IdentityUnavailable(`HTTP ${status} ${code}`);
}

/** Sign-up, sign-in, refresh and look-up. Every method throws an `IdentityError`, never with a secret in it. */
export function createIdentity(options: IdentityOptions) {
  const request = options.fetch ?? fetch;
  const timeout = options.timeout ?? DEFAULT_TIMEOUT;
  const emulator = options.emulatorHost ?? process.env.FIREBASE_AUTH_EMULATOR_HOST;
  const origin = emulator ? `http://${emulator}/` : 'https://';
  const key = encodeURIComponent(options.firebaseApiKey || 'emulator');

  async function call<T>(path: string, schema: z.ZodType<T>, body: string, type = 'application/json'): Promise<T> {
    let status: number;
    let answer: unknown;
    try {
      const response = await request(`${origin}${path}?key=${key}`, {
        method: 'POST',
        headers: { 'content-type': type },
        body,
        signal: AbortSignal.timeout(timeout),
      });
      status = response.status;
      answer = await response.json();
    } catch (cause) {
      throw new IdentityUnavailable(networkReason(cause));
    }
    if (status >= 400) throw asError(status, answer);
    const parsed = schema.safeParse(answer);
    if (!parsed.success) throw new IdentityUnavailable(`HTTP ${status} of an undocumented shape`);
    return parsed.data;
  }

  const toolkit = <T>(method: string, schema: z.ZodType<T>, body: Record<string, unknown>) =>
    call(`identitytoolkit.googleapis.com/v1/accounts:${method}`, schema, JSON.stringify(body));

  const asSignedIn = (answer: z.infer<typeof passwordAnswer>): SignedIn => ({
    user_id: answer.localId,
    access_token: answer.idToken,
    refresh_token: answer.refreshToken,
    expires_in: answer.expiresIn,
    auth_time: authTime(answer.idToken),
  });

  return {
    /**
     * Creates an account. Throws `EmailTaken`, `WeakPassword`, `InvalidEmail`, `TooManyAttempts`. Where the account is made but
     * the name cannot be set any more, it stays without: an error would only make a second attempt meet `EmailTaken`.
     */
    async signUp(account: { email: string; password: string; name?: string | undefined }): Promise<SignedIn> {
      const { email, password, name } = account;
      const created = await toolkit('signUp', passwordAnswer, { email, password, returnSecureToken: true });
      if (name === undefined) return asSignedIn(created);
      try {
        const named = await toolkit('update', updateAnswer, {
          idToken: created.idToken,
          displayName: name,
          returnSecureToken: true,
        });
        return asSignedIn({ ...created, ...named });
      } catch (error) {
        if (error instanceof IdentityUnavailable || error instanceof TooManyAttempts) return asSignedIn(created);
        throw error;
      }
    },

    /** Throws `WrongCredentials`, `AccountDisabled`, `TooManyAttempts`. */
    async signIn({ email, password }: { email: string; password: string }): Promise<SignedIn> {
      return asSignedIn(
        await toolkit('signInWithPassword', passwordAnswer, { email, password, returnSecureToken: true }),
      );
    },

    /** A new access token. Throws `InvalidToken`, `AccountDisabled`. */
    async refresh(refreshToken: string): Promise<SignedIn> {
      const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken });
      const answer = await call(
        'securetoken.googleapis.com/v1/token',
        refreshAnswer,
        body.toString(),
        'application/x-www-form-urlencoded',
      );
      return {
        user_id: answer.user_id,
        access_token: answer.id_token,
        refresh_token: answer.refresh_token,
        expires_in: answer.expires_in,
        auth_time: authTime(answer.id_token),
      };
    },

    /**
     * Deletes the account this token belongs to: whoever holds it may, if they signed in minutes ago. One that is gone already is no error.
     * Throws `IdentityUnavailable` and others.
     */
    async remove(accessToken: string): Promise<void> {
      try {
        await toolkit('delete', removeAnswer, { idToken: accessToken });
      } catch (error) {
        if (!(error instanceof InvalidToken && error.cause === 'USER_NOT_FOUND')) throw error;
      }
    },

    /** Whose token this is, as the service knows the account now. Throws `InvalidToken`. */
    async lookup(accessToken: string): Promise<Account> {
      const { users } = await toolkit('lookup', lookupAnswer, { idToken: accessToken });
      const user = users[0]!;
      return {
        user_id: user.localId,
        email: user.email ?? null,
        name: user.displayName ?? null,
        created_at: user.createdAt === undefined ? null : new Date(user.createdAt).toISOString(),
      };
    },
  };
}
export type Identity = ReturnType<typeof createIdentity>;
