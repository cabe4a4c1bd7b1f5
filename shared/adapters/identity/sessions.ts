import { setTimeout as sleep } from 'node:timers/promises';
import type { Departures } from '../departures.ts';
import type { Clock } from '../ids.ts';
import type { Profiles } from '../profiles.ts';
import type { Identity, SignedIn } from './accounts.ts';
import type { IdentityAdmin } from './admin.ts';
import { IdentityUnavailable, InvalidToken, WrongCredentials } from './errors.ts';
import type { TokenClaims, TokenVerifier } from './token-verifier.ts';

/** A session as the gateway hands it on: the person, when they signed in, and when the token dies (seconds since the epoch). */
export type Session = Pick<TokenClaims, 'user_id' | 'auth_time' | 'exp'>;

/** Milliseconds: the boundary of a logout lies at most a second ahead, plus what the clocks differ. */
const LONGEST_WAIT = 3_000;

/**
 * Asks that a session has neither expired nor been ended. The gateway caches the authorizer's answer for minutes; a logout must
 * take effect at once, and a token must not outlive its hour: hence every request asks again, with one consistent read.
 * Throws `InvalidToken`.
 */
export function createSessionCheck({ profiles, clock }: { profiles: Pick<Profiles, 'get'>; clock: Clock }) {
  return async function assertSessionAlive(session: Session): Promise<void> {
    if (!(session.exp * 1000 > clock().getTime())) throw new InvalidToken('the token has expired');
    const profile = await profiles.get(session.user_id);
    if (profile?.deleted_at !== undefined) throw new InvalidToken('the account was deleted');
    if (!(session.auth_time >= (profile?.tokens_valid_after ?? 0))) throw new InvalidToken('the session was ended');
  };
}
export type AssertSessionAlive = ReturnType<typeof createSessionCheck>;

/** Who sends this `Authorization` header? Throws `InvalidToken`, also for none; `IdentityUnavailable`. */
export function createAuthenticate(deps: { verifier: TokenVerifier; assertSessionAlive: AssertSessionAlive }) {
  return async function authenticate(authorization: string | undefined): Promise<TokenClaims> {
    const token = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) throw new InvalidToken('no bearer token');
    const claims = await deps.verifier.verify(token);
    await deps.assertSessionAlive(claims);
    return claims;
  };
}
export type Authenticate = ReturnType<typeof createAuthenticate>;

export interface SessionsDeps {
  identity: Identity;
  admin: IdentityAdmin;
  profiles: Profiles;
  departures: Pick<Departures, 'identityGone' | 'lookAgain'>;
  clock: Clock;
  /** Is told what Google did not do; what it did not hold up. */
  warn: (message: string, error: unknown) => void;
  wait?: (milliseconds: number) => Promise<unknown>;
}

/** Signing in and out with logouts that hold: what `/auth/*` does. Throws the errors of `Identity`. */
export function createSessions(deps: SessionsDeps) {
  const { identity, admin, profiles, departures, clock, warn, wait = sleep } = deps;

  /** What tokens of theirs must not be older than; `null` where the account was deleted. */
  async function boundary(userId: string): Promise<number | null> {
    const profile = await profiles.get(userId);
    return profile?.deleted_at === undefined ? (profile?.tokens_valid_after ?? 0) : null;
  }

  /** Has Google forget an account that was deleted here: with a token of its own, as the account may ask for that itself. */
  async function forgetAtGoogle(userId: string, accessToken: string): Promise<void> {
    try {
      await identity.remove(accessToken);
      await departures.identityGone(userId);
    } catch (error) {
      warn('A deleted account is still known to the identity service.', error);
    }
  }

  return {
    signUp: identity.signUp,
    forgetAtGoogle,

    /**
     * Whoever signs in within the second of their logout would get a token that is refused like the ones before it. They wait
     * for the next second instead. Whoever signs in to an account that was deleted here, while Google still knew it, is told that
     * there is none, and from then on there is none.
     */
    async signIn(credentials: { email: string; password: string }): Promise<SignedIn> {
      const first = await identity.signIn(credentials);
      const after = await boundary(first.user_id);
      if (after === null) {
        await forgetAtGoogle(first.user_id, first.access_token);
        // Then the id may be forgotten here, too.
        await departures.lookAgain(first.user_id);
        throw new WrongCredentials();
      }
      if (first.auth_time >= after) return first;
      await wait(Math.min(LONGEST_WAIT, Math.max(0, after * 1000 - clock().getTime())));
      const second = await identity.signIn(credentials);
      if (second.auth_time >= after) return second;
      throw new IdentityUnavailable('the clocks of the identity service and of this function differ by seconds');
    },

    /** A refreshed token keeps the `auth_time` of its session: one that was ended gets no new tokens either. */
    async refresh(refreshToken: string): Promise<SignedIn> {
      const tokens = await identity.refresh(refreshToken);
      const after = await boundary(tokens.user_id);
      if (after !== null && tokens.auth_time >= after) return tokens;
      throw new InvalidToken('the session was ended');
    },

    /** Ends every session of the person, at once; at Google, too, where a service account is configured and Google answers. */
    async logout({ user_id, auth_time }: Pick<Session, 'user_id' | 'auth_time'>): Promise<void> {
      await profiles.endSessions(user_id, auth_time);
      await admin.endSessions(user_id).catch((error: unknown) => warn('A logout did not reach Google.', error));
    },
  };
}
export type Sessions = ReturnType<typeof createSessions>;
