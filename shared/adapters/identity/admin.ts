import type { Auth } from 'firebase-admin/auth';
import { IdentityUnavailable } from './errors.ts';

/** Milliseconds for one request; the library itself waits for most of what a function has. */
const PATIENCE = 8_000;

export interface IdentityAdminDeps {
  projectId: string;
  /** The service account's key file, as Google gives it out; empty where none is configured. */
  serviceAccount: () => Promise<string>;
}

/**
 * What only the owner of the Firebase project may do, by a service account. Where none is configured nothing is done, and the answer is
 * `false`. With `FIREBASE_AUTH_EMULATOR_HOST` in the environment, and only then, the emulator is spoken to, which asks for none.
 */
export function createIdentityAdmin({ projectId, serviceAccount }: IdentityAdminDeps) {
  const emulated = Boolean(process.env.FIREBASE_AUTH_EMULATOR_HOST);
  let opened: { auth: Auth; key: string } | undefined;

  /** Loaded when it is first needed, and anew where the key has changed: few requests ever get here. */
  async function open(): Promise<Auth | null> {
    const key = emulated ? '' : await serviceAccount();
    if (!emulated && key === '') return null;
    if (opened?.key === key) return opened.auth;
    const [{ cert, getApps, initializeApp }, { getAuth }] = await Promise.all([
      import('firebase-admin/app'),
      import('firebase-admin/auth'),
    ]);
    const options = emulated ? { projectId } : { projectId, credential: cert(JSON.parse(key)) };
    opened = { auth: getAuth(initializeApp(options, `identity-admin-${getApps().length}`)), key };
    return opened.auth;
  }

  /** `true` where it was done, or there is no such account any more. The library's errors may repeat what they were given. */
  async function run(what: (auth: Auth) => Promise<void>): Promise<boolean> {
    try {
      const auth = await open();
      if (auth === null) return false;
      await inTime(what(auth));
      return true;
    } catch (error) {
      const code = codeOf(error);
      if (code === 'auth/user-not-found') return true;
      throw new IdentityUnavailable(code);
    }
  }

  return {
    /** Deletes an account. Throws `IdentityUnavailable`. */
    remove: (userId: string): Promise<boolean> => run((auth) => auth.deleteUser(userId)),

    /** Ends all sessions of an account: its refresh tokens give no new tokens any more. Throws `IdentityUnavailable`. */
    endSessions: (userId: string): Promise<boolean> => run((auth) => auth.revokeRefreshTokens(userId)),
  };
}
export type IdentityAdmin = ReturnType<typeof createIdentityAdmin>;

async function inTime(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer')), PATIENCE);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
